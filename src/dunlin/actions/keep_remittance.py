"""A mail with remittance advice: the advice is read from its files, else from its words, and kept beside the mail (B5, E2).

A file that cannot be read, or words that do not say what is paid, become a follow-up for a person as before. What was kept is linked
to its money afterwards, in transactions of its own: the mail's act holds the customer, the receipt's holds the receipt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dunlin.actions.doing import Act, Who
from dunlin.actions.link_advice import link_by_rules
from dunlin.actions.process_waiting import process_these
from dunlin.actions.store_file import file_bytes
from dunlin.actions.take_remittance import AdviceTaken, record_advices
from dunlin.formats.remittance_files import (
    AdviceFile,
    RemittanceProblem,
    looks_like_advice,
    read_remittance,
    read_remittance_text,
)
from dunlin.records.models import Customer, Mail, RemittanceAdvice
from dunlin.records.policies import current_policy
from dunlin.reports.cash_book import CashBook
from dunlin.rules.codes import Refused

FILES_MAX = 20
FILE_BYTES_MAX = 25 << 20
_NAMES = re.compile(r"\.(?:edi|820|x12|xml|csv|tsv|txt|xlsx|xlsm|xls|ods)\Z", re.IGNORECASE)


@dataclass(frozen=True)
class KeptFromMail:
    """What was kept of a mail; `problem` is why nothing could be read, "" when something was."""

    taken: tuple[AdviceTaken, ...]
    problem: str = ""

    @property
    def ids(self) -> tuple[int, ...]:
        return tuple(pk for each in self.taken for pk in each.ids)

    @property
    def sentence(self) -> str:
        """For the person who confirms, or the diary."""
        return " ".join(each.sentence for each in self.taken).removesuffix(".")


def keep_from_mail(act: Act, mail: Mail, customer: Customer) -> KeptFromMail:
    """Read and keep the advices of a mail, inside the act that confirms it. Its files go before its words."""
    problem = ""
    read: list[AdviceFile] = []
    for each in mail.files.select_related("file").order_by("pk")[:FILES_MAX]:
        if each.file.refused or each.file.bytes > FILE_BYTES_MAX or not _NAMES.search(each.name):
            continue
        try:
            content = file_bytes(each.file)
            if looks_like_advice(each.name, content):
                read.append(read_remittance(each.name, content, currency=customer.currency))
        except (RemittanceProblem, Refused) as refused:
            problem = f"{each.name}: {refused}"
    if not read:
        try:
            words = mail.reply or mail.text
            read.append(read_remittance_text("the mail", words, customer.currency, payer_name=customer.name))
        except RemittanceProblem as refused:
            return KeptFromMail((), problem or refused.detail)
    return KeptFromMail(tuple(record_advices(act, each, mail=mail, customer_id=customer.pk) for each in read))


def follow_mail(who: Who, mail_id: int) -> None:
    """Link the waiting advices of a mail to their money, and look at that money again. Nothing is done in a dry run."""
    if who.dry_run:
        return
    ids = RemittanceAdvice.objects.filter(mail=mail_id, state="waiting").values_list("pk", flat=True)
    book = CashBook(who.today, current_policy())
    receipts = link_by_rules(who.today, who.now, list(ids), book)
    process_these(receipts, who.today, who.now, book)
