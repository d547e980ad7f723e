"""What people did: promises made on a day are counted as on Today, and as known then."""

from datetime import timedelta

import pytest

from dunlin.actions.log_promise import PromiseAsked, log_promise
from dunlin.reports.measures import measures
from dunlin.reports.worklist import worklist
from dunlin.rules.policy import Policy
from tests.cast import TODAY, customer, invoice, moment, user, who

pytestmark = pytest.mark.django_db
POLICY = Policy()


@pytest.mark.req("B8")
@pytest.mark.req("A4")
@pytest.mark.rule("P18")
def test_a_promise_replaced_on_its_day_is_one_and_one_replaced_later_was_made():
    alice = user("collector", "alice")
    of = customer(collector=alice)
    invoice(of, "1000.00", due=TODAY - timedelta(30))
    yesterday = TODAY - timedelta(1)

    def log(day, due, hour=9):
        log_promise(who(alice, today=day, at=moment(day, hour)), of.pk, PromiseAsked(due))

    def made(day, known_at=None):
        return measures(day, TODAY, POLICY, known_at=known_at).people[0].promises

    log(yesterday, TODAY, 9)
    log(yesterday, TODAY + timedelta(1), 11)
    assert (made(yesterday), made(yesterday, moment(yesterday, 10))) == (1, 1)
    log(TODAY, TODAY + timedelta(2))
    assert (made(yesterday), made(TODAY)) == (1, 1)
    assert worklist(TODAY, alice.pk, POLICY).counts.promises == 1
