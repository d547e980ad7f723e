"""Clean-up projects from the list of accounts to the proof: chosen, approved by another, run, and proved to the cent (P37)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dunlin.actions.apply_credit import apply_credit
from dunlin.actions.ask_clean_up import ask_clean_up
from dunlin.actions.change_clean_up import accept_check, choose_corrections
from dunlin.actions.decide_approval import decide_approval, withdraw_approval
from dunlin.actions.run_clean_up import go_on_here, run_clean_up, run_stored
from dunlin.actions.start_clean_up import Wanted, check_stored, look_again, start_clean_up
from dunlin.actions.undo_fixes import undo_fixes
from dunlin.records.models import CleanUpProject, DiaryLine, FixRun, FollowUp, Item
from dunlin.records.policies import current_policy
from dunlin.reports.clean_up import (
    balance_rows,
    batch_of,
    checklist,
    correction_rows,
    progress_of,
    projects,
    proof_rows,
)
from dunlin.reports.verify import verify
from dunlin.rules.codes import Refused
from tests import cast
from tests.cast import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.req("A8"), pytest.mark.rule("P37")]


@pytest.fixture
def project(books):
    """Lakeside has a memo to apply, Harbour 2.00 left, the branch nothing; looked at."""
    cast.item(books.lakeside, "credit_memo", "50.00", reference="Price INV-1001")
    small = cast.invoice(books.harbour, "200.00", due=TODAY, number="INV-2002")
    cast.payment(books.harbour, "198.00", on=TODAY - timedelta(4), reference="bank", applied_to=small)
    pk = start_clean_up(
        cast.who(books.mona), Wanted("Year end", [books.lakeside.pk, books.harbour.pk, books.branch.pk])
    )
    check_stored(pk)
    return CleanUpProject.objects.get(pk=pk)


def state(project):
    project.refresh_from_db()
    return project.state, {row.customer.number: row.state for row in project.accounts.all()}


@pytest.mark.invariant(4)
@pytest.mark.invariant(18)
@pytest.mark.invariant(29)
def test_a_project_from_its_list_to_its_proof(books, project):
    assert state(project) == ("ready", {"L-100": "found", "H-200": "found", "L-101": "clear"})
    batch = batch_of(project.pk)
    assert (batch.corrections, batch.accounts, batch.written_off) == (2, 2, {"USD": 200})
    says = {check: counts for check, _, counts in checklist(project.pk)}
    assert says["memos"] == {"found": 1, "clear": 2}
    assert says["statement"] == {"open": 3}
    accept_check(cast.who(books.mona), project.accounts.first().pk, "statement", "agreed by phone")
    assert {check: counts for check, _, counts in checklist(project.pk)}["statement"] == {
        "open": 2,
        "accepted": 1,
    }
    with pytest.raises(Refused, match="ready"):
        run_clean_up(cast.who(books.mona), project.pk)

    asked = ask_clean_up(cast.who(books.mona), project.pk, "before the audit")
    assert (asked.amount, asked.currency, asked.about) == (200, "USD", f"clean_up:{project.pk}")
    with pytest.raises(Refused, match="asked"):
        choose_corrections(cast.who(books.mona), project.accounts.first().pk, [])
    with pytest.raises(Refused) as own:
        decide_approval(cast.who(books.mona), asked.pk, True)
    assert own.value.code == "approval_own_request"
    decide_approval(cast.who(books.fred), asked.pk, True)
    before = sum(item.side * item.open for item in Item.objects.all())
    run_clean_up(cast.who(books.mona), project.pk)
    run_stored(project.pk)
    run_stored(project.pk)  # a job that comes twice finds it done

    assert state(project) == ("done", {"L-100": "corrected", "H-200": "corrected", "L-101": "clear"})
    assert project.before["USD"] - project.after["USD"] == project.written_off["USD"] == 200
    assert before - sum(item.side * item.open for item in Item.objects.all()) == 200
    rows = list(proof_rows(project.pk))
    assert sum(row[5].minor for row in rows) == -200
    assert len(list(correction_rows(project.pk))) == 2
    assert {row[2] for row in balance_rows(project.pk)} == {"before", "after"}
    [line] = projects()
    assert (line.accounts, line.corrected, line.left) == (3, 2, 0)
    assert progress_of(project).done == progress_of(project).total == 2
    assert verify(TODAY, current_policy()).clean
    assert DiaryLine.objects.filter(verb="run_clean_up", about__startswith="fix_run").count() == 2
    for run in FixRun.objects.all():
        undo_fixes(cast.who(books.mona), run.pk, "undone")
    assert sum(item.side * item.open for item in Item.objects.all()) == before


def test_what_changed_after_the_approval_is_left_out_and_told(books, project):
    asked = ask_clean_up(cast.who(books.mona), project.pk, "audit")
    decide_approval(cast.who(books.fred), asked.pk, True)
    apply_credit(cast.who(books.mona), Item.objects.get(kind="credit_memo").pk, books.late.pk)
    run_clean_up(cast.who(books.mona), project.pk)
    go_on_here(cast.who(books.mona), project.pk)
    assert state(project) == ("done", {"L-100": "left", "H-200": "corrected", "L-101": "clear"})
    assert "INV-1001" in project.accounts.get(customer=books.lakeside).problem
    assert project.before["USD"] - project.after["USD"] == 200


def test_choosing_refusing_withdrawing_and_looking_again(books, project):
    mona = cast.who(books.mona)
    row = project.accounts.get(customer=books.lakeside)
    question = next(each["key"] for each in row.findings if not each["fix"])
    choose_corrections(mona, row.pk, [question])
    assert (batch_of(project.pk).corrections, batch_of(project.pk).questions) == (1, 1)
    with pytest.raises(Refused, match="stray"):
        choose_corrections(mona, row.pk, ["stray"])
    asked = ask_clean_up(mona, project.pk, "audit")
    with pytest.raises(Refused, match=r"reason|why"):
        decide_approval(cast.who(books.fred), asked.pk, False)
    decide_approval(cast.who(books.fred), asked.pk, False, "too early")
    assert state(project)[0] == "ready"
    withdraw_approval(mona, ask_clean_up(mona, project.pk, "audit").pk)
    assert state(project)[0] == "ready"
    asked = ask_clean_up(mona, project.pk, "audit")
    decide_approval(cast.who(books.fred), asked.pk, True)
    run_clean_up(mona, project.pk)
    run_stored(project.pk)
    assert FollowUp.objects.get().customer == books.lakeside
    assert project.accounts.get(customer=books.lakeside).state == "corrected"
    with pytest.raises(Refused, match="done"):
        look_again(mona, project.pk)


def test_a_project_needs_a_name_accounts_and_something_to_correct(books, project):
    mona = cast.who(books.mona)
    for wanted, code in (
        (Wanted(" ", [books.branch.pk]), "not_blank"),
        (Wanted("x", []), "clean_up_accounts"),
        (Wanted("x", list(range(1, 2002))), "clean_up_accounts"),
        (Wanted("x", [999_999]), "customer_unknown"),
    ):
        with pytest.raises(Refused) as refused:
            start_clean_up(mona, wanted)
        assert refused.value.code == code
    look_again(mona, project.pk)
    check_stored(project.pk)
    for row in project.accounts.all():
        choose_corrections(mona, row.pk, [])
    with pytest.raises(Refused) as refused:
        ask_clean_up(mona, project.pk, "why not")
    assert refused.value.code == "clean_up_nothing"
    with pytest.raises(Refused) as refused:
        start_clean_up(cast.who(books.alice), Wanted("x", [books.branch.pk]))
    assert refused.value.code == "not_permitted"
