"""Promises before the books: kept, partly kept, broken, cancelled, replaced, and what a later return does to them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunlin.actions.cancel_promise import cancel_promise
from dunlin.actions.doing import the_clock
from dunlin.actions.judge_promises import judge_promises
from dunlin.actions.log_promise import PromiseAsked, log_promise
from dunlin.actions.return_payment import return_payment
from dunlin.records.models import Application, Item, Promise, PromiseJudgement
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money
from dunlin.rules.policy import Policy
from dunlin.rules.promises import STATUSES
from tests import cast
from tests.cast import TODAY, moment

pytestmark = pytest.mark.django_db

MADE = date(2026, 11, 2)  # a Monday
DUE = date(2026, 11, 10)
JUDGED = date(2026, 11, 13)  # two days of tolerance have passed
POLICY = Policy()


def usd(text):
    return Money.exact(text, "USD")


def night(day):
    return judge_promises(the_clock(day, moment(day, 4)), day, POLICY)


@pytest.fixture
def owed(db):
    return cast.invoice(cast.customer(), "1000.00", due=date(2026, 10, 20))


def promise(owed, amount="1000.00", due=DUE, made=MADE, items=()):
    asked = PromiseAsked(due, usd(amount) if amount else None, items or (owed.pk,))
    return log_promise(cast.who(cast.user("collector", "alice"), today=made), owed.customer_id, asked)


def pay(owed, amount, on):
    owed.refresh_from_db()
    return cast.payment(owed.customer, amount, on=on, applied_to=owed)


def take_back(application, on):
    """As a returned payment does: a negative application that names the one it undoes."""
    debit = application.debit
    debit.open += application.amount
    debit.closed_on = debit.closed_at = None
    debit.last_applied_on = on
    debit.save()
    return Application.objects.create(
        credit=application.credit, debit=debit, amount=-application.amount, posted_on=on, value_on=on,
        recorded_at=moment(on), why="returned", reverses=application,
    )  # fmt: skip


@pytest.mark.req("D2")
@pytest.mark.rule("P18")
@pytest.mark.parametrize(
    "amount, on, status",
    [
        ("1000.00", DUE, "kept"),
        ("1000.00", DUE + timedelta(days=2), "kept"),
        ("1000.00", DUE + timedelta(days=3), "broken"),
        ("999.99", DUE, "partially_kept"),
        ("1000.00", MADE - timedelta(days=1), "broken"),
    ],
    ids=["on the day", "within tolerance", "a day too late", "a cent short", "paid before it was promised"],
)
def test_the_books_judge(owed, amount, on, status):
    if on < MADE:
        other = cast.invoice(owed.customer, "1000.00", due=date(2026, 10, 1))
        logged = promise(owed, items=(owed.pk, other.pk))
        pay(other, amount, on)
    else:
        logged = promise(owed)
        pay(owed, amount, on)
    assert night(JUDGED - timedelta(days=1)).changed == 0
    assert Promise.objects.get(pk=logged.promise_id).status == "open"
    assert night(JUDGED + timedelta(days=2)).by_status == {status: 1}  # two nights were missed: no matter
    assert night(JUDGED + timedelta(days=2)).changed == 0


@pytest.mark.rule("P18")
def test_the_value_date_counts_and_not_the_day_of_posting(owed):
    logged = promise(owed)
    late = cast.payment(owed.customer, "1000.00", on=DUE + timedelta(days=6), value=DUE)
    owed.refresh_from_db()
    cast.apply(late, owed)
    night(DUE + timedelta(days=6))
    assert Promise.objects.get(pk=logged.promise_id).status == "kept"


@pytest.mark.rule("P18")
def test_a_later_return_turns_kept_into_broken_with_history(owed):
    logged = promise(owed)
    pay(owed, "1000.00", DUE)
    night(JUDGED)
    take_back(Application.objects.select_related("debit").get(), JUDGED + timedelta(days=1))
    night(JUDGED + timedelta(days=1))
    history = PromiseJudgement.objects.filter(promise=logged.promise_id).order_by("pk")
    assert [(each.status, each.paid) for each in history] == [("kept", 100_000), ("broken", 0)]
    assert Promise.objects.get(pk=logged.promise_id).status == "broken"


@pytest.mark.rule("P18")
@pytest.mark.trap(23)
def test_a_credit_memo_is_not_a_payment_and_cancels_what_it_settles(owed):
    logged = promise(owed)
    memo = cast.credit_memo(owed.customer, "1000.00", on=MADE + timedelta(days=1))
    cast.apply(memo, owed)
    assert night(MADE + timedelta(days=1)).by_status == {"cancelled": 1}
    assert Promise.objects.get(pk=logged.promise_id).status == "cancelled"


@pytest.mark.rule("P18")
def test_a_dispute_of_everything_cancels_and_of_a_part_does_not(owed):
    logged = promise(owed)
    Item.objects.filter(pk=owed.pk).update(disputed=40_000)
    assert night(MADE + timedelta(days=1)).changed == 0
    Item.objects.filter(pk=owed.pk).update(disputed=100_000)
    night(MADE + timedelta(days=1))
    assert Promise.objects.get(pk=logged.promise_id).status == "cancelled"


@pytest.mark.rule("P18")
def test_a_new_promise_for_the_item_closes_the_old_one_and_raises_the_level(owed):
    first = promise(owed)
    second = promise(owed, due=DUE + timedelta(days=7), made=MADE + timedelta(days=3))
    assert (second.level, second.replaced) == (first.level + 1, (first.promise_id,))
    assert Promise.objects.get(pk=first.promise_id).status == "cancelled"


@pytest.mark.trap(45)
def test_without_an_amount_it_is_for_what_is_open_and_has_a_date(owed):
    logged = promise(owed, amount="")
    assert (logged.promised, logged.amount_stated) == (usd("1000.00"), False)
    pay(owed, "1000.00", DUE)
    night(JUDGED)
    assert Promise.objects.get(pk=logged.promise_id).status == "kept"


@pytest.mark.trap(46)
def test_no_turn_of_a_month_touches_an_open_promise(owed):
    logged = promise(owed, due=date(2026, 12, 20))
    for day in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)):
        assert night(day).changed == 0
    assert Promise.objects.get(pk=logged.promise_id).status == "open"


@pytest.mark.parametrize(
    "asked, code",
    [
        (PromiseAsked(MADE - timedelta(days=1)), "promise_date_past"),
        (PromiseAsked(DUE, usd("0.00")), "amount_not_positive"),
        (PromiseAsked(DUE, usd("1000.01")), "promise_exceeds_open"),
        (PromiseAsked(DUE, Money(5, "EUR")), "promise_nothing_open"),
        (PromiseAsked(DUE, item_ids=(999_999,)), "item_unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_promised_is_refused(owed, asked, code):
    with pytest.raises(Refused) as refused:
        log_promise(cast.who(cast.user("collector", "alice"), today=MADE), owed.customer_id, asked)
    assert refused.value.code == code
    assert not Promise.objects.exists()


def test_two_currencies_past_due_must_be_told_apart(owed):
    cast.invoice(owed.customer, "50.00", due=date(2026, 10, 20), currency="EUR")
    with pytest.raises(Refused) as refused:
        log_promise(
            cast.who(cast.user("collector", "alice"), today=MADE), owed.customer_id, PromiseAsked(DUE)
        )
    assert refused.value.code == "promise_currency_needed"


def test_only_an_open_promise_is_cancelled(owed):
    logged = promise(owed)
    me = cast.who(cast.user("collector", "alice"), today=MADE)
    cancel_promise(me, logged.promise_id, "said by mistake")
    with pytest.raises(Refused) as refused:
        cancel_promise(me, logged.promise_id, "again")
    assert refused.value.code == "promise_not_open"


@pytest.mark.invariant(21)
@pytest.mark.invariant(22)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 6)), min_size=1, max_size=4),
    payments=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.booleans()), max_size=5),
)
def test_money_is_counted_once_and_every_promise_has_one_status(db, asked, payments):
    """Promises about items of one customer, payments before and after, some of them returned."""
    of = cast.customer()
    items = [cast.invoice(of, "10.00", due=date(2026, 10, 1)) for _ in range(2)]
    me = cast.who(cast.user("collector", "alice"), today=MADE)
    for amount, days in asked:
        log_promise(
            me,
            of.pk,
            PromiseAsked(MADE + timedelta(days=days), usd(f"{amount}.00"), tuple(i.pk for i in items)),
        )
    received = 0
    back = []
    for n, (amount, days, returned) in enumerate(sorted(payments, key=lambda each: each[1])):
        item = items[n % 2]
        item.refresh_from_db()
        if item.open < amount * 100:
            continue
        cast.payment(of, f"{amount}.00", on=MADE + timedelta(days=days), applied_to=item)
        if returned:
            back.append(Application.objects.filter(credit__customer=of).latest("pk").pk)
        else:
            received += amount * 100
    night(MADE + timedelta(days=5))
    for pk in back:
        take_back(Application.objects.select_related("debit").get(pk=pk), TODAY)
    for _ in range(2):
        night(TODAY)
    rows = list(Promise.objects.filter(customer=of))
    assert sum(row.paid for row in rows) <= received
    assert all(row.status in STATUSES and 0 <= row.paid <= row.amount for row in rows)
    assert all(row.status != "open" for row in rows)


# What was in the books when the promise was made, and what came for it since


@pytest.mark.rule("P18")
@pytest.mark.invariant(21)
@pytest.mark.parametrize("amount", ["500.00", None], ids=["stated", "all of it"])
def test_money_of_the_same_day_but_before_the_promise_does_not_keep_it(owed, amount):
    pay(owed, "500.00", MADE)
    asked = PromiseAsked(DUE, usd(amount) if amount else None, (owed.pk,))
    later = cast.who(cast.user("collector", "alice"), today=MADE, at=moment(MADE, 18))
    log_promise(later, owed.customer_id, asked)
    night(JUDGED)
    assert (Promise.objects.get().status, Promise.objects.get().paid) == ("broken", 0)


@pytest.mark.rule("P18")
def test_money_sent_the_day_before_the_promise_and_booked_after_it_keeps_it(owed):
    promise(owed)
    owed.refresh_from_db()
    money = cast.payment(owed.customer, "1000.00", on=MADE + timedelta(1), value=MADE - timedelta(1))
    cast.apply(money, owed, money.open, on=MADE + timedelta(1))
    night(JUDGED)
    assert Promise.objects.get().status == "kept"


@pytest.mark.rule("P18")
def test_what_is_credited_or_granted_after_the_promise_need_not_be_paid(owed):
    promise(owed)
    memo = cast.credit_memo(owed.customer, "300.00", on=MADE + timedelta(1))
    owed.refresh_from_db()
    cast.apply(memo, owed, memo.open, on=MADE + timedelta(1))
    pay(owed, "700.00", DUE)
    night(JUDGED)
    assert (Promise.objects.get().status, Promise.objects.get().paid) == ("kept", 70_000)


@pytest.mark.rule("P18")
def test_what_was_credited_before_the_promise_lowers_it_only_once(owed):
    memo = cast.credit_memo(owed.customer, "300.00", on=MADE - timedelta(1))
    cast.apply(memo, owed, memo.open, on=MADE - timedelta(1))
    promise(owed, amount=None)
    pay(owed, "400.00", DUE)
    night(JUDGED)
    assert (Promise.objects.get().status, Promise.objects.get().paid) == ("partially_kept", 40_000)


@pytest.mark.rule("P18")
def test_a_promise_is_not_called_broken_while_the_money_for_it_lies_unapplied(owed):
    promise(owed)
    money = cast.payment(owed.customer, "1000.00", on=DUE)
    night(JUDGED)
    assert Promise.objects.get().status == "open"
    owed.refresh_from_db()
    cast.apply(money, owed, money.open, on=JUDGED)
    night(JUDGED + timedelta(1))
    assert Promise.objects.get().status == "kept"


@pytest.mark.rule("P18")
@pytest.mark.parametrize(
    "applied, lies, status",
    [("400.00", "599.99", "partially_kept"), ("400.00", "600.00", "open"), (None, "0.01", "open")],
    ids=["too little to keep it", "enough to keep it", "not nothing"],
)
def test_a_promise_waits_only_for_money_that_would_change_its_judgement(owed, applied, lies, status):
    promise(owed)
    if applied:
        pay(owed, applied, DUE)
    cast.payment(owed.customer, lies, on=DUE)
    night(JUDGED)
    assert Promise.objects.get().status == status


@pytest.mark.rule("P18")
@pytest.mark.invariant(21)
def test_unapplied_money_holds_one_promise_open_and_only_in_its_entity(owed):
    other = cast.invoice(owed.customer, "1000.00", due=date(2026, 10, 20))
    promise(other, due=DUE)
    promise(owed, due=DUE - timedelta(1))
    cast.payment(owed.customer, "1000.00", on=DUE, of_entity=cast.entity("DE01"))
    cast.payment(owed.customer, "1000.00", on=MADE + timedelta(1))
    night(JUDGED)
    assert list(Promise.objects.order_by("due_on").values_list("status", flat=True)) == ["open", "broken"]


@pytest.mark.rule("P18")
def test_money_that_came_too_late_keeps_no_promise_waiting(owed):
    promise(owed)
    cast.payment(owed.customer, "1000.00", on=JUDGED)
    night(JUDGED)
    assert Promise.objects.get().status == "broken"


@pytest.mark.req("D2")
def test_one_promise_replaces_all_older_ones_about_its_items(owed):
    other = cast.invoice(owed.customer, "200.00", due=date(2026, 10, 20))
    first, second = promise(owed, "100.00"), promise(other, "50.00")
    night(JUDGED)
    both = promise(owed, None, due=JUDGED + timedelta(9), made=JUDGED, items=(owed.pk, other.pk))
    assert set(both.replaced) == {first.promise_id, second.promise_id}
    left = Promise.objects.filter(replaced_by=None).values_list("pk", flat=True)
    assert list(left) == [both.promise_id]


@pytest.mark.req("D2")
def test_a_payment_that_comes_back_breaks_the_promise_at_once(owed):
    promise(owed)
    money = pay(owed, "1000.00", DUE)
    night(JUDGED)
    assert Promise.objects.get().status == "kept"
    manager = cast.who("ar_manager", today=JUDGED + timedelta(4))
    return_payment(manager, money.pk, "TRACE-1", returned_on=JUDGED + timedelta(4), reason="R01")
    assert Promise.objects.get().status == "broken"
    told = list(PromiseJudgement.objects.order_by("pk").values_list("status", flat=True))
    assert told == ["kept", "broken"]
