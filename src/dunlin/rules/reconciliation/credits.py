"""Credit that is not used although something is open: by what it names, by its amount, or, where that is allowed, the oldest first.

DOMAIN section 6 (Order). Two ways that are equally good are a question. What is disputed is never proposed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dunlin.rules.cash.subsets import subset_match
from dunlin.rules.reconciliation.facts import Entry
from dunlin.rules.reconciliation.findings import Desk, Finding, Step, Sure, called, capital, listed, money, on
from dunlin.rules.reconciliation.named import Names

SET_MOST = 5
SET_LIKELY = 3  # sets of more documents meet an amount by chance too easily
OLDEST_MOST = 20
# An account with more than these is looked through only so far by amounts: what names its documents is found before.
CREDITS_BY_AMOUNT = 200
CREDITS_OFFSET = 40
DEBITS_OFFSET = 200
# The payer says what the money is for: not for documents that happen to fit. DOMAIN section 6 (Never automatic).
_FOR_SOMETHING_ELSE = re.compile(
    r"\b(?:pre-?pay(?:ment)?|deposit|on\s+account|advance|retainer|escrow|do\s+not\s+apply|hold\s+for|inter-?company|netting"
    r"|anzahlung|vorauszahlung|vorkasse|akonto|acompte|anticipo|acconto)\b",
    re.IGNORECASE,
)


def check_memos(desk: Desk, names: Names) -> list[Finding]:
    """Credit memos that name or correct a document that is still open."""
    found = []
    for memo in desk.credits():
        if memo.kind != "credit_memo":
            continue
        corrected = desk.by_id.get(memo.corrects or 0)
        wanted = [corrected] if corrected is not None else names.documents(memo.text)
        made = _settle(desk, memo, wanted, "memo_unapplied", "certain", "corrects")
        found += [made] if made else []
    return found


def check_named(desk: Desk, names: Names) -> list[Finding]:
    """Payments that name open documents, and deposits whose order was invoiced."""
    found = []
    for credit in desk.credits():
        if credit.kind == "deposit":
            wanted = [desk.by_id[pk] for pk in sorted(names.of_order(credit.order_number or credit.text))]
            made = _settle(desk, credit, wanted, "deposit_due", "certain", "belongs to the order of")
        else:
            made = _settle(desk, credit, names.documents(credit.text), "credit_named", "certain", "names")
        found += [made] if made else []
    return found


def check_amounts(desk: Desk) -> list[Finding]:
    """Credits that make one document, or a few, to the cent, and several credits that together make one."""
    found: list[Finding] = []
    for credit in desk.credits()[:CREDITS_BY_AMOUNT]:
        if not _free(credit):
            continue
        debits = desk.debits(credit.books)
        match = subset_match([each.open for each in debits], credit.open, SET_MOST) if debits else None
        if match is None or match.status == "none":
            continue
        if match.status == "unique":
            chosen = [debits[place] for place in match.sets[0]]
            found.append(_exact(desk, credit, chosen))
        else:
            found.append(_ambiguous(desk, credit, [[debits[place] for place in each] for each in match.sets]))
    return found + _offsetting(desk)


def check_rest(desk: Desk) -> list[Finding]:
    """What is left: the oldest first where that is allowed; else a question, after so many days an urgent one."""
    found = []
    for credit in desk.credits():
        made = _oldest(desk, credit) if desk.limits.oldest_first and _free(credit) else None
        found.append(made or _unclear(desk, credit))
    return [each for each in found if each is not None]


def _free(credit: Entry) -> bool:
    """Whether a credit may go where its amount fits: it is no deposit, and the payer did not say otherwise."""
    return credit.kind != "deposit" and not _FOR_SOMETHING_ELSE.search(credit.text)


def _settle(
    desk: Desk, credit: Entry, wanted: Sequence[Entry], code: str, sure: Sure, how: str
) -> Finding | None:
    """Use a credit for the documents given, in their order; None where none of them can take it."""
    fit = {each.id: each for each in desk.debits(credit.books)}
    chosen = [fit[each.id] for each in wanted if each.id in fit]
    if not chosen:
        return None
    steps, left = _spread(credit, chosen)
    desk.take(credit.id, *(each.id for each in chosen))
    used = credit.open - left
    rest = f"; {money(left, credit.currency)} stays unapplied" if left else ""
    sentence = (
        f"{called(credit)} has {money(credit.open, credit.currency)} unapplied and {how} {listed(chosen)}, open by "
        f"{money(sum(each.open for each in chosen), credit.currency)}: apply {money(used, credit.currency)}{rest}."
    )
    return _found(code, credit, chosen, capital(sentence), used, sure, steps)


def _exact(desk: Desk, credit: Entry, chosen: Sequence[Entry]) -> Finding:
    steps, _ = _spread(credit, chosen)
    desk.take(credit.id, *(each.id for each in chosen))
    sure: Sure = "likely" if len(chosen) <= SET_LIKELY else "possible"
    code = "credit_exact" if len(chosen) == 1 else "credit_sum"
    parts = " + ".join(money(each.open, each.currency) for each in chosen)
    how = "the only document" if len(chosen) == 1 else f"the only {len(chosen)} documents"
    sentence = (
        f"{called(credit)} has {money(credit.open, credit.currency)} unapplied, exactly what {listed(chosen)} "
        f"{'has' if len(chosen) == 1 else 'have'} open{'' if len(chosen) == 1 else f' ({parts})'}: {how} of that amount."
    )
    return _found(code, credit, chosen, capital(sentence), credit.open, sure, steps)


def _ambiguous(desk: Desk, credit: Entry, ways: Sequence[Sequence[Entry]]) -> Finding:
    desk.take(credit.id)
    first = listed(ways[0])
    other = f" or {listed(ways[1])}" if len(ways) > 1 else ", and others of the same amount"
    sentence = f"{called(credit)} has {money(credit.open, credit.currency)} unapplied; it fits {first}{other}, and nothing says which."
    items = list(dict.fromkeys(each for way in ways[:2] for each in way))
    question = f"Ask what {money(credit.open, credit.currency)} of {on(credit.document_on)} ({called(credit)}) is for."
    return _found("credit_unclear", credit, items, capital(sentence), credit.open, "possible", (), question)


def _offsetting(desk: Desk) -> list[Finding]:
    """Several credits that together make one document, each used up."""
    found = []
    free = [each for each in desk.credits() if _free(each)][:CREDITS_OFFSET]
    debits = [
        each
        for books in dict.fromkeys(each.books for each in free)
        for each in desk.debits(books)[:DEBITS_OFFSET]
    ]
    for debit in debits:
        mine = [each for each in free if each.books == debit.books and each.id not in desk.taken]
        match = subset_match([each.open for each in mine], debit.open, SET_LIKELY) if len(mine) > 1 else None
        if match is None or match.status != "unique" or len(match.sets[0]) < 2:
            continue
        chosen = [mine[place] for place in match.sets[0]]
        steps = tuple(Step("apply", each.open, each.id, debit.id) for each in chosen)
        desk.take(debit.id, *(each.id for each in chosen))
        parts = " + ".join(money(each.open, each.currency) for each in chosen)
        sentence = f"{listed(chosen)} together make {parts}, exactly what {called(debit)} has open: they offset each other."
        found.append(
            Finding(
                "offsetting", desk.account.customer, capital(sentence), debit.currency, debit.open,
                (*(each.id for each in chosen), debit.id), "likely", steps,
            )
        )  # fmt: skip
    return found


def _oldest(desk: Desk, credit: Entry) -> Finding | None:
    debits = desk.debits(credit.books)[:OLDEST_MOST]
    if not debits:
        return None
    steps, left = _spread(credit, debits)
    chosen = debits[: len(steps)]
    desk.take(credit.id, *(each.id for each in chosen))
    sentence = (
        f"{called(credit)} has {money(credit.open, credit.currency)} unapplied and names nothing; by the oldest due first it "
        f"settles {listed(chosen)}."
    )
    used = credit.open - left
    return _found("credit_oldest", credit, chosen, capital(sentence), used, "possible", steps)


def _unclear(desk: Desk, credit: Entry) -> Finding | None:
    desk.take(credit.id)
    age = (desk.limits.today - credit.document_on).days
    beside = [each for each in desk.own if each.books == credit.books and each.side == 1 and each.open > 0]
    whole = money(credit.open, credit.currency)
    question = f"Ask what {whole} of {on(credit.document_on)} ({called(credit)}) is for."
    if age > desk.limits.stale_days:
        then = "Something is open beside it." if beside else "Nothing is open that it could settle."
        sentence = f"{called(credit)} has {whole} unapplied for {age} days, more than {desk.limits.stale_days}. {then}"
        question += "" if beside else " Nothing is open: find out whether it is to be refunded."
        if credit.kind == "deposit":
            question = f"Is the order of {called(credit)} still to be invoiced? {whole} is held for it."
        return _found("credit_stale", credit, (), capital(sentence), credit.open, "possible", (), question)
    if not beside:
        return None
    owed = money(sum(each.open for each in beside), credit.currency)
    disputed = sum(each.disputed for each in beside)
    rest = f", {money(disputed, credit.currency)} of it disputed" if disputed else ""
    sentence = f"{called(credit)} has {whole} unapplied beside {owed} open on {_counted(len(beside))}{rest}; nothing says what it is for."  # fmt: skip
    return _found("credit_unclear", credit, (), capital(sentence), credit.open, "possible", (), question)


def _counted(documents: int) -> str:
    return "1 document" if documents == 1 else f"{documents} documents"


def _spread(credit: Entry, debits: Sequence[Entry]) -> tuple[tuple[Step, ...], int]:
    """Steps that use the credit for the documents in their order, and what is left of it."""
    left, steps = credit.open, []
    for debit in debits:
        amount = min(left, debit.open)
        if amount:
            steps.append(Step("apply", amount, credit.id, debit.id))
            left -= amount
    return tuple(steps), left


def _found(
    code: str,
    credit: Entry,
    others: Sequence[Entry],
    sentence: str,
    amount: int,
    sure: Sure,
    steps: tuple[Step, ...],
    question: str = "",
) -> Finding:
    items = (credit.id, *(each.id for each in others))
    return Finding(code, credit.customer, sentence, credit.currency, amount, items, sure, steps, (), question)
