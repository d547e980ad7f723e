"""What a mail's envelope tells before a word is read: a bounce (RFC 3464), an automatic answer (RFC 3834) (P28, trap 57)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dunlin.rules.intents.folding import fold

_DAEMON = re.compile(
    r"(?:^|[<\s])(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|maildelivery)[@>]|^mailer-daemon$|mail delivery (?:sub)?system"
)
_BOUNCE_SUBJECT = re.compile(
    r"^(?:undeliver|undelivered|delivery status notification|delivery (?:failure|has failed|incomplete)|mail delivery (?:failed|failure|system)|returned mail|"
    r"failure notice|non remis|non-remis|echec de la remise|message non distribue|unzustellbar|nicht zugestellt|nicht zustellbar|no se puede entregar|"
    r"no entregado|no se ha podido entregar|error de entrega|devuelto|non recapitabile|mancato recapito|impossibile recapitare|nao e possivel entregar|"
    r"nao entregue|falha na entrega|niet-bestelbaar|niet bestelbaar|onbestelbaar|nie mozna dostarczyc|niedostarczaln|niedoreczon|nedorucitelne|"
    r"nedoruceno|kan inte levereras|olevererat|kan ikke leveres|uleverbar|ulevert|teslim edilemedi|teslim edilemeyen|不能投递|无法投递|无法送达|退信|"
    r"配信不能|配信できません|未配信|배달되지 않음|전송 실패|반송|недоставлено|не доставлено|недоставленное|تعذر تسليم|لم يتم التسليم|hindi naihatid)"
)
_AUTO_SUBJECT = re.compile(
    r"^(?:automatic reply|auto(?:matic)?[ -]?re(?:ply|sponse)|autoreply|out of (?:the )?office|ooo\b|automatische antwort|abwesenheit|abwesend|"
    r"respuesta automatica|fuera de (?:la )?oficina|reponse automatique|absence du bureau|risposta automatica|fuori sede|fuori ufficio|resposta automatica|"
    r"fora do escritorio|ausencia|automatisch antwoord|afwezig|odpowiedz automatyczna|automatyczna odpowiedz|nieobecnosc|automaticka odpoved|autosvar|"
    r"automatiskt svar|automatisk svar|franvaro|fravaer|otomatik yanit|otomatik cevap|自动回复|自動回覆|自動返信|自動応答|不在通知|자동 회신|자동회신|부재중|"
    r"автоответ|автоматический ответ|رد تلقائي|الرد التلقائي|automaattinen vastaus|poissa|raspuns automat|automatikus valasz|balasan otomatis|"
    r"awtomatikong (?:tugon|sagot)|автоматична відповідь|tra loi tu dong|αυτοματη απαντηση|away until|vacation)"
)
_REPORT_PARTS = re.compile(r"delivery-status|\.dsn$|^details\.txt$|report-type=\"?delivery-status")


def by_headers(
    headers: Mapping[str, str], from_address: str, subject: str, attachments: Sequence[str]
) -> tuple[str, str, bool] | None:
    """(intent, the rule's name, whether it stands in the subject) when the envelope tells it, else None."""
    low = {name.lower(): fold(str(value)[:500]) for name, value in headers.items()}
    plain = fold(subject[:300]).strip()
    stripped = re.sub(r"^(?:(?:re|aw|fw|fwd|wg|sv|tr|rv)\s?:\s?)+", "", plain)
    if "delivery-status" in low.get("content-type", "") or any(
        _REPORT_PARTS.search(fold(name)) for name in attachments
    ):
        return "bounce", "delivery report (RFC 3464)", False
    if "x-failed-recipients" in low:
        return "bounce", "failed recipients", False
    daemon = _DAEMON.search(fold(from_address[:300])) is not None
    if _BOUNCE_SUBJECT.match(stripped) and (daemon or stripped == plain):
        return "bounce", "subject of a delivery failure", True
    submitted = re.split(r"[;(]", low.get("auto-submitted", "no"))[0].strip()
    automatic = submitted not in {"", "no"} or any(
        name in low for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from")
    )
    if automatic and (submitted == "auto-replied" or submitted in {"", "no"}) and not daemon:
        return "out_of_office", "automatic answer (RFC 3834)", False
    if low.get("precedence") == "auto_reply" or "vacation" in low.get("x-apple-action", ""):
        return "out_of_office", "automatic answer", False
    if _AUTO_SUBJECT.match(stripped):
        return "out_of_office", "subject of an automatic answer", True
    if daemon:
        return "bounce", "written by a mail system", False
    return None
