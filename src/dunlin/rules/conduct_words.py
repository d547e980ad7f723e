"""Words that a letter or mail about money should not carry: threats, false urgency, publicity, third parties, card numbers.

A phrase list, not a judge: it warns whoever writes or activates a template, and blocks nothing. Every language reads its own
list and English. See docs/rules/conduct.md (DOMAIN section 5, "never"; C5, D10).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from dunlin.rules.codes import REASONS, sentence

# Languages written without blanks: a phrase is found anywhere in them.
_NO_BLANKS = frozenset({"ja", "zh", "th"})

# code → language → phrases, one a line. `…` stands for up to three words between; `*` ends a word in any way.
_PHRASES: Mapping[str, Mapping[str, str]] = {
    "words_legal_threat": {
        "en": "legal action|take you to court|court proceedings|see you in court|sue you|lawsuit|our lawyer* will|our attorney* will|"
              "hand* … over to … lawyer*|hand* … over to … agency|turn* … over to … collection*|turn* … over to … agency|debt collector*|bailiff*|"
              "garnish*|seize your|seizure of|press charges|criminal*|fraud|police|prosecut*|jail|prison|arrest*|lien on",
        "es": "acciones legales|acción legal|acciones judiciales|vía judicial|ante los tribunales|demanda judicial|demandarle*|"
              "embargo*|embargar*|nuestros abogados|agencia de cobro*|denuncia*|policía|fraude|cárcel",
        "fr": "action en justice|poursuites|poursuivre en justice|devant le tribunal|voie judiciaire|huissier*|saisie|saisir le tribunal|"
              "nos avocats|société de recouvrement|pénal*|police|fraude|prison|plainte",
        "de": "rechtliche schritte|gerichtliche schritte|gerichtliches mahnverfahren|mahnbescheid|klage erheben|verklagen|vor gericht|"
              "rechtsanwalt*|anwalt*|inkasso*|gerichtsvollzieher*|pfänd*|zwangsvollstreckung|strafanzeige|polizei|betrug|gefängnis",
        "it": "azioni legali|azione legale|vie legali|vie giudiziarie|in tribunale|decreto ingiuntivo|pignorament*|nostri avvocati|"
              "nostri legali|recupero crediti|ufficiale giudiziario|denuncia*|polizia|truffa|frode|carcere",
        "pt": "ação judicial|ações judiciais|medidas judiciais|medidas legais|via judicial|em tribunal|processo judicial|penhora*|"
              "nossos advogados|empresa de cobrança|protesto em cartório|polícia|fraude|prisão",
        "nl": "juridische stappen|gerechtelijke stappen|rechtszaak|dagvaard*|voor de rechter|deurwaarder*|beslag|advocaat*|"
              "incassobureau*|aangifte|politie|fraude|gevangenis|faillissement aanvragen",
        "pl": "kroki prawne|droga sądowa|drogę sądową|do sądu|pozew*|komornik*|egzekucj*|zajęci* konta|naszych prawników|"
              "kancelari* prawn*|firm* windykacyjn*|windykator*|policj*|oszustw*|prokuratur*|więzieni*",
        "ja": "法的措置|法的手段|訴訟|裁判|提訴|弁護士に|差し押さえ|差押|強制執行|債権回収会社|告訴|警察|詐欺|刑事",
    },
    "words_false_urgency": {
        "en": "final warning|immediately or|immediate payment|act now|urgent*|last chance|within 24 hours|within 48 hours|at once or|"
              "failure to … result|failure to pay|or else|without further notice|you leave us no choice|consequences",
        "es": "último aviso antes de … acciones|inmediatamente o|pago inmediato|urgente*|última oportunidad|en 24 horas|en 48 horas|"
              "sin más aviso|de lo contrario|consecuencias|no nos deja otra opción",
        "fr": "immédiatement sous peine|paiement immédiat|urgent*|dernière chance|sous 24 heures|sous 48 heures|sans autre avis|"
              "faute de quoi|conséquences|mise en demeure",
        "de": "sofortige zahlung|umgehend oder|dringend*|letzte chance|binnen 24 stunden|binnen 48 stunden|innerhalb von 24 stunden|"
              "ohne weitere ankündigung|andernfalls|konsequenzen|ansonsten sehen wir uns gezwungen",
        "it": "pagamento immediato|urgente*|ultima possibilità|entro 24 ore|entro 48 ore|senza ulteriore avviso|in caso contrario|"
              "conseguenze|diffida*",
        "pt": "pagamento imediato|urgente*|última oportunidade|última chance|em 24 horas|em 48 horas|sem novo aviso|caso contrário|"
              "sob pena de|consequências",
        "nl": "onmiddellijke betaling|dringend*|laatste kans|binnen 24 uur|binnen 48 uur|zonder verdere aankondiging|anders zijn wij|"
              "bij gebreke waarvan|gevolgen|ingebrekestelling",
        "pl": "natychmiastow*|pilne|pilnie|ostatnia szansa|w ciągu 24 godzin|w ciągu 48 godzin|bez dalszych wezwań|w przeciwnym razie|"
              "konsekwencj*|pod rygorem",
        "ja": "至急|直ちに|即時|即刻|24時間以内|48時間以内|最後の機会|最終警告|さもなければ|さもないと|予告なく",
    },
    "words_publicity": {
        "en": "publish* your|make … public|public list|blacklist*|name and shame|social media|inform the press|credit bureau*|"
              "ruin your|damage your reputation|your reputation|your credit rating",
        "es": "lista negra|lista de morosos|registro de morosos|hacer público|redes sociales|su reputación|prensa",
        "fr": "liste noire|rendre public|réseaux sociaux|votre réputation|la presse",
        "de": "schwarze liste|öffentlich machen|veröffentlichen|schuldnerverzeichnis|soziale medien|ihr ruf|ihren ruf|schufa|presse",
        "it": "lista nera|rendere pubblic*|social media|vostra reputazione|centrale rischi|stampa",
        "pt": "lista negra|tornar público|redes sociais|sua reputação|serasa|spc|imprensa",
        "nl": "zwarte lijst|openbaar maken|publiceren|sociale media|uw reputatie|bkr|pers",
        "pl": "czarn* list*|rejestr* dłużników|krajowy rejestr|upubliczni*|media społecznościowe|reputacj*|giełd* długów|pras*",
        "ja": "ブラックリスト|公表|公開いたします|信用情報機関|評判|マスコミ|ＳＮＳ|SNS",
    },
    "words_third_party": {
        "en": "your family|your wife|your husband|your neighbo*|your customers about|your suppliers about|your bank about|"
              "inform your customers|contact your customers|your employer|your employees about",
        "es": "su familia|sus vecinos|informar a sus clientes|informaremos a sus clientes|su empleador",
        "fr": "votre famille|vos voisins|informer vos clients|informerons vos clients|votre employeur",
        "de": "ihre familie|ihre nachbarn|ihre kunden informieren|ihr arbeitgeber|ihren arbeitgeber",
        "it": "vostra famiglia|vostri vicini|informare i vostri clienti|informeremo i vostri clienti|datore di lavoro",
        "pt": "sua família|seus vizinhos|informar os seus clientes|informaremos os seus clientes|seu empregador",
        "nl": "uw familie|uw buren|uw klanten informeren|uw klanten inlichten|uw werkgever",
        "pl": "państwa rodzin*|sąsiad*|poinformujemy państwa klientów|powiadomimy państwa klientów|pracodawc*",
        "ja": "ご家族に|ご近所|お取引先に連絡|お取引先へ連絡|お勤め先",
    },
    "words_card_number": {
        "en": "your card number|credit card number|card details|card number and|security code|cvv*|cvc*|expiry date of your card",
        "es": "número de … tarjeta|número de tarjeta|datos de … tarjeta|código de seguridad|cvv*",
        "fr": "numéro de … carte|numéro de carte|coordonnées de … carte|code de sécurité|cryptogramme|cvv*",
        "de": "kreditkartennummer*|kartennummer*|kartendaten|prüfziffer|sicherheitscode|cvv*",
        "it": "numero di carta|numero della … carta|dati della … carta|codice di sicurezza|cvv*",
        "pt": "número do cartão|número do … cartão|dados do … cartão|código de segurança|cvv*",
        "nl": "creditcardnummer*|kaartnummer*|kaartgegevens|beveiligingscode|cvv*",
        "pl": "numer karty|numer … karty|dane karty|kod cvv*|kod zabezpieczając*|cvv*",
        "ja": "カード番号|クレジットカードの番号|セキュリティコード|有効期限とカード",
    },
    "words_disrespect": {
        "en": "deadbeat*|dishonest*|liar*|lying|shame*|ridiculous|unacceptable behavio*|bad faith|excuses|negligen*",
        "es": "moros*|deshonest*|mentiros*|vergüenza|vergonzos*|mala fe|excusas",
        "fr": "mauvais payeur*|malhonnête*|menteu*|honte*|mauvaise foi|excuses bidon",
        "de": "unehrlich*|lügner*|schande|unverschämt*|böswillig*|ausreden|säumig*",
        "it": "moros*|disonest*|bugiard*|vergogn*|malafede|mala fede|scuse",
        "pt": "caloteir*|desonest*|mentiros*|vergonh*|má-fé|má fé|desculpas esfarrapadas",
        "nl": "wanbetaler*|oneerlijk*|leugen*|schande*|kwade trouw|smoesjes",
        "pl": "nieuczciw*|kłam*|wstyd*|zła wola|złej woli|wymówk*",
        "ja": "不誠実|嘘つき|恥を|悪質|言い訳",
    },
}  # fmt: skip

# A deadline in the text itself: a number of hours or days that nobody decided. A date of the strategy comes from {{ pay_by }}.
_DEADLINES: Mapping[str, str] = {
    "en": r"\b(?:within|in the next|in) (?:the next )?(?:\d+|two|three|five|seven|ten|fourteen) (?:business |working |calendar )?(?:hours?|days?)\b",
    "es": r"\b(?:en|dentro de|en un plazo de) (?:los próximos )?(?:\d+|dos|tres|cinco|siete|diez) (?:horas?|días?)\b",
    "fr": r"\b(?:sous|dans les|dans un délai de|d'ici) (?:\d+|deux|trois|cinq|sept|huit|dix|quinze) (?:prochains )?(?:heures?|jours?)\b",
    "de": r"\b(?:binnen|innerhalb von|innerhalb der nächsten|in den nächsten) (?:\d+|zwei|drei|fünf|sieben|zehn|vierzehn) (?:stunden|tagen?|werktagen|bankarbeitstagen)\b",
    "it": r"\bentro (?:e non oltre )?(?:\d+|due|tre|cinque|sette|dieci|quindici) (?:ore|giorni)\b",
    "pt": r"\b(?:em|dentro de|no prazo de|em até) (?:\d+|dois|três|cinco|sete|dez) (?:horas?|dias?)\b",
    "nl": r"\b(?:binnen|in de komende) (?:\d+|twee|drie|vijf|zeven|tien|veertien) (?:uur|werkdagen|dagen)\b",
    "pl": r"\b(?:w ciągu|w terminie) (?:\d+|dwóch|trzech|pięciu|siedmiu|dziesięciu|czternastu) (?:godzin|dni)\b",
    "ja": r"[0-9０-９一二三四五六七八九十]+(?:日|時間|営業日)以内",
}


class Wording(NamedTuple):
    """Words that should be looked at again: where they stand (characters from 0), the words, and why."""

    start: int
    end: int
    words: str
    code: str
    sentence: str


def warnings(text: str, language: str) -> list[Wording]:
    """Every warning about a text in a language ("pt-BR"), in the order of the text. English phrases are looked for in all."""
    plain = text.replace("\u2019", "'").replace("\u00a0", " ")  # one for one, so that places stay true
    own = re.split(r"[-_]", language)[0].lower()
    found: dict[tuple[int, int], Wording] = {}
    for each in dict.fromkeys((own, "en")):
        for code, pattern in _patterns(each):
            for match in pattern.finditer(plain):
                words = match[0]
                if not any(start <= match.start() < end for start, end in found):
                    warning = Wording(
                        match.start(), match.end(), words, code, sentence(code, {"words": words})
                    )
                    found[match.span()] = warning
    return sorted(found.values())


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    patterns = []
    for code, lists in _PHRASES.items():
        assert code in REASONS
        if language in lists:
            parts = sorted((part.strip() for part in lists[language].split("|")), key=len, reverse=True)
            either = "|".join(_pattern(part) for part in parts)
            fence = "" if language in _NO_BLANKS else r"\b"
            patterns.append((code, re.compile(f"{fence}(?:{either}){fence}", re.IGNORECASE)))
    if language in _DEADLINES:
        patterns.append(("words_deadline", re.compile(_DEADLINES[language], re.IGNORECASE)))
    return tuple(patterns)


def _pattern(phrase: str) -> str:
    """A phrase as a pattern: blanks are any white space, `*` the rest of a word, `…` up to three words."""
    words = re.escape(phrase).replace(r"\*", r"\w*").replace("\\ …\\ ", r"(?:\s+\w+){0,3}\s+")
    return words.replace("\\ ", r"\s+")
