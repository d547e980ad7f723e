"""A file of customers says by which strategy and by which channel each is written to; what does not exist is told in its place (A1, C6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from dunlin.actions.import_file_test import file, take
from dunlin.records import models
from dunlin.reports.recipients import recipients
from dunlin.reports.strategy_of import strategy_of
from dunlin.rules.policy import Policy
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("A1", "C6")]

HEAD = "number,name,currency,pinned_strategy,preferred_channel"


def kept(number: str) -> tuple[str, str]:
    customer = models.Customer.objects.get(number=number)
    return customer.strategy, customer.channel


def test_both_are_taken_and_hold(tmp_path: Path) -> None:
    path = file(
        tmp_path, "C1,Acme,USD,firm,letter", "C2,Bolt,USD,,", "C3,Cray,USD,,E-Mail", "C4,Dane,USD,mrr,NONE", head=HEAD
    )  # fmt: skip
    report = take(path, "customers")
    assert (report.new, report.refused) == (4, 0)
    assert [kept(f"C{n}") for n in (1, 2, 3, 4)] == [
        ("firm", "letter"),
        ("", "email"),
        ("", "email"),
        ("mrr", "none"),
    ]
    one, four = models.Customer.objects.get(number="C1"), models.Customer.objects.get(number="C4")
    choice, _ = strategy_of(one.pk, TODAY, Policy())
    assert choice.strategy.key == "firm"
    assert recipients([four.pk])[four.pk].code == "recipient_not_written_to"
    assert take(path, "customers").same == 4


def test_a_known_customer_is_changed_with_before_and_after_and_a_blank_cell_says_nothing(
    tmp_path: Path,
) -> None:
    acme = cast.customer("Acme", number="C1", strategy="firm", channel="letter")
    report = take(file(tmp_path, "C1,Acme,USD,,none", head=HEAD), "customers")
    assert (report.changed, kept("C1")) == (1, ("firm", "none"))
    assert [(line.field, line.before, line.after) for line in report.changes] == [
        ("channel", "letter", "none")
    ]
    line = models.DiaryLine.objects.get(customer=acme)
    assert (line.before, line.after) == ({"channel": "letter"}, {"channel": "none"})
    # A file without the columns leaves both as they are.
    assert take(file(tmp_path, "C1,Acme,USD", head="number,name,currency"), "customers").same == 1
    assert kept("C1") == ("firm", "none")


@pytest.mark.parametrize("write", [True, False], ids=["taken in", "tried"])
def test_an_unknown_strategy_or_channel_is_a_problem_of_its_row_with_its_place(
    tmp_path: Path, write: bool
) -> None:
    path = file(
        tmp_path, "C1,Acme,USD,fierce,", "C2,Bolt,USD,firm,pigeon", f"C3,Cray,USD,{'x' * 41},", "C4,Dane,USD,firm,", head=HEAD
    )  # fmt: skip
    report = take(path, "customers", dry_run=not write)
    assert (report.new, report.refused) == (1, 3)
    told = [(each.line, each.column, each.value, each.code) for each in report.problems]
    assert sorted(told)[:2] == [
        (2, "pinned_strategy", "fierce", "strategy_not_known"),
        (3, "preferred_channel", "pigeon", "channel_not_known"),
    ]
    assert sorted(told)[2][::3] == (4, "text_too_long")
    said = {each.code: each.sentence for each in report.problems}
    assert (
        said["channel_not_known"]
        == "'pigeon' is no way to write to a customer; it is one of email, letter, none."
    )
    assert said["strategy_not_known"].startswith(
        "No strategy 'fierce' is in force; the keys are courtesy, default, "
    )
    assert models.Customer.objects.count() == write


def test_a_strategy_of_the_house_is_known_once_it_is_in_force(tmp_path: Path) -> None:
    path = file(tmp_path, "C1,Acme,USD,ours,", head=HEAD)
    row = models.Strategy.objects.create(key="ours", name="Ours")
    text = "key: ours\nname: Ours\nsteps:\n- {level: 1, name: First, from: 5, template: notice_1}\n"
    draft = models.StrategyVersion.objects.create(
        strategy=row, number=1, text=text, written_at=cast.moment(TODAY)
    )
    assert take(path, "customers").refused == 1
    draft.activated_at = cast.moment(TODAY)
    draft.save()
    assert take(path, "customers").new == 1
    assert kept("C1") == ("ours", "email")


def test_columns_of_another_meaning_are_not_taken_for_them(tmp_path: Path) -> None:
    path = file(tmp_path, "C1,Acme,USD,Growth,Retail", head="number,name,currency,strategy,sales channel")
    assert take(path, "customers").new == 1
    assert kept("C1") == ("", "email")
