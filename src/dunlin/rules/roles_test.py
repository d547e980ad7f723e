"""Who may do what (section 0 roles; B1, D4)."""

import pytest

from dunlin.rules.roles import DO, LABELS, OUTSIDE, ROLES, SEE, VERBS, may, may_any, verbs_of


@pytest.mark.req("D4")
def test_an_auditor_sees_all_and_changes_nothing():
    assert set(SEE) < ROLES["auditor"]
    assert ROLES["auditor"] & set(DO) == {"verify_books"}


def test_only_the_administrator_manages_users():
    assert [role for role in ROLES if may(role, "manage_users")] == ["administrator"]


@pytest.mark.parametrize("verb", ["post_item", "lock_period", "import_file", "pin_customer", "order_worklist", "set_block",
                                  "change_settings", "assign_customers", "see_all_customers", "see_team"])  # fmt: skip
def test_a_collector_may_not(verb):
    assert not may("collector", verb)


@pytest.mark.parametrize(
    "verb", ["log_call", "log_promise", "correct_contact", "snooze_customer", "see_own_customers"]
)
def test_a_collector_may(verb):
    assert may("collector", verb)


def test_sales_reads_own_accounts_only():
    assert ROLES["sales"] == {"see_own_customers"}


def test_the_ladder_of_the_desk_only_adds():
    assert ROLES["collector"] < ROLES["senior_collector"] < ROLES["team_lead"] < ROLES["ar_manager"]


def test_every_verb_exists_and_someone_has_it():
    assert verbs_of(ROLES).union(*OUTSIDE.values()) == set(VERBS)
    assert set(LABELS) == set(ROLES)


def test_a_typo_is_an_error_and_not_a_denial():
    with pytest.raises(KeyError):
        may("collector", "log_cal")
    with pytest.raises(KeyError):
        may("colector", "log_call")


def test_several_roles_add_up():
    assert may_any(["sales", "collector"], "log_call")
    assert not may_any([], "log_call")


@pytest.mark.invariant(39)
def test_a_customer_is_no_role_of_a_user_and_sees_nothing_of_the_desk():
    assert not OUTSIDE.keys() & ROLES.keys()
    assert not any(verbs & set(SEE) for verbs in OUTSIDE.values())
    assert may("customer", "log_promise")
    assert not may("customer", "cancel_promise")
