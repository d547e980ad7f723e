"""The sample company: the same every time, right by its books, and rich enough that every screen has something to show."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from time import process_time

import pytest
from django.db.models import Count, F, Q

from dunlin.actions.assign_customers import assign_by_rules
from dunlin.actions.doing import the_clock
from dunlin.formats.holidays_of import public_holidays
from dunlin.records import models
from dunlin.records.balance_sums import compare
from dunlin.records.items import CREDIT_KINDS, DEBIT_KINDS
from dunlin.records.policies import current_policy
from dunlin.reports.verify import verify
from dunlin.rules import promises
from dunlin.rules.calendars import Calendar
from dunlin.rules.campaigns import OUTCOMES
from examples.sample_company.build import NotEmpty, _Table, build
from examples.sample_company.story import Story

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


def told(customers: int, months: int, seed: int = 7, today: date = TODAY) -> Story:
    """A story without a database."""
    calendar = Calendar(
        "ledger", frozenset(public_holidays("US", None, range(today.year - 2, today.year + 3)))
    )
    story = Story(today, seed, customers, months, calendar)
    for _ in story.tell_it(_Table(seed, story.first_day, today).on):
        pass
    return story


def digest(story: Story) -> str:
    """One text for everything that happened."""
    lines = [
        (i.number, i.customer, i.amount, i.open, i.due_on, i.recorded_at, i.stage) for i in story.book.items
    ]
    lines += [
        (a.credit.index, a.debit.index, a.amount, a.posted_on, a.recorded_at) for a in story.book.applications
    ]
    lines += [(c.customer, c.outcome, c.started_at, c.note) for c in story.calls]
    lines += [(p.customer, p.due_on, p.status, p.paid) for p in story.promises]
    return hashlib.sha256(repr(lines).encode()).hexdigest()


def test_same_seed_and_day_give_the_same_company_and_another_seed_another():
    assert digest(told(40, 6)) == digest(told(40, 6))
    assert digest(told(40, 6)) != digest(told(40, 6, seed=8))


@pytest.mark.parametrize("today", [date(2026, 11, 29), date(2026, 3, 1), date(2027, 1, 1), date(2028, 2, 29)])
def test_any_day_will_do(today):
    story = told(40, 6, today=today)
    assert max(item.posted_on for item in story.book.items) < today
    assert story.calls
    assert max(call.day for call in story.calls) < today


@pytest.fixture(scope="module")
def whole() -> Story:
    return told(1500, 24)


def test_whole_company_has_every_kind_and_state(whole):
    items = whole.book.items
    # No bank gave a refund of this company back.
    assert {item.kind for item in items} == {*DEBIT_KINDS, *CREDIT_KINDS} - {"refund_return"}
    assert {item.invoice_class for item in items} == {"", "standard", "mrr", "final"}
    assert {item.currency for item in items} == {"USD", "EUR", "GBP"}
    assert {item.entity for item in items} == {"US", "UK"}
    assert {item.terms for item in items if item.kind == "invoice"} >= {
        "N30",
        "2-10-N30",
        "INST3",
        "PROX10",
        "HALVES20",
        "AGREED",
    }
    assert {promise.status for promise in whole.promises} == set(promises.STATUSES)
    assert {call.outcome for call in whole.calls} == set(OUTCOMES)
    assert {call.direction for call in whole.calls} == {"in", "out"}
    assert {dispute.resolution for dispute in whole.disputes} >= {
        "",
        "credit",
        "rebill",
        "document",
        "refused",
        "withdrawn",
    }
    assert {block.kind for block in whole.blocks} >= {
        "cease_contact", "do_not_call", "insolvency", "legal", "agency", "extension", "plan", "undelivered",
    }  # fmt: skip
    assert whole.due_changes
    assert whole.snoozes
    assert any(each.reverses for each in whole.book.applications)
    assert any(each.credit.customer != each.debit.customer for each in whole.book.applications)
    assert {item.stage for item in items} == {0, 1, 2, 3, 4}
    old = [i for i in items if i.side < 0 and i.open and (TODAY - i.document_on).days > 30]
    assert {item.kind for item in old} >= {"payment", "deposit"}


def test_whole_company_is_of_the_size_and_health_it_is_meant_to_be(whole):
    items = whole.book.items
    rate = {"USD": 1.0, "EUR": 1.1, "GBP": 1.3}
    assert 36_000 < len(items) < 48_000
    owing = {item.customer for item in items if item.open}
    assert 0.54 < len(owing) / 1500 < 0.66
    debits = [item for item in items if item.side > 0 and item.open]
    late = sum(item.open * rate[item.currency] for item in debits if (TODAY - item.due_on).days >= 31) / 100
    assert 1_300_000 < late < 2_900_000
    owed = sum(item.open * item.side * rate[item.currency] for item in items)
    sold = sum(
        item.amount * item.side * rate[item.currency]
        for item in items
        if item.kind in ("invoice", "debit_memo", "credit_memo")
        and item.posted_on >= TODAY - timedelta(days=90)
    )
    assert 33 < owed / sold * 90 < 41
    last = whole.decided[TODAY - timedelta(days=1)]
    listed = Counter(each.worker for each in last if each.rank)
    assert sum(count >= 50 for count in listed.values()) >= 6


def test_names_stretch_the_screens_and_nobody_real_is_reached(whole):
    names = [account.name for account in whole.accounts]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) > 110
    assert any("'" in name for name in names)
    assert sum(not name.isascii() for name in names) > 200
    points = [point for account in whole.accounts for contact in account.contacts for point in contact.points]
    assert all(point.value.endswith(".example") for point in points if point.kind == "email")
    american = [point.value for point in points if point.value.startswith("+1 ")]
    assert american
    assert all(" 555 01" in value for value in american)


@pytest.fixture
def small(db):
    return build(TODAY, NOW, customers=40, months=6)


def test_small_company_is_built_in_seconds(db):
    started = process_time()
    build(TODAY, NOW, customers=40, months=6)
    assert process_time() - started < 15  # a good part of it is printing documents and reading mails


@pytest.mark.invariant(1)
@pytest.mark.invariant(2)
@pytest.mark.invariant(10)
def test_every_open_amount_follows_from_the_applications(small):
    used: dict[int, int] = defaultdict(int)
    for row in models.Application.objects.select_related("credit", "debit"):
        used[row.credit_id] += row.amount
        used[row.debit_id] += row.amount
        assert row.posted_on >= max(row.credit.posted_on, row.debit.posted_on)
        assert row.recorded_at >= max(row.credit.recorded_at, row.debit.recorded_at)
        assert (row.credit.side, row.debit.side) == (-1, 1)
        assert row.credit.currency == row.debit.currency
        assert row.credit.entity_id == row.debit.entity_id
        assert row.reverses is None or (row.amount, row.posted_on) <= (-row.reverses.amount, row.posted_on)
    for item in models.Item.objects.all():
        assert item.open == item.amount - used[item.pk]
        assert 0 <= item.disputed <= item.open <= item.amount
        assert (item.closed_on is None) == (item.open > 0)


@pytest.mark.invariant(7)
def test_nothing_was_ever_used_beyond_what_was_open_on_its_day(small):
    running = dict(models.Item.objects.values_list("pk", "amount"))
    by_day = models.Application.objects.order_by("posted_on").values_list(
        "posted_on", "credit", "debit", "amount"
    )
    days: dict[date, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for day, credit, debit, amount in by_day:
        days[day][credit] += amount
        days[day][debit] += amount
    for day in sorted(days):
        for pk, amount in days[day].items():
            running[pk] -= amount
            assert running[pk] >= 0


@pytest.mark.invariant(12)
def test_nothing_is_recorded_after_its_period_was_locked_or_after_now(small):
    for period in models.Period.objects.exclude(locked_at=None):
        for model in (models.Item, models.Application):
            entity = "entity" if model is models.Item else "debit__entity"
            late = model.objects.filter(
                **{entity: period.entity_id},
                posted_on__range=(period.starts_on, period.ends_on),
                recorded_at__gt=period.locked_at,
            )
            assert not late.exists()
    for model, field in ((models.Item, "recorded_at"), (models.Application, "recorded_at"), (models.Call, "started_at"),
                         (models.DiaryLine, "at"), (models.Note, "at"), (models.FollowUp, "created_at")):  # fmt: skip
        assert not model.objects.filter(**{f"{field}__gt": NOW}).exists()


@pytest.mark.invariant(26)
def test_no_customer_is_called_too_often_or_after_it_was_reached(small):
    calls = models.Call.objects.filter(direction="out")
    assert not calls.values("customer", "day").annotate(n=Count("pk")).filter(n__gt=3).exists()
    reached = Q(outcome__in=("reached", "refused"))
    per_day = calls.values("customer", "day").annotate(n=Count("pk", filter=reached))
    assert not per_day.filter(n__gt=1).exists()
    later = calls.filter(
        customer__calls__day=F("day"),
        customer__calls__outcome="reached",
        customer__calls__started_at__lt=F("started_at"),
    )
    assert not later.exists()


@pytest.mark.req("H5")
def test_the_product_itself_finds_nothing_wrong(small):
    result = verify(TODAY, current_policy())
    assert [str(finding) for finding in result.findings] == []
    assert compare(TODAY, current_policy()) == []
    assert small.decided_today == models.Decision.objects.filter(day=TODAY).count()


@pytest.mark.req("B1")
def test_customers_belong_to_whom_the_portfolio_rules_give_them(small):
    assert assign_by_rules(the_clock(TODAY, NOW)).changed == 0


def test_history_of_the_measures_is_there_for_every_day(small):
    days = set(models.DailyFigure.objects.values_list("day", flat=True))
    assert max(days) == TODAY - timedelta(days=1)
    assert len(days) > 170


def test_it_never_mixes_with_a_company_that_is_there(small):
    with pytest.raises(NotEmpty):
        build(TODAY, NOW, customers=40, months=6)


def test_everyone_can_sign_in(small, client):
    for each in small.sign_ins[:1] + small.sign_ins[-1:]:
        assert client.login(username=each.username, password=each.password)
    assert {each.role for each in small.sign_ins} >= {
        "collector", "senior collector", "team lead", "ar manager", "corporate controller", "vp finance", "sales", "support",
        "auditor", "administrator",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.req("H8")
def test_whole_company_passes_verification(db):
    summary = build(TODAY, NOW)
    assert summary.items > 36_000
    assert [str(finding) for finding in verify(TODAY, current_policy()).findings] == []
