"""What is found on an account: a table of examples, and what holds for every account there may be (P27; invariants 4, 8, 10, 18)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.reconciliation.check import chosen_at_first, findings_of
from dunlin.rules.reconciliation.facts import Account, Applied, Elsewhere, Entry, Limits
from dunlin.rules.reconciliation.findings import CODES, Finding

pytestmark = [pytest.mark.req("A8"), pytest.mark.rule("P27")]
TODAY = date(2026, 11, 25)
LIMITS = Limits(TODAY, {"USD": 500, "EUR": 500}, small_rate=200, stale_days=30)


def entry(pk: int, kind: str, amount: int, open_: int | None = None, **more: Any) -> Entry:
    side = -1 if kind in ("payment", "credit_memo", "deposit", "write_off", "discount") else 1
    document_on = more.pop("document_on", TODAY - timedelta(10))
    facts: dict[str, Any] = {"customer": 1, "entity": 1, "currency": "USD", "number": f"INV-{1000 + pk}" if side == 1 else ""}  # fmt: skip
    facts |= {"document_on": document_on, "due_on": document_on + timedelta(30 if side == 1 else 0)} | more
    return Entry(id=pk, kind=kind, side=side, amount=amount, open=amount if open_ is None else open_, **facts)


def invoice(pk: int, amount: int, open_: int | None = None, **more: Any) -> Entry:
    return entry(pk, "invoice", amount, open_, **more)


def payment(pk: int, amount: int, open_: int | None = None, **more: Any) -> Entry:
    return entry(pk, "payment", amount, open_, **more)


def found(
    *entries: Entry, applied: tuple[Applied, ...] = (), limits: Limits = LIMITS, **more: Any
) -> dict[str, Finding]:
    return {each.code: each for each in findings_of(Account(1, entries, applied, **more), limits)}


def steps(finding: Finding) -> list[tuple[Any, ...]]:
    return [(step.kind, step.credit or step.application, step.debit, step.amount) for step in finding.steps]


HERE = TODAY - timedelta(10)
# Name, what is on the account, what is found, its steps as (kind, credit, debit, amount).
EXAMPLES: list[tuple[str, list[Entry], str | None, list[tuple[Any, ...]]]] = [
    ("a credit of exactly one document", [invoice(1, 900), invoice(2, 700), payment(3, 700)], "credit_exact", [("apply", 3, 2, 700)]),
    ("the only two of that sum", [invoice(1, 900), invoice(2, 700), payment(3, 1600)], "credit_sum", [("apply", 3, 1, 900), ("apply", 3, 2, 700)]),
    ("two of one amount are a question", [invoice(1, 700), invoice(2, 700), payment(3, 700)], "credit_unclear", []),
    ("a reference settles what it names", [invoice(1, 700), invoice(2, 700), payment(3, 700, reference="pays INV-1002")], "credit_named", [("apply", 3, 2, 700)]),
    ("lost zeros and signs still name it", [invoice(1, 700, number="INV-00123456"), payment(3, 700, reference="123456")], "credit_named", [("apply", 3, 1, 700)]),
    ("what is named and less than the credit", [invoice(2, 700), payment(3, 900, reference="INV-1002")], "credit_named", [("apply", 3, 2, 700)]),
    ("a memo for what it corrects", [invoice(1, 700), entry(3, "credit_memo", 200, corrects=1)], "memo_unapplied", [("apply", 3, 1, 200)]),
    ("a memo for what it names", [invoice(1, 700), entry(3, "credit_memo", 200, description="Price of INV-1001")], "memo_unapplied", [("apply", 3, 1, 200)]),
    ("a deposit only for its own order", [invoice(1, 700, order_number="SO-55"), invoice(2, 500), entry(3, "deposit", 500, order_number="SO-55")], "deposit_due", [("apply", 3, 1, 500)]),
    ("a deposit never by its amount", [invoice(2, 500), entry(3, "deposit", 500, order_number="SO-55")], "credit_unclear", []),
    ("credits that offset one document", [invoice(1, 900), entry(3, "credit_memo", 400), payment(4, 500)], "offsetting", [("apply", 3, 1, 400), ("apply", 4, 1, 500)]),
    ("nothing is proposed for what is disputed", [invoice(1, 700, disputed=100), payment(3, 700, reference="INV-1001")], "credit_unclear", []),
    ("nothing across currencies", [invoice(1, 700), payment(3, 700, currency="EUR")], None, []),
    ("nothing across entities", [invoice(1, 700), payment(3, 700, entity=2)], None, []),
    ("the payer's instruction wins", [invoice(1, 700), payment(3, 700, reference="on account, do not apply")], "credit_unclear", []),
    ("an old credit is asked about", [payment(3, 700, document_on=TODAY - timedelta(31))], "credit_stale", []),
    ("at its limit it is not old yet", [payment(3, 700, document_on=TODAY - timedelta(30))], None, []),
    ("a small rest", [invoice(1, 25_000, 500)], "small_balance", [("write_off", 0, 1, 500)]),
    ("a cent above the amount is not small", [invoice(1, 100_000, 501)], None, []),
    ("a cent above the per cent is not small", [invoice(1, 24_999, 500)], None, []),
    ("a small invoice is no small rest", [invoice(1, 300)], None, []),
    ("a disputed rest is not written off", [invoice(1, 25_000, 500, disputed=1)], None, []),
    ("a rest in a currency without a limit", [invoice(1, 25_000, 5, currency="JPY")], None, []),
    ("one invoice twice", [invoice(1, 700, po_number="PO 77"), invoice(2, 700, po_number="po-77", document_on=HERE + timedelta(7))], "invoice_twice", []),
    ("eight days apart it is another sale", [invoice(1, 700, po_number="PO 77"), invoice(2, 700, po_number="PO 77", document_on=HERE + timedelta(8))], None, []),
    ("service months are no duplicates", [invoice(1, 700, po_number="P7", service_month=date(2026, 10, 1)), invoice(2, 700, po_number="P7", service_month=date(2026, 11, 1))], None, []),
    ("instalments are no duplicates", [invoice(1, 700, po_number="P7", instalment=1), invoice(2, 700, po_number="P7", instalment=2)], None, []),
    ("one payment twice is never applied", [invoice(1, 700), payment(3, 700, reference="WIRE 88"), payment(4, 700, reference="wire 88", document_on=HERE + timedelta(5))], "payment_twice", []),
    ("a negative open amount", [invoice(1, 700, -1)], "impossible_figures", []),
    ("an open amount its applications do not leave", [invoice(1, 700, 600, used=50)], "impossible_figures", []),
    ("a clean account", [invoice(1, 700), invoice(2, 900, 0)], None, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entries", "code", "wanted"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_the_table_of_examples(entries, code, wanted):
    told = found(*entries)
    assert set(told) == ({code} if code else set())
    if code:
        one = told[code]
        assert steps(one) == wanted
        assert bool(one.question) is not bool(one.steps)
        assert one.sentence[0].isupper()
        assert one.sentence.endswith(".")


PAID = (payment(3, 700, 0, reference="INV-1002"), invoice(1, 700, 0), invoice(2, 700))
MISPLACED = (Applied(9, 3, 1, 700, HERE),)


def test_money_on_a_document_it_does_not_name_moves_to_the_one_it_names():
    one = found(*PAID, applied=MISPLACED)["wrong_document"]
    assert steps(one) == [("reverse", 3, 1, 700), ("apply", 3, 2, 700)]
    assert one.steps[0].application == 9
    assert one.sure == "certain"
    assert "INV-1001 is owed again by 700" not in one.sentence  # minor units never reach a sentence
    assert "INV-1001 is owed again by 7.00 USD" in one.sentence
    assert one.written_off == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"applied": (Applied(9, 3, 1, 700, HERE, granted=True),)},
            "what was granted goes with it: a person",
        ),
        ({"barred": "legal"}, "legal"),
        ({"barred": "insolvency"}, "insolvency"),
    ],
)
def test_money_on_the_wrong_document_is_a_question_where_it_may_not_be_moved(change, why):
    one = found(*PAID, **{"applied": MISPLACED, **change})["wrong_document"]
    assert not one.steps, why
    assert one.question


def test_only_what_the_named_document_needs_is_moved_and_the_rest_stays_where_somebody_put_it():
    inside = (PAID[0], PAID[1], invoice(2, 700, 150))
    one = found(*inside, applied=MISPLACED)["wrong_document"]
    assert steps(one) == [("reverse", 3, 1, 700), ("apply", 3, 2, 150), ("apply", 3, 1, 550)]
    assert (one.sure, one.amount) == ("likely", 150)


def test_an_order_named_in_words_is_named_enough():
    inside = (replace(PAID[0], reference="PO 4711, INV-1002"), replace(PAID[1], po_number="4711"), PAID[2])
    assert "wrong_document" not in found(*inside, applied=MISPLACED)


def other(group: bool, **more: Any) -> dict[str, tuple[Elsewhere, ...]]:
    theirs = invoice(20, 700, customer=2, number="INV-7001", **more)
    return {"INV7001": (Elsewhere(theirs, "C-2", "Branch", group),), "7001": (Elsewhere(theirs, "C-2", "Branch", group),)}  # fmt: skip


def test_a_payment_of_another_account_moves_within_a_group_and_is_asked_about_between_strangers():
    money_ = payment(3, 700, reference="INV-7001")
    inside = found(money_, elsewhere=other(True))["wrong_customer"]
    assert steps(inside) == [("apply", 3, 20, 700)]
    stranger = found(money_, elsewhere=other(False))["wrong_customer"]
    assert not stranger.steps
    assert "C-2" in stranger.sentence
    assert "undo its receipt" in stranger.question
    disputed = found(money_, elsewhere=other(True, disputed=1))["wrong_customer"]
    assert not disputed.steps


def test_money_that_fits_another_document_to_the_cent_is_only_possible():
    told = found(
        payment(3, 700, 0), invoice(1, 900, 200), invoice(2, 700), applied=(Applied(9, 3, 1, 700, HERE),)
    )
    one = told["better_fit"]
    assert steps(one) == [("reverse", 3, 1, 700), ("apply", 3, 2, 700)]
    assert one.sure == "possible"
    assert chosen_at_first(told.values()) == ()


def test_the_third_small_rest_in_90_days_is_a_question():
    rests = [invoice(pk, 25_000, 100 + pk) for pk in (1, 2, 3)]
    told = findings_of(Account(1, tuple(rests)), LIMITS)
    assert Counter(each.code for each in told) == {"small_balance": 2, "small_repeated": 1}
    assert Counter(each.code for each in findings_of(Account(1, tuple(rests), small_earlier=2), LIMITS)) == {"small_repeated": 3}  # fmt: skip


def test_the_oldest_first_only_where_the_house_allows_it():
    on_account = [invoice(1, 900, due_on=TODAY), invoice(2, 800, due_on=HERE), payment(3, 1000)]
    assert "credit_oldest" not in found(*on_account)
    allowed = found(*on_account, limits=replace(LIMITS, oldest_first=True))["credit_oldest"]
    assert steps(allowed) == [("apply", 3, 2, 800), ("apply", 3, 1, 200)]
    assert allowed.sure == "possible"


def test_a_barred_account_has_questions_only():
    told = found(invoice(1, 700), payment(3, 700), invoice(2, 25_000, 5), barred="insolvency")
    assert {"credit_exact", "small_balance"} == set(told)
    assert not any(each.steps for each in told.values())


# What holds for every account


def books() -> st.SearchStrategy[tuple[Account, Limits]]:
    amounts = st.sampled_from([100, 200, 250, 300, 500, 700, 25_000])
    texts = st.sampled_from(["", "", "INV-1001", "INV-1002 INV-1003", "WIRE 5", "deposit", "PO 7"])
    kinds = st.sampled_from(["invoice", "invoice", "invoice", "payment", "payment", "credit_memo", "debit_memo", "deposit"])  # fmt: skip

    def made(pk: int) -> st.SearchStrategy[Entry]:
        return st.builds(
            lambda kind, amount, text, part, disputed, entity, age, po: entry(
                pk, kind, amount, {0: amount, 1: amount // 50 or 1, 2: 0}[part], entity=entity, reference=text, po_number=po,
                disputed=1 if disputed and part != 2 and kind == "invoice" else 0, document_on=TODAY - timedelta(age),
            ),
            kinds, amounts, texts, st.sampled_from([0, 0, 0, 1, 2]), st.booleans(), st.sampled_from([1, 1, 1, 2]),
            st.integers(0, 60), st.sampled_from(["", "7"]),
        )  # fmt: skip

    rows = st.integers(1, 9).flatmap(lambda count: st.tuples(*(made(pk) for pk in range(1, count + 1))))

    def account(rows: tuple[Entry, ...], wants: list[int]) -> Account:
        """Closed credits get the use that closed them, if a document has the room."""
        uses = []
        closed = {row.id: row.amount - row.open for row in rows if row.side == 1}
        for row, want in zip([row for row in rows if row.side == -1], wants):
            same = {each.id for each in rows if each.books == row.books}
            fits = [pk for pk, room in closed.items() if pk in same and 0 < row.amount - row.open <= room]
            if fits:
                debit = fits[want % len(fits)]
                closed[debit] -= row.amount - row.open
                uses.append(Applied(100 + row.id, row.id, debit, row.amount - row.open, HERE, granted=want % 7 == 0))  # fmt: skip
        return Account(1, rows, tuple(uses))

    limits = st.builds(lambda oldest: replace(LIMITS, oldest_first=oldest), st.booleans())
    return st.tuples(st.builds(account, rows, st.lists(st.integers(0, 50), min_size=9, max_size=9)), limits)


def after(account: Account, chosen: list[Finding]) -> Account:
    """The account as the steps leave it; AssertionError when a step cannot be done."""
    by_id = {each.id: each for each in account.entries}
    uses = {use.id: use for use in account.applied}
    for step in (step for each in chosen for step in each.steps):
        if step.kind == "write_off":
            by_id[step.debit] = replace(by_id[step.debit], open=by_id[step.debit].open - step.amount)
            assert by_id[step.debit].open >= 0
            continue
        sign = 1 if step.kind == "apply" else -1
        if step.kind == "reverse":
            assert uses.pop(step.application).amount == step.amount
        else:
            uses[1000 + len(uses)] = Applied(1000 + len(uses), step.credit, step.debit, step.amount, TODAY)
        for pk in (step.credit, step.debit):
            by_id[pk] = replace(by_id[pk], open=by_id[pk].open - sign * step.amount)
            assert 0 <= by_id[pk].open <= by_id[pk].amount
        assert by_id[step.credit].books == by_id[step.debit].books
        assert by_id[step.debit].disputed == 0 or step.kind == "reverse"
    return replace(account, entries=tuple(by_id.values()), applied=tuple(uses.values()))


@pytest.mark.invariant(4)
@pytest.mark.invariant(10)
@pytest.mark.invariant(18)
@settings(max_examples=300, deadline=None)
@given(books(), st.data())
def test_any_choice_of_proposals_can_be_done_keeps_the_balance_and_is_not_found_again(given_, data):
    account, limits = given_
    told = findings_of(account, limits)
    fixes = [each for each in told if each.steps]
    touched = [pk for each in fixes for pk in each.items]
    assert len(touched) == len(set(touched)), "two proposals meet on one document"
    chosen = [each for each in fixes if data.draw(st.booleans())]
    left = after(account, chosen)
    balance = sum(each.side * each.open for each in left.entries) - sum(
        each.side * each.open for each in account.entries
    )
    assert balance == -sum(each.written_off for each in chosen)
    again = {(each.code, each.items) for each in findings_of(left, limits) if each.steps}
    assert not again & {(each.code, each.items) for each in chosen}
    assert findings_of(account, limits) == told
    for each in told:
        assert each.code in CODES
        assert bool(each.steps) is not bool(each.question)
