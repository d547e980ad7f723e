"""The simple count of a broken bank file: what looks like an amount of a transaction, by one pattern a format.

It knows nothing of the readers, so that a fault of a reader cannot be a fault of both.
"""

from __future__ import annotations

import re
from decimal import Decimal

from dunlin.formats.bank_files import BankFile
from dunlin.formats.remittance_model import AdviceFile
from tests.bank_samples import TABLE_HEAD
from tests.remittance_samples import TABLE_HEAD as ADVICE_HEAD


def simple_sum(file: BankFile, content: bytes) -> Decimal | None:
    """Sum of what looks like an amount of a transaction, by a pattern a format; None when the text does not decode plainly."""
    try:
        text = content.decode("utf-8-sig").lstrip("\ufeff")
    except UnicodeDecodeError:
        return None
    if "\0" in text:  # wide letters
        return None
    text = re.sub("^[\x01-\x04\x1a]+", "", text.replace("\r\n", "\n").replace("\r", "\n"), flags=re.M)
    try:
        return _COUNTS[file.format](text)
    except (ArithmeticError, ValueError):
        return (
            None  # what looks like an amount is none; the reader says so too, which `wrong_amount` asks for
        )


def _bai2(text: str) -> Decimal:
    found = re.findall(r"(?:^|/)\s*16,\s*(\d{3})\s*,\s*\+?(\d+)\s*,", text, re.M)
    return Decimal(
        sum(
            int(amount) * (1 if int(code) < 400 or 720 <= int(code) < 760 else -1)
            for code, amount in found
            if code != "890"
        )
    )


def _mt940(text: str) -> Decimal:
    found = re.findall(r"^\s*:61:\s*\d{6}(?:\d{4})?\s*(R?)([CD])[A-Z]?\s*(\d+,\d*)", text, re.M)
    return sum(
        (
            Decimal(amount.replace(",", ".")) * (1 if (side == "C") != bool(back) else -1)
            for back, side, amount in found
        ),
        Decimal(0),
    )


def _ofx(text: str) -> Decimal:
    return sum(
        (Decimal(each.replace(",", ".")) for each in re.findall(r"<TRNAMT\s*/?\s*>\s*([^<\s]+)", text, re.I)),
        Decimal(0),
    )


def _camt(text: str) -> Decimal:
    whole = Decimal(0)
    for entry in re.findall(r"<Ntry\s*>(.*?)</Ntry\s*>", text, re.S):
        entry = re.sub(
            r"<Bal\s*>.*?</Bal\s*>", "", entry, flags=re.S
        )  # a balance that lines moved about put inside
        amount = re.search(r"<Amt\s+Ccy\s*=\s*[\"'][A-Z]{3}[\"']\s*>\s*([\d.]+)\s*</Amt\s*>", entry)
        side = re.search(r"<CdtDbtInd\s*>\s*(CRDT|DBIT)\s*<", entry)
        if amount and side:
            whole += Decimal(amount[1]) * (1 if side[1] == "CRDT" else -1)
    return whole


def _nacha(text: str) -> Decimal:
    whole, wide = 0, False  # advice batches have two columns more
    for line in text.split("\n"):
        for at in range(0, len(line), 94):
            record = line[at : at + 94]
            if record[:1] == "5":
                wide = record[50:53] == "ADV"
            if record[:1] == "6":
                whole += int(record[27 if wide else 29 : 39]) * (
                    1 if record[2] in ("1357" if wide else "1234") else -1
                )
    return Decimal(whole)


def _lockbox(text: str) -> Decimal:
    return Decimal(sum(int(line[7:17]) for line in text.split("\n") if line[:1] == "6"))


def _fedwire(text: str) -> Decimal:
    return Decimal(sum(int(each) for each in re.findall(r"\{2000\}\s*(\d{12})", text)))


def _table(text: str) -> Decimal | None:
    """Of the made-up list while its header stands and every row still has its columns; of other lists nothing is known."""
    lines = [line for line in text.split("\n") if line.strip(" ;\t")]
    wide = TABLE_HEAD.count(";")
    if not lines or lines[0] != TABLE_HEAD or '"' in text or any(line.count(";") != wide for line in lines):
        return None
    amounts = (line.split(";")[3].replace(".", "").replace(",", ".") for line in lines[1:])
    return sum((Decimal(each) for each in amounts), Decimal(0))


_COUNTS = {
    "bai2": _bai2, "mt940": _mt940, "ofx": _ofx, "camt": _camt, "nacha": _nacha, "lockbox": _lockbox, "fedwire": _fedwire,
    "table": _table,
}  # fmt: skip
_IN_MINOR = ("bai2", "nacha", "lockbox", "fedwire")


def wrong_amount(file: BankFile, content: bytes) -> str:
    """ "" when the amounts are those of the simple count, or the reader says that something is not as it should be."""
    counted = simple_sum(file, content)
    said = {flaw.code for flaw in file.warnings} - {"bank_ach_forward", "bank_interim"}
    if counted is None or said or file.damaged:
        return ""
    minor = file.format in _IN_MINOR
    read = sum((Decimal(e.amount.minor) if minor else e.amount.decimal for e in file.entries), Decimal(0))
    return "" if read == counted else f"{file.format}: read {read}, counted {counted}"


# --- remittance advice --------------------------------------------------------------------------------------------------


def wrong_advice(file: AdviceFile, content: bytes) -> str:
    """ "" when what the lines pay is what the simple count of the text finds, or the reader says that something is amiss."""
    if file.warnings or file.damaged or any(each.adds_up is False for each in file.advices):
        return ""
    try:
        text = content.decode("utf-8-sig").lstrip("\ufeff")
        counted = _ADVICE_COUNTS[file.format](text.replace("\r\n", "\n").replace("\r", "\n"))
    except (ArithmeticError, ValueError):
        return ""
    read = sum((line.paid.decimal for line in file.lines), Decimal(0))
    if counted is None or "\0" in text or read in counted:
        return ""
    return f"{file.format}: read {read}, counted {counted}"


def _edi(text: str) -> tuple[Decimal, ...]:
    """RMR04 by itself, or less what ADX keeps back: which of the two the payment's amount proves."""
    found = text.lstrip()
    separator = re.escape(found[3] if found.startswith("ISA") else found[2])
    field = rf"\s*{separator}([^{separator}~\n]*)"
    paid = re.findall(rf"(?:^|[~\n])\s*RMR{field * 4}", text)
    kept = re.findall(rf"(?:^|[~\n])\s*ADX{field}", text)
    whole = sum((Decimal(each[3].strip()) for each in paid), Decimal(0))
    return whole, whole + sum((Decimal(each.strip()) for each in kept), Decimal(0))


def _ubl(text: str) -> tuple[Decimal, ...]:
    whole = Decimal(0)
    for line in re.findall(
        r"<(?:\w+:)?RemittanceAdviceLine\b[^>]*>(.*?)</(?:\w+:)?RemittanceAdviceLine\s*>", text, re.S
    ):
        for name, sign in (("DebitLineAmount", 1), ("CreditLineAmount", -1)):
            # The first of a kind counts, as in the schema; a line that holds it twice was made by moving lines about.
            found = re.search(rf"<(?:\w+:)?{name}\b[^>]*>\s*([^<\s]+)\s*<", line)
            whole += sign * Decimal(found[1]) if found else 0
    return (whole,)


def _advice_table(text: str) -> tuple[Decimal, ...] | None:
    lines = [line for line in text.split("\n") if line.strip(" ;\t")]
    wide = ADVICE_HEAD.count(";")
    if not lines or lines[0] != ADVICE_HEAD or '"' in text or any(line.count(";") != wide for line in lines):
        return None
    rows = [line.split(";") for line in lines[1:]]
    documents = [row for row in rows if any(map(str.isdigit, row[0]))]
    amounts = (row[6].replace(".", "").replace(",", ".") for row in documents)
    return (sum((Decimal(each) for each in amounts), Decimal(0)),)


def _advice_text(text: str) -> tuple[Decimal, ...] | None:
    """Of a text whose every line with a digit is a document and its amount, the total, the day or the reference."""
    whole = turned = Decimal(0)  # a credit without its minus is turned where the total proves it
    for line in text.split("\n"):
        if not re.search(r"\d", line) or re.match(
            r"Payment (?:date|reference): [\w-]+$|Total paid: [\d,.]+ USD$", line
        ):
            continue
        found = re.fullmatch(r"(?:INV|CM)-\d{3,8}\s+(-?\d{1,3}(?:,\d{3})*\.\d\d)\s*", line)
        if found is None:
            return None
        amount = Decimal(found[1].replace(",", ""))
        whole += amount
        turned += 2 * amount if line.startswith("CM") and amount > 0 else 0
    return whole, whole - turned


_ADVICE_COUNTS = {"820": _edi, "ubl": _ubl, "table": _advice_table, "text": _advice_text}
