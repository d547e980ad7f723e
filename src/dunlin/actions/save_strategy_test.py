"""Strategies and templates as versions: kept, checked, put into force, switched off."""

from __future__ import annotations

import pytest

from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.save_strategy import activate_strategy, save_strategy, switch_strategy
from dunlin.actions.save_template import activate_template, save_template
from dunlin.formats.strategies import shipped_text
from dunlin.records.models import StrategyVersion, TemplateVersion
from dunlin.reports.strategies import in_force
from dunlin.rules.codes import Refused
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.req("C6", "C7", "H4")]


def test_a_version_is_in_force_only_once_it_was_activated() -> None:
    keep_shipped(cast.moment(cast.TODAY))
    text = shipped_text("default").replace("from: 15", "from: 12")
    version = save_strategy(cast.who(), text, "earlier")
    assert version.number == 2
    assert [step.from_days for step in in_force().by_key["default"].steps][2] == 15
    activate_strategy(cast.who(at=cast.moment(cast.TODAY, 10)), version.pk)
    assert [step.from_days for step in in_force().by_key["default"].steps][2] == 12
    first = StrategyVersion.objects.get(strategy__key="default", number=1)
    activate_strategy(cast.who(at=cast.moment(cast.TODAY, 11)), first.pk)  # back to what was
    assert [step.from_days for step in in_force().by_key["default"].steps][2] == 15


def test_the_same_text_is_the_same_version() -> None:
    keep_shipped(cast.moment(cast.TODAY))
    assert save_strategy(cast.who(), shipped_text("default")).number == 1
    assert StrategyVersion.objects.filter(strategy__key="default").count() == 1


@pytest.mark.parametrize(
    "wrong, place",
    [
        (("template: notice_1", "template: notice_one"), "line 19"),
        (("from: 5\n", "from: five\n"), "line 17"),
        (("channel: email\n", "channel: pigeon\n"), "line 13"),
    ],
)
def test_a_mistake_is_refused_with_its_place(wrong: tuple[str, str], place: str) -> None:
    keep_shipped(cast.moment(cast.TODAY))
    with pytest.raises(Refused, match=place):
        save_strategy(cast.who(), shipped_text("default").replace(*wrong, 1))
    assert StrategyVersion.objects.filter(strategy__key="default").count() == 1


@pytest.mark.trap(29)
def test_switched_off_is_off_at_once_and_says_who() -> None:
    keep_shipped(cast.moment(cast.TODAY))
    with pytest.raises(Refused):
        switch_strategy(cast.who(), "firm", False, " ")
    switch_strategy(cast.who(), "firm", False, "the lawyer looks at the words")
    assert "firm" in in_force().off
    switch_strategy(cast.who(), "firm", True, "done")
    assert not in_force().off


def test_a_collector_writes_no_strategy_and_no_template() -> None:
    with pytest.raises(Refused, match="may not"):
        save_strategy(cast.who("collector"), shipped_text("default"))
    with pytest.raises(Refused, match="may not"):
        save_template(cast.who("collector"), "notice_1", "en", "Hello", "Hello")


def test_a_template_with_a_mistake_is_kept_and_not_activated() -> None:
    keep_shipped(cast.moment(cast.TODAY))
    version = save_template(cast.who(), "notice_1", "en", "Reminder", "Dear {{ customer.nme }},\n")
    assert version.number == 2
    with pytest.raises(Refused, match=r"customer\.name"):
        activate_template(cast.who(), version.pk)
    better = save_template(cast.who(), "notice_1", "en", "Reminder", "Dear {{ customer.name }},\n")
    activate_template(cast.who(), better.pk)
    assert TemplateVersion.objects.get(pk=better.pk).activated_at is not None


@pytest.mark.parametrize(
    "body", ["{{ ''.__class__ }}", '{% include "/etc/passwd" %}', "{{ customer.name.__init__ }}"]
)
def test_a_template_reads_no_file_and_runs_nothing(body: str) -> None:
    version = save_template(cast.who(), "own", "en", "Hello", body)
    with pytest.raises(Refused, match="body"):
        activate_template(cast.who(), version.pk)


@pytest.mark.parametrize("key, language", [("No Key", "en"), ("../x", "en"), ("own", "English"), ("own", "")])
def test_keys_and_languages_have_a_form(key: str, language: str) -> None:
    with pytest.raises(Refused):
        save_template(cast.who(), key, language, "Hello", "Hello")
