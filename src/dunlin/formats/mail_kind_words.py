"""The words by which machines give themselves away in mail, in the languages customers write in."""

from __future__ import annotations

import re

MACHINE_NAME = re.compile(
    r"mailer[-_ ]?daemon|mail[-_.]?daemon|\bpost_?master|mail(?: |\.)(?:delivery|administrator)|delivery (?:sub)?system|^mdaemon"
    r"|system administrator|ndr administrator|mail system|^bounces?$|^ses-em|message router|^amazonses",
    re.IGNORECASE,
)
# The subject of a mail a person passes on or answers with: the words behind it are somebody else's.
PASSED_ON = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|odp|rv|res|fwd?|wg|tr|enc|i|doorst|vb|pd|rif|r)\s*(?:\[\d+\])?\s*:",
    re.IGNORECASE,
)
BOUNCE_SUBJECT = re.compile(
    r"undeliver|undelivr|not? ?deliver|non[- ]?deliver|deliver[a-z]* (?:[a-z]+ )?(?:fail|error|problem|report|unsuccess|notif|subsystem|incomplete|has failed)|fail(?:ed|ure)[a-z ]* (?:notice|deliver|mail|message)"
    r"|returned (?:mail|message)|return(?:ed|ing) to sender|returning message|failure notice|mail (?:system error|failure|error|delivery)|delivery status|message (?:status|failed|not sent|delayed|could not)"
    r"|could not be (?:sent|delivered)|could not send|bounce|error sending your mail|rejected(?: mail| message|:)|(?:mail|message) rejected|message blocked|unable to deliver|are not (?:a )?member|delayed (?:mail|message|delivery)|delay notice"
    r"|unzustellbar|nicht zugestellt|zustellung|kann nicht zugestellt|non remis|non distribuable|échec de (?:la )?(?:remise|livraison)|no se puede entregar|no entregado|error de entrega|mancato recapito|non recapitabile"
    r"|onbestelbaar|niet bezorgd|não entregue|falha na entrega|ikke leveret|kunne ikke leveres|kan inte levereras|niedostarczon|niedoręczon|не доставлен|недоставл|配信|配送|エラー|送信できません|未送達|退信|无法投递|undelivered",
    re.IGNORECASE,
)
BOUNCE_PHRASE = re.compile(
    r"(?:could|can|was|were|has|have|did) ?not (?:be |been )?(?:deliver|sent|reach)|cannot be (?:delivered|sent)|can't be delivered|couldn't be delivered|unable to (?:deliver|send|reach)|wasn't delivered"
    r"|undeliver|delivery (?:to|of|has|attempt)[^.\n]{0,60}(?:fail|abort)|failed (?:permanently|to deliver|recipient)|delivery fail|had (?:permanent )?(?:fatal|delivery|transient)|error occurred while (?:trying|attempting) to deliver"
    r"|rejected by (?:a|the) (?:remote|recipient)|rejected recipient|user unknown|unknown user|no such user|mailbox (?:is )?full|does not exist|mail (?:size|delivery)|permanent (?:fatal )?error|error delivering|trouble delivering"
    r"|returned (?:to you|to sender|mail|message)|was rejected|has been rejected|invalid user|address(?:\(es\)|es)? (?:failed|below)|message router|recipient[^.\n]{0,20}(?:unknown|not found|rejected|incorrect)"
    r"|not a member of this|problems? with (?:the )?delivery|delev?ery to|not accepted|bounced|connection timed out|nicht zugestellt|zugestellt werden konnte|n['’]a pas pu être|no (?:se )?(?:pudo|ha podido)|non (?:è|e'|e) stato possibile|не может быть доставлен|не доставлен"
    r"|配信でき|送信でき|届けでき|存在しません|エラー",
    re.IGNORECASE,
)
DELAY_PHRASE = re.compile(
    r"\(delay\)|delivery[^.\n]{0,20}delayed|delayed mail|delay notification|warning message only|will (?:be retried|be re-?tried|retry|keep trying|continue (?:to|trying))|not yet (?:been )?delivered|still (?:trying|being retried)"
    r"|do(?:es)? not need to resend|delivery attempts will continue|could not be delivered (?:yet|for the (?:last|past))|has not been delivered|could not send message for past|noch nicht zugestellt|wird verzögert|retard de remise",
    re.IGNORECASE,
)
FINAL_PHRASE = re.compile(
    r"permanent (?:fatal )?error|failed permanently|giving up|gave up|has been (?:deleted|removed) from the queue|will not (?:be retried|retry)|returned to (?:you|sender)",
    re.IGNORECASE,
)
AUTO_SUBJECT = re.compile(
    r"^\s*(?:(?:re|aw|sv|fw|wg|tr|antw)\s*:\s*)?(?:"
    r"auto(?:matic|mated|matically generated)?[ -]?(?:reply|response|re\b|responder|acknowledg\w*)|autoreply|out of (?:the )?office|ooo\b|oof:|away (?:from|until|till|on)|i(?:'m| am) (?:away|out of|on (?:leave|vacation|holiday|annual))|on (?:vacation|holiday|annual leave|maternity leave)"
    r"|vacation (?:reply|response|notice|message)|holiday (?:notice|reply)|absence (?:notice|notification)|(?:currently )?out of (?:town|the country)"
    r"|automatische antwort|abwesenheitsnotiz|außer haus|ausser haus|nicht im büro|autoantwort"
    r"|r[ée]ponse automatique|message automatique|absente?\(?e?\)? (?:du|jusqu)|notification d['’]absence|en cong[ée]s?\b|réponse auto"
    r"|respuesta autom[aá]tica|fuera de (?:la )?oficina|risposta automatica|fuori ufficio"
    r"|resposta autom[aá]tica|fora do escrit[oó]rio|automatisch antwoord|automatische reactie"
    r"|autosvar|automatiskt svar|automatisk svar|ikke på kontoret|automaattinen vastaus|odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź"
    r"|automatická odpověď|mimo kancelář|automatikus válasz|răspuns automat|otomatik (?:yanıt|cevap)|αυτόματη απάντηση|автоответ|автоматический ответ|автоматична відповідь|нет на месте|вне офиса"
    r"|自動(?:応答|返信)|不在|自动(?:回复|答复)|自動回覆|자동 ?(?:회신|응답)|부재중|ตอบกลับอัตโนมัติ|trả lời tự động|מענה אוטומטי|رد تلقائي"
    r")",
    re.IGNORECASE,
)
# Words a person may begin a subject with as well ("Absence of invoice 7"): they count only on an answer.
AUTO_WORD = re.compile(
    r"^\s*(?:(?:re|aw|sv|antw)\s*:\s*)?(?:auto:|\[auto|abwesen|urlaub|absence|absent|ausencia|ausente|assente|assenza|aus[eê]ncia|afwezig|niet aanwezig|frånvaro|fravær|poissa|nieobecn|on leave)",
    re.IGNORECASE,
)
