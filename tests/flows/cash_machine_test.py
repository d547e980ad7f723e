"""The life of money as a stateful property: whatever is done in whatever order, the books add up (invariants 8, 10, 13-19, 36)."""

from __future__ import annotations

from random import Random

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests import cast
from tests.cash_machine import ACTS, CashMachine

pytestmark = [
    pytest.mark.django_db, pytest.mark.req("E2"), pytest.mark.req("E4"), pytest.mark.slow, pytest.mark.trap(38), pytest.mark.trap(41),
    *(pytest.mark.invariant(number) for number in (8, 10, 13, 14, 15, 16, 17, 18, 19, 36)),
]  # fmt: skip
DICE = st.integers(0, 2**20)


class Life(RuleBasedStateMachine):
    """Each walk has books of its own, which are gone afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = transaction.atomic()
        self.frame.__enter__()
        cast.books()
        self.machine = CashMachine()

    @invariant()
    def the_books_add_up(self) -> None:
        self.machine.check()

    def teardown(self) -> None:
        try:
            assert self.machine.proof() == []
        finally:
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)


def _rule(act: str):
    def step(self: Life, dice: int) -> None:
        self.machine.do(act, Random(dice))

    step.__name__ = act
    return rule(dice=DICE)(step)


for each in ACTS:
    setattr(Life, each, _rule(each))


def test_whatever_is_done_the_books_add_up(db):
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=6, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
