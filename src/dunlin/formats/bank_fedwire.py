"""Fedwire advices (FAIM): one wire a message, tags in braces. What brings money in is a credit; the rest tells something only."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from dunlin.formats.bank_collect import Collected, amount_of, long_date, minor_of
from dunlin.formats.bank_model import BankFile, Document, Entry
from dunlin.formats.problems import Unreadable
from dunlin.rules.money import Money

_TAG = re.compile(r"\{(\d{4})\}")
_CURRENCY = "USD"
_MONEY_SUBTYPES = (
    "00",
    "02",
    "08",
    "32",
)  # a transfer, the reversal of one (today's, an earlier day's), a drawdown honoured
_REVERSALS = ("02", "08")
_SERVICE = ("90", "SVC")
_KNOWN = {
    *range(1100, 1140, 10), 1500, 1510, 1520, 2000, 3100, 3320, 3400, 3500, 3600, 3610, 3620, 3700, 3710, 3720, 4000, 4100, 4200,
    4320, 4400, 5000, 5010, 5100, 5200, 5400, 6000, 6100, 6110, 6200, 6210, 6300, 6310, 6400, 6410, 6420, 6500, 7033, 7050, 7052,
    7056, 7057, 7059, 7070, 7072, 8200, 8250, 8300, 8350, 8400, 8450, 8500, 8550, 8600, 8650, 8700, 8750, 9000,
}  # fmt: skip


@dataclass(slots=True)
class _Message:
    line: int
    tags: dict[str, str] = field(default_factory=dict)
    repeated: list[tuple[str, str]] = field(default_factory=list)

    def value(self, tag: str) -> str:
        return self.tags.get(tag, "").strip()


def read_fedwire(name: str, text: str) -> BankFile:
    """Read wires. One that cannot be read is damaged by itself; a test message and a request move no money."""
    into = Collected("fedwire", "fedwire", "FAIM")
    for message in _messages(text):
        place = f"line {message.line}"
        try:
            _wire(into, message, place)
        except Unreadable as problem:
            into.unreadable(
                place, " ".join(f"{{{tag}}}{value}" for tag, value in message.tags.items()), problem
            )
    return into.finish(name)


def _messages(text: str) -> list[_Message]:
    """A message begins where {1510} or {1500} comes again, or {1100} after a whole one."""
    messages: list[_Message] = []
    found = list(_TAG.finditer(text))
    line = last = 0
    for at, each in enumerate(found):
        line += text.count("\n", last, each.start())
        last = each.start()
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        tag, value = each[1], text[each.end() : end].rstrip("\n")
        current = messages[-1] if messages else None
        if current is None or (tag in ("1500", "1510", "1520") and tag in current.tags):
            current = _Message(line + 1)
            messages.append(current)
        if tag in current.tags:
            current.repeated.append((tag, value))
        else:
            current.tags[tag] = value
    return messages


def _wire(into: Collected, message: _Message, place: str) -> None:
    unknown = sorted(tag for tag in message.tags if int(tag) not in _KNOWN)
    if unknown:
        into.warn(place, "bank_tags_unknown", tags=", ".join(f"{{{tag}}}" for tag in unknown[:10]))
    written = message.value("2000")
    if not re.fullmatch(r"\d{12}", written, re.ASCII):
        raise Unreadable("amount_not_understood", value=written[:40])
    amount = minor_of(written, _CURRENCY)
    imad = message.value("1520")
    on = long_date(imad[:8])
    subtype = message.value("1510")[2:4]
    test = message.tags.get("1500", "")[10:11] == "T"
    moves = subtype in _MONEY_SUBTYPES and message.value("3600")[:3] not in _SERVICE
    if test or not moves:
        why = (
            "It is a test message"
            if test
            else f"Its type is {message.value('1510')}, {message.value('3600')[:3]}"
        )
        into.warn(place, "bank_wire_not_money", why=why)
    account, _ = _party(message.tags.get("4200", ""))
    payer_account, payer = _party(message.tags.get("5000", ""))
    draft = into.statement(place, account=account, currency=_CURRENCY, number=on.isoformat())
    entry = Entry(
        place, "reversal" if subtype in _REVERSALS else "credit", amount, "info" if test or not moves else "booked", on, on,
        type_code=message.value("3600")[:3], bank_reference=message.value("3320").rstrip("*"), end_to_end_id=_end_to_end(message),
        trace=imad, payer_name=payer, payer_account=payer_account, remittance=_words(message), documents=_documents(message),
        original_trace=message.value("3500") if subtype in _REVERSALS else "", charges=_charges(message),
    )  # fmt: skip
    if message.repeated:
        named = ", ".join(sorted({f"{{{tag}}}" for tag, _ in message.repeated}))
        into.warn(place, "bank_record_twice", what=named)
        entry = replace(entry, doubt="bank_record_twice")
    draft.add(entry, (imad,), sure=True)


def _party(text: str) -> tuple[str, str]:
    """(account, name): parts ended by "*", or columns of 35 after one sign for the kind of the number."""
    if "*" in text:
        parts = text.strip().split("*")
        return parts[0][1:].strip(), parts[1].strip() if len(parts) > 1 else ""
    return text[1:35].strip(), text[35:70].strip()


def _end_to_end(message: _Message) -> str:
    """The last field of the payment notification {3620}."""
    text = message.tags.get("3620", "")
    if "*" in text:
        parts = text.split("*")
        return parts[5].strip() if len(parts) > 5 else ""
    return text[2294:2329].strip()


def _words(message: _Message) -> str:
    """What the originator tells the beneficiary: {6000}, the reference for us {4320}, the addenda {8200} without its length."""
    words = [message.value("4320").rstrip("*")]
    words += [part.strip() for part in re.split(r"\*|  +", message.value("6000")) if part.strip()]
    addenda = message.value("8200")
    words.append(addenda[4:] if addenda[:4].isdecimal() else addenda)
    return " ".join(filter(None, words))


def _documents(message: _Message) -> tuple[Document, ...]:
    """The primary remittance document {8400} with what is paid {8450}, its gross amount {8500} and discount {8550}."""
    text = message.tags.get("8400", "")
    if not text.strip():
        return ()
    if "*" in text:
        parts = text.split("*")
        number, kind = (parts[1] if len(parts) > 1 else "").strip(), parts[0][:4]
    else:
        number, kind = text[39:74].strip(), text[:4]
    if not number:
        return ()
    return (
        Document(
            number,
            kind.strip(),
            paid=_stated(message.value("8450")),
            due=_stated(message.value("8500")),
            discount=_stated(message.value("8550")),
        ),
    )


def _stated(text: str) -> Money | None:
    """ "USD1234.56*"; an amount beside a document that cannot be read is no amount, the wire's own stands in {2000}."""
    found = re.match(r"([A-Z]{3})(\d[\d.,]*)", text)
    if found is None:
        return None
    try:
        return amount_of(found[2].replace(",", "."), found[1])
    except Unreadable:
        return None


def _charges(message: _Message) -> Money | None:
    """The sender's charges {3700} where they are all of one currency."""
    found = [_stated(each) for each in re.findall(r"[A-Z]{3}\d+,\d*", message.value("3700")[1:])]
    known = [each for each in found if each is not None]
    if not known or len({each.currency for each in known}) > 1 or len(known) != len(found):
        return None
    made = Money(sum(each.minor for each in known), known[0].currency)
    return made if made.minor else None
