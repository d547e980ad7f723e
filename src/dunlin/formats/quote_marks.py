"""The marks by which mail programs set quoted history and signatures apart, in the languages customers write in."""

from __future__ import annotations

import re

LINE_CHARS = 400
# Stands where a mail program's HTML says "here begins the quote"; a letter no text holds.
QUOTE_BEGINS = "\ue000"
CONTAINER = re.compile(
    r"<(?:div|blockquote|span|hr|table|section)\b[^<>]{0,400}?(?:"
    r"(?:class|id)\s*=\s*[\"']?[^\"'<>]{0,100}(?:gmail_quote|yahoo_quoted|moz-cite-prefix|moz-forward-container|protonmail_quote|tutanota_quote"
    r"|zmail_extra|divRplyFwdMsg|appendonsend|stopSpelling|OLK_SRC_BODY_SECTION|reply-intro|freebirdMessageHeader|WordSection1_quote|ms-outlook-mobile-reference-message)"
    r"|type\s*=\s*[\"']?cite|border-top:\s{0,3}solid #(?:B5C4DF|E1E1E1) 1\.0pt|border-top-color: rgb\(229, 229, 229\))",
    re.IGNORECASE,
)

_WROTE = (
    r"wrote|writes|a [ée]crit|escribi[óo]|ha scritto|escreveu|schreef|schrieb|skrev|skreiv|kirjoitti|napsala?(?:\(a\))?|nap[íi]sala?(?:\(a\))?"
    r"|napisała?(?:\(a\)|\(-a\))?|написала?(?:\(а\))?|пишет|писала?(?:\(а\))?|пише|написав(?:\(ла\))?|a scris|(?:şunu )?yazdı|έγραψε|írta|je napisa[ol](?:/la)?|menulis"
    r"|đã viết|ha escrit|skrifaði|rašė|kirjutas|rakstīja|написа|escribe|scrive"
)
_WROTE_UNSPACED = r"写道|寫道|님이 작성|작성|のメール|さんは書きました|כתבה?|כתב/ה|كتبت?|เขียนว่า"
_DATED = r"(?:\d{1,2}[:.h]\d{2}|\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}|@|<)"
_OPENER = (
    r"(?:On|At|In a message|Am|Le|El|Il|In data|Em|A|Op|Dnia|W dniu|Den|Dne|Dňa|På|Pe|În data|Στις|Tarih|Vào|Pada|Dana|Den|Från|Quoting|Zitat von"
    r"|mån|tis|ons|tors|fre|lör|sön|ma|ti|ke|to|pe|la|su|man|tir|ons|tor|fre|lør|søn)\b"
)
_ATTRIBUTIONS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?=.*{_DATED}).{{0,300}}(?:(?:^|[\s>)\],\"'])(?:{_WROTE})|{_WROTE_UNSPACED})\s{{0,3}}(?:\([^()]{{1,60}}\))?\s{{0,3}}[:：]$",
        rf"^(?=.*{_DATED})(?=.*[@<]|{_OPENER}).{{2,200}}[\s>](?:{_WROTE})\s.{{1,200}}[:：]$",
        rf"^-{{2,8}}\s?.{{5,300}}\b(?:{_WROTE})\b.{{0,60}}-{{2,8}}$",
        r"^\d{4}-\d\d-\d\d \d{1,2}:\d\d (?:GMT|UTC)?\s?[+-]\d{1,2}:?\d\d\b.{1,200}$",
        r"^(?=.*\d{1,2}[:.]\d\d)(?=.*(?:\b20\d\d\b|年|년)).{5,300}[^\s@]@[^\s@]{3,200}>\s?[:：]$",
        r"^(?:Quoting|Zitat von|Citando|Quoto) .{3,200}[:：]$",
    )
)
_OPENS = re.compile(rf"^{_OPENER}", re.IGNORECASE)
_MAY_CONTINUE = re.compile(
    rf"^{_OPENER}|<[^<>]{{0,100}}$|@[^\s<>]{{1,200}}>|\d{{1,2}}[:.]\d\d|\b20\d\d\b", re.IGNORECASE
)
_ENDS_LIKE_ONE = re.compile(r"(?:[:：]|-{2,})$|^\d{4}-\d\d-\d\d ")

_LABELS = {
    "from": "From|Von|De|Da|Van|Od|Från|Fra|Lähettäjä|Feladó|От|От кого|Від|Gönderen|Kimden|发件人|寄件者|寄件人|差出人|送信者|보낸 ?사람|Από|מאת|من|De la|Saatja|Nuo|Dari|Từ|Reply-To|Risposta|Expéditeur|Remitente|Mittente|Absender|Afzender|Nadawca|Odesílatel|Avsender|Afsender",
    "sent": "Sent|Date|Gesendet(?: am)?|Datum|Envoyé(?: le| par)?|Enviad[oa](?: el| em)?|Fecha|Inviato(?: il)?|Data|Verzonden|Wysłano|Wysłane|Skickat|Sendt|Lähetetty|Päivämäärä|Elküldve|Dátum|Отправлено|Дата|Надіслано|Gönderildi|Gönderme Tarihi|Tarih|发送时间|发送日期|日期|寄件日期|傳送日期|送信日時|日時|日付|보낸 ?날짜|날짜|Στάλθηκε|Ημερομηνία|נשלח|תאריך|تم الإرسال|التاريخ|Odesláno|Odoslané|Trimis|Dato|Poslano|Dikirim|Đã gửi|Ngày",
    "to": "To|An|À|A|Para|Aan|Do|Till|Til|Vastaanottaja|Címzett|Кому|Kime|Alıcı|收件人|收件者|宛先|받는 ?사람|Προς|אל|إلى|Komu|Către|Kepada|Đến|Destinataire|Destinatario|Empfänger|Adresát|Za",
    "subject": "Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Temat|Ämne|Emne|Aihe|Tárgy|Тема|Konu|主题|主旨|件名|표제|제목|Θέμα|נושא|الموضوع|Předmět|Predmet|Subiect|Subjek|Chủ đề|Zadeva",
    "copy": "Cc|Cc?o|Kopie|Copie(?: à)?|Copia|Kopia|Kopi|Kopio|Másolat|Копия|Копія|Bilgi|抄送|副本|참조|Κοιν|Importance|Attachments|Wichtigkeit|Priorité|Importancia|Anlagen|Vedlegg|Bcc",
}
_HEADER = {
    name: re.compile(
        rf"^\s{{0,12}}(?:[>|]\s?)?[*_]{{0,2}}\s?(?:{words})\s{{0,3}}[*_]{{0,2}}\s?[:：][*_]{{0,2}}(?:\s|$|\S)",
        re.IGNORECASE,
    )
    for name, words in _LABELS.items()
}
_SEPARATOR = re.compile(
    r"^[>\s]{0,6}(?:"
    r"[-_=*]{2,40}\s?(?:original|forwarded|begin forwarded|reply|ursprüngliche|weitergeleitete|originalnachricht|message d['’]origine|message transféré|message original|mensaje (?:original|reenviado)"
    r"|mensagem (?:original|encaminhada)|messaggio (?:originale|inoltrato)|oorspronkelijk bericht|doorgestuurd bericht|ursprungligt meddelande|vidarebefordrat|oprindelig|opprinnelig|videresendt"
    r"|alkuperäinen viesti|välitetty|исходное сообщение|пересылаемое|пересланное|переслане|оригинал|wiadomość (?:oryginalna|przekazana|oryginał)|oryginalna wiadomość|původní zpráva|přeposlaná|eredeti üzenet|továbbított"
    r"|orijinal|iletilen|原始邮件|原始郵件|转发|轉寄|元のメッセージ|転送|원본 메시지|전달된|mesaj(?:ul)? (?:original|redirecționat))[^\n]{0,60}?[-_=*]{0,40}"
    r"|(?:begin forwarded message|start der weitergeleiteten nachricht|anfang der weitergeleiteten (?:nachricht|e-?mail)|début du message (?:réexpédié|transféré)|inicio del mensaje reenviado|inizio messaggio inoltrato|begin doorgestuurd bericht|início da mensagem (?:reencaminhada|encaminhada)|vidarebefordrat brev|videresendt (?:besked|melding)|начало переадресованного сообщения)\s?[:：]"
    r")\s*$",
    re.IGNORECASE,
)
_PASSED_ON = re.compile(
    r"forward|weitergeleitet|transféré|réexpédié|reenviad|encaminhad|inoltrat|doorgestuurd|vidarebeford|videresend|välitetty|пересыла|пересла|переадрес|przekazan|přeposlan|továbbít|iletilen|转发|轉寄|転送|전달|redirec",
    re.IGNORECASE,
)

RULE = re.compile(r"^\s*(?:[-_=*~#+•·]{3,}|—{2,}|–{2,}|ᐧ|[-_*=]{2,}(?:\s[-_*=]{2,}){1,20})\s*$")
SIGNATURE = re.compile(r"^\s{0,3}(?:--|—|––|__|-\s-)\s*$")
_DEVICES = re.compile(
    r"^\s*[*_]{0,2}(?:(?:(?:sent|written|posted) (?:(?:from|via|with|using|by) )|get outlook|sent a magnificent|von meinem|gesendet (?:von|mit|über)|diese nachricht wurde von meinem"
    r"|envoyé (?:de|depuis|à partir|avec|par)|télécharger outlook|enviad[oa] (?:desde|do|a partir|de|con|com)|inviato (?:da|dal|con)|verzonden (?:vanaf|met|via|vanuit)|wysłan[eo] (?:z|ze)|skickat från|sendt fra|lähetetty"
    r"|отправлено (?:с|из)|надіслано (?:з|із)|odesláno z|trimis de|gönderildi|iphone ?から送信|从我的|發自我的|从.{2,20}发送|나의 .{2,20}에서 보냄|downloaden sie outlook|obtener outlook|télécharger)"
    r"(?=.*\S).{0,80}|(?:sent from|envoyé de|gesendet von)|.{2,30}(?:から送信|에서 보냄|’dan gönderildi|'dan gönderildi)|.{0,20}(?:iPhone|iPad)(?:imden| telefonumdan).{0,20})[*_]{0,2}\s*$",
    re.IGNORECASE,
)
_SENTENCE_GOES_ON = re.compile(
    r"[,;].{10,}|[.!?]$|\b(?:is|was|are|to|and|but|that|because|when|we|please)\b(?!.*\bapp\b)", re.IGNORECASE
)
DISCLAIMER = re.compile(
    r"^[\s*_>]{0,4}(?:(?:this|the information (?:contained )?in this|the contents? of this) (?:e-?mail|message|communication|transmission|electronic)[^\n]{0,200}(?:confidential|intended|privileged|solely)"
    r"|confidentiality notice|legal disclaimer|disclaimer\s?:|important notice\s?:|(?:please )?consider the environment|think before you print|virus-free\b|scanned by|this (?:e-?mail|message) (?:has been|was) (?:scanned|checked|sent from)"
    r"|diese (?:e-?mail|nachricht)[^\n]{0,200}(?:vertraulich|ausschließlich|bestimmt)|der inhalt dieser e-?mail|ce (?:message|courriel|mail|courrier)[^\n]{0,200}(?:confidentiel|destin)|est[ea] (?:mensaje|correo|mensagem|e-?mail)[^\n]{0,200}confidencia"
    r"|(?:questo|il presente) messaggio[^\n]{0,200}(?:riservat|analizzat|confidenzial)|dit (?:bericht|e-?mailbericht)[^\n]{0,200}vertrouwelijk|le informazioni contenute|denna e-?post[^\n]{0,200}konfident)",
    re.IGNORECASE,
)


def is_attribution(line: str) -> bool:
    """Whether one line (or several, joined) says who wrote the quoted words when: "On 3 May Ann wrote:"."""
    line = line.strip().strip("*_").strip()
    return (
        5 <= len(line) <= LINE_CHARS
        and bool(_ENDS_LIKE_ONE.search(line))
        and any(pattern.match(line) for pattern in _ATTRIBUTIONS)
    )


def attribution_lines(lines: list[str], at: int) -> int:
    """How many lines from `at` on are one attribution: programs fold it at a blank; 0 for none."""
    first = lines[at].strip()
    if not first or len(first) > LINE_CHARS:
        return 0
    if is_attribution(first):
        return 1
    if not _MAY_CONTINUE.search(first):
        return 0
    joined = first
    for taken in range(2, 5):
        following = lines[at + taken - 1].strip().lstrip(">").strip() if at + taken - 1 < len(lines) else ""
        # Own words above an attribution must not be drawn into it: only its own beginning may be.
        begun = joined.endswith("<") or (
            _OPENS.match(first) and first[-1] not in ".!?:" and not _OPENS.match(following)
        )
        if not following or (is_attribution(following) and not begun):
            return 0
        joined = f"{joined} {following}"
        if is_attribution(joined):
            return taken
    return 0


def header_lines(lines: list[str], at: int) -> int:
    """How many lines from `at` on are the head of a quoted mail (From, Sent, To, Subject in any language); 0 for none."""
    if not any(_HEADER[name].match(lines[at][:LINE_CHARS]) for name in ("from", "sent", "subject")):
        return 0
    seen: set[str] = set()
    end = at
    gap = 0
    for position in range(at, min(len(lines), at + 14)):
        line = lines[position][:LINE_CHARS]
        kind = next(
            (name for name, pattern in _HEADER.items() if name not in seen and pattern.match(line)), ""
        )
        if kind:
            seen.add(kind)
            end, gap = position + 1, 0
        else:
            gap += 1
            # One blank line between, or a folded value; then the head is over.
            if gap > 1 or (not line.strip() and len(seen) >= 3 and {"subject"} <= seen):
                break
    enough = "from" in seen and len(seen - {"copy"}) >= 3 and bool(seen & {"sent", "subject"})
    if not enough:
        return 0
    # A subject may go on in the next line.
    if (
        end < len(lines)
        and lines[end].strip()
        and not lines[end].startswith(">")
        and _HEADER["subject"].match(lines[end - 1][:LINE_CHARS])
    ):
        end += (
            1
            if end + 1 < len(lines)
            and (
                not lines[end + 1].strip()
                or any(p.match(lines[end + 1][:LINE_CHARS]) for p in _HEADER.values())
            )
            and len(lines[end]) < 120
            else 0
        )
    while end < len(lines) and any(pattern.match(lines[end][:LINE_CHARS]) for pattern in _HEADER.values()):
        end += 1
    return end - at


def is_separator(line: str) -> bool:
    """Whether the line says that another mail follows: "-----Original Message-----", "Begin forwarded message:"."""
    return len(line) <= 120 and _SEPARATOR.match(line) is not None


def is_passed_on(line: str) -> bool:
    """Whether a separator names a forward: then what follows is what the sender wants read."""
    return _PASSED_ON.search(line) is not None


def is_device_line(line: str) -> bool:
    """Whether the line is one a phone adds ("Sent from my iPhone"), and not a sentence that begins like it."""
    return (
        len(line) <= 120
        and _DEVICES.match(line) is not None
        and not _SENTENCE_GOES_ON.search(line.strip().rstrip(".").strip())
    )
