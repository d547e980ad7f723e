"""The rates over the shared sample of real mail may rise, never fall. The table: `python -m tests.mail_rates`."""

import pytest

from dunlin.formats.mail_in import read_mail
from tests import mail_rates

pytestmark = [pytest.mark.req("B6"), pytest.mark.trap(57)]


def share(rates, name):
    good, total = rates[name]
    return good / total


def test_bounces_are_recognised_and_name_whom_they_did_not_reach():
    rates = mail_rates.bounce_rates()
    assert share(rates, "bounces and delays recognised") >= 0.98
    assert share(rates, "recipients right, delivery status") >= 0.98
    assert share(rates, "action and status right") >= 0.98
    assert share(rates, "recipients right, prose only") >= 0.95
    assert share(rates, "tied to the mail returned") >= 0.80


def test_machines_and_people_are_told_apart():
    rates = mail_rates.other_rates()
    assert share(rates, "automatic answers recognised") == 1
    assert share(rates, "complaints recognised") == 1
    assert rates["no bounce taken for one"][0] == 0
    assert rates["plain mail taken for a machine's"][0] == 0


def test_the_new_words_of_an_answer_are_found():
    rates = mail_rates.reply_rates()
    assert share(rates, "reply as shown, exactly as expected") >= 0.92
    assert share(rates, "reply free of quoted lines") == 1


def test_a_delay_is_no_failure():
    delayed = [kind for _, _, kind in mail_rates.kinds("bounces") if kind.kind == "delay"]
    assert len(delayed) >= 5
    assert not any(one.permanent for kind in delayed for one in kind.failures)


@pytest.mark.parametrize(
    "name",
    [
        "bounces",
        "bounces_crlf",
        "bounces_cr_only",
        "auto_replies",
        "feedback_loops",
        "not_bounces",
        "raw_messages",
    ],
)
def test_none_is_lost_and_none_crashes(name):
    files = sorted(mail_rates.folder(name).glob("*.eml"))
    mails = [read_mail(path.read_bytes()) for path in files]
    assert len({mail.fingerprint for mail in mails}) == len({path.read_bytes() for path in files})
    unread = [
        path.name
        for path, mail in zip(files, mails)
        if not (mail.text.strip() or mail.attachments or mail.reports)
    ]
    assert len(unread) <= 4, unread  # some have no body at all
