"""Money on the wrong document or account: its reference names another one, or it fits another one to the cent.

What was granted with a payment stands and falls with it, so such a payment is a question and never a proposal.
"""

from __future__ import annotations

from collections.abc import Sequence

from dunlin.rules.reconciliation.facts import MONEY, TURNS, Applied, Elsewhere, Entry
from dunlin.rules.reconciliation.findings import (
    Desk,
    Finding,
    Step,
    Sure,
    called,
    capital,
    listed,
    money,
    usable,
)
from dunlin.rules.reconciliation.named import Names, forms_in


def check_places(desk: Desk, names: Names) -> list[Finding]:
    """Payments used for a document they do not name while they name another, and payments that name other accounts' documents."""
    found: list[Finding] = []
    uses: dict[int, list[Applied]] = {}
    for use in desk.account.applied:
        uses.setdefault(use.credit, []).append(use)
    for credit in desk.own:
        if credit.side != -1 or credit.kind not in MONEY or credit.returned:
            continue
        mine = [use for use in uses.get(credit.id, ()) if _moves(desk, use)]
        if not mine and not credit.open:
            continue
        named = names.documents(credit.text)
        made = _foreign(desk, credit, mine) if not named else _misplaced(desk, credit, mine, named, names)
        found += [made] if made else []
    return found + _better(desk, uses, names)


def _moves(desk: Desk, use: Applied) -> bool:
    debit = desk.by_id.get(use.debit)
    return debit is not None and debit.kind not in TURNS


def _misplaced(
    desk: Desk, credit: Entry, uses: Sequence[Applied], named: Sequence[Entry], names: Names
) -> Finding | None:
    """A use for a document that is neither named nor of a named order, while a named one is open."""
    known = {each.id for each in named} | names.of_order(credit.text)
    stray = [use for use in uses if use.debit not in known]
    right = [
        each for each in named if usable(each) and each.books == credit.books and each.id not in desk.taken
    ]
    if len(stray) != 1 or not right or {credit.id, stray[0].debit} & desk.taken:
        return None
    use, wrong = stray[0], desk.by_id[stray[0].debit]
    text = (
        f"{called(credit)} names {listed(right)}, still open, but {money(use.amount, credit.currency)} of it is on "
        f"{called(wrong)}, which it does not name"
    )
    return _moved(desk, "wrong_document", credit, use, right, text)


def _moved(
    desk: Desk,
    code: str,
    credit: Entry,
    use: Applied,
    right: Sequence[Entry],
    text: str,
    sure: Sure = "certain",
) -> Finding:
    """Take the use back and apply it to the right documents; a question where something was granted with it, or several fit."""
    wrong = desk.by_id[use.debit]
    items = (credit.id, wrong.id, *(each.id for each in right))
    desk.take(*items)
    customer = desk.account.customer
    about = Finding(
        code, customer, capital(f"{text}."), credit.currency, use.amount, items, sure, (), (use.id,)
    )
    if use.granted:
        question = f"{called(wrong)}: undo {money(use.amount, credit.currency)} of {called(credit)} by hand with what was granted, then apply it to {listed(right)}."
        return about.as_question(capital(question))
    # A rest would go back to where it is, which what is disputed forbids; and of several documents nobody says how much is whose.
    if (len(right) > 1 and sum(each.open for each in right) != use.amount) or (
        wrong.disputed and sum(each.open for each in right) < use.amount
    ):
        return about.as_question(f"Ask what {called(credit)} is for: it names {listed(right)}.")
    left, steps = use.amount, [Step("reverse", use.amount, credit.id, wrong.id, use.id)]
    for each in right:
        if amount := min(left, each.open):
            steps.append(Step("apply", amount, credit.id, each.id))
            left -= amount
    moved = use.amount - left
    # Nobody said what the rest is for: it stays where somebody put it.
    rest = f"; {money(left, credit.currency)} of it stays there" if left else ""
    if left:
        steps.append(Step("apply", left, credit.id, wrong.id))
    then = f"{text}: move {money(moved, credit.currency)}; {called(wrong)} is owed again by {money(moved, credit.currency)}{rest}."
    sure = "likely" if left and sure == "certain" else sure
    return Finding(
        code, customer, capital(then), credit.currency, moved, items, sure, tuple(steps), (use.id,)
    )


def _foreign(desk: Desk, credit: Entry, uses: Sequence[Applied]) -> Finding | None:
    """A payment that names no document of ours but one of another account. Between strangers it is a question: money is moved by
    undoing the receipt and placing it anew, never by an application."""
    named = [each for form in forms_in(credit.text) for each in desk.account.elsewhere.get(form, ())]
    if len({each.entry.id for each in named}) != 1 or credit.id in desk.taken:
        return None
    other: Elsewhere = named[0]
    whose = f"{other.customer_name} {other.customer_number}"
    used = sum(use.amount for use in uses)
    where = f"{money(used, credit.currency)} of it is used here" if used else f"{money(credit.open, credit.currency)} of it is unapplied here"  # fmt: skip
    text = f"{called(credit)} names {called(other.entry)} of {whose} and no document of this account; {where}"
    fits = usable(other.entry) and other.entry.books == credit.books and not other.barred
    if other.group and fits and not used:
        amount = min(credit.open, other.entry.open)
        desk.take(credit.id, other.entry.id)
        sentence = f"{text}. Both are of one group: apply {money(amount, credit.currency)} there."
        steps = (Step("apply", amount, credit.id, other.entry.id),)
        items = (credit.id, other.entry.id)
        return Finding("wrong_customer", credit.customer, capital(sentence), credit.currency, amount, items, "certain", steps)  # fmt: skip
    if other.group and fits and len(uses) == 1 and not ({credit.id, uses[0].debit} & desk.taken):
        return _moved(desk, "wrong_customer", credit, uses[0], [other.entry], text)
    desk.take(credit.id)
    question = f"{called(credit)} seems to be money of {whose} for {called(other.entry)}: ask, then undo its receipt and place it there."
    items = (credit.id, other.entry.id)
    about = Finding(
        "wrong_customer", credit.customer, capital(f"{text}."), credit.currency, used or credit.open, items
    )
    return about.as_question(capital(question))


def _better(desk: Desk, uses: dict[int, list[Applied]], names: Names) -> list[Finding]:
    """A whole payment that left a part open where it is, and is to the cent what one other document has open."""
    found = []
    for credit in desk.own:
        mine = uses.get(credit.id, ())
        if len(mine) != 1 or credit.kind not in MONEY or credit.open or credit.returned:
            continue
        use, wrong = mine[0], desk.by_id.get(mine[0].debit)
        if wrong is None or wrong.kind in TURNS or not wrong.open or use.amount != credit.amount:
            continue
        if {credit.id, wrong.id} & desk.taken or names.documents(credit.text) or use.granted:
            continue
        if wrong.id in names.of_order(credit.text):
            continue
        fits = [
            each for each in desk.debits(credit.books) if each.open == credit.amount and each.id != wrong.id
        ]
        if len(fits) != 1:
            continue
        text = (
            f"{called(credit)} of {money(credit.amount, credit.currency)} names nothing and left {money(wrong.open, wrong.currency)} "
            f"open on {called(wrong)}; it is exactly what {called(fits[0])} has open"
        )
        found.append(_moved(desk, "better_fit", credit, use, fits, text, "possible"))
    return found
