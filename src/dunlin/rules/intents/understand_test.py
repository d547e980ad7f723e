"""What mail seems to want: meanings, quotes, negations, quoted history, headers, hostile text."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dunlin.rules.intents import ACTIONS, ALONE_FROM, INTENTS, NEVER_ALONE, Found, MailText, understand
from dunlin.rules.intents.lexicon import LANGUAGES, lexicon

pytestmark = [pytest.mark.req("B5"), pytest.mark.req("D10"), pytest.mark.req("H7")]
RECEIVED = datetime(2025, 9, 22, 10, tzinfo=UTC)
OURS = "\n\nFrom: AR Team\nSent: Monday\nSubject: Overdue\nKindly arrange payment or contact us about any dispute or payment plan."


def process_time():
    used = os.times()
    return used.user + used.system


def told(body, subject="Re: your reminder", sender="ap@customer.example", **more):
    return understand(MailText(RECEIVED, sender, subject, body, **more))


def intents(body, subject="Re: your reminder", **more):
    return {each.intent for each in told(body, subject, **more).intents}


def test_each_intent_offers_an_action_and_the_grave_ones_are_never_done_alone():
    assert (len(INTENTS), len(ACTIONS)) == (17, 17)
    grave = "dispute legal_threat refund_request cancel_service payment_plan_request contact_change"
    assert sorted(NEVER_ALONE) == sorted(grave.split())
    sure = {intent: Found(intent, 1.0, "", 0, 0, "") for intent in INTENTS}
    assert {intent for intent, each in sure.items() if each.may_act_alone} == set(INTENTS) - NEVER_ALONE - {
        "other"
    }
    assert not Found("promise_to_pay", ALONE_FROM - 0.01, "", 0, 0, "").may_act_alone
    assert sure["promise_to_pay"].action == "log_promise"


@pytest.mark.rule("P18")
@pytest.mark.parametrize(
    "body, wanted",
    [
        ("Invoice 4410 will be paid on Friday.", {"promise_to_pay"}),
        ("We do not dispute the invoice, it will be paid on Friday.", {"promise_to_pay"}),
        ("We are not able to pay the full amount, can we pay in installments?", {"payment_plan_request"}),
        ("This has not been paid yet because we never received the invoice, please send it.", {"invoice_copy_request"}),
        ("Anna is no longer with the company, write to ap@oak.example.", {"contact_change"}),
        ("Please waive the late fee and send us a statement.", {"fee_waiver_request", "statement_request"}),
        ("INV-1 will be paid on October 2, but INV-2 has the wrong quantity, please correct it.", {"promise_to_pay", "dispute"}),
        ("Haremos la transferencia el viernes.", {"promise_to_pay"}),
        ("Nous contestons cette facture, le tarif est faux.", {"dispute"}),
        ("Wir haben bereits überwiesen.", {"already_paid"}),
        ("Wir haben bereits ueberwiesen.", {"already_paid"}),
        ("Vogliamo disdire il contratto.", {"cancel_service"}),
        ("Nosso advogado vai entrar em contato.", {"legal_threat"}),
        ("Graag een rekeningoverzicht.", {"statement_request"}),
        ("Pahingi po ng kopya ng invoice.", {"invoice_copy_request"}),
        ("Сумма неверна, мы не согласны.", {"dispute"}),
        ("请发一份对账单。", {"statement_request"}),
        ("分割払いは可能でしょうか。", {"payment_plan_request"}),
        ("Thanks, have a nice weekend!", {"other"}),
    ],
)  # fmt: skip
def test_what_is_meant(body, wanted):
    assert intents(body) == wanted


@pytest.mark.trap(57)
@pytest.mark.parametrize(
    "body", ["We will pay on Friday.", "Pagaremos el viernes.", "Wir zahlen am Freitag."]
)
@pytest.mark.parametrize(
    "quote",
    [
        OURS,
        "\n\nOn Mon, Sep 15, 2025 at 9:00 AM AR Team <ar@us.example> wrote:\n> Is there a dispute? Our lawyer asks.\n> A payment plan?",
        "\n\nAm 15.09.2025 um 09:00 schrieb AR Team:\n> dispute, lawyer",
        "\n\nEl lun, 15 sept 2025 a las 9:00, AR Team (<ar@us.example>) escribió:\n> dispute, lawyer",
        "\n\n-----Original Message-----\nFrom: AR\nOur lawyer will sue, dispute",
        "\n\n-----Ursprüngliche Nachricht-----\nVon: AR\nlawyer dispute",
        "\n\nDe : AR Team\nEnvoyé : lundi\nObjet : relance\nlawyer dispute refund",
        "\n--\nLegal department, Law firm Attorney & Sons",
    ],
)
def test_words_in_the_quote_are_ours(body, quote):
    got = told(body + quote)
    assert {each.intent for each in got.intents} == {"promise_to_pay"}
    assert got.entities.promise is not None


def test_answers_written_between_the_lines_of_a_quote_are_read():
    assert intents(
        "On Monday AR wrote:\n> When do you pay?\n\nWe will pay on Friday.\n\n> Is there a dispute?\n"
    ) == {"promise_to_pay"}


def test_a_forwarded_mail_without_a_word_of_its_own_is_read():
    body = "From: Tom\nSent: Monday\nSubject: Re: bill\n\nThe goods were damaged, we dispute this invoice."
    assert intents(body, "FW: bill") == {"dispute"}


def test_a_proposal_quotes_the_words_that_caused_it():
    mail = MailText(
        RECEIVED,
        "ap@x.example",
        "Re: bill",
        "Hello,\n\nwe paid this already.\u200b Please send\u200f a statement of account.",
    )
    for each in understand(mail).intents:
        assert each.quote == mail.text[each.start : each.end]
        assert each.quote.strip()
        assert each.why
    assert {each.intent for each in understand(mail).intents} == {"already_paid", "statement_request"}


@pytest.mark.rule("P28")
@pytest.mark.parametrize(
    "more, intent",
    [
        ({"headers": {"Content-Type": "multipart/report; report-type=delivery-status"}}, "bounce"),
        ({"headers": {"X-Failed-Recipients": "a@b.example"}}, "bounce"),
        ({"sender": "MAILER-DAEMON@mx.example"}, "bounce"),
        ({"headers": {"Auto-Submitted": "auto-replied"}}, "out_of_office"),
        ({"headers": {"auto-submitted": "auto-replied (vacation)"}}, "out_of_office"),
        ({"headers": {"X-Autoreply": "yes"}}, "out_of_office"),
        ({"subject": "Automatische Antwort: Mahnung"}, "out_of_office"),
        ({"subject": "Unzustellbar: Mahnung"}, "bounce"),
        ({"headers": {"Auto-Submitted": "no"}}, "promise_to_pay"),
    ],
)
def test_headers_come_first(more, intent):
    assert told("We will pay on Friday.", **more).primary == intent


def test_an_empty_mail_is_other():
    for body in ("", "   \n ", "\u200b", "> only a quote", "???"):
        got = told(body, "")
        assert got.primary in INTENTS
        assert len(got.intents) == 1


HOSTILE = {
    "letters": "a" * 200_000,
    "digits": "1" * 200_000,
    "dotted digits": "1." * 100_000,
    "grouped digits": "1 234 " * 33_000,
    "dates": "1/2/3/" * 33_000,
    "invoices": "invoice " * 25_000,
    "lists": "invoice 1001" + ", 1001" * 30_000,
    "addresses": "a@" * 100_000,
    "dots": "a." * 100_000 + "@",
    "spaces": "we will pay" + " " * 200_000 + "x",
    "lines": "\n" * 200_000,
    "headers": "From: x\n" * 25_000,
    "wrote": ("On " + "x" * 300 + " wrote:\n") * 600,
    "quotes": "> " * 100_000,
    "urls": "http://" * 28_000,
    "marks": "\u202e\u200f\x00\u0301" * 50_000,
    "sentences": "We pay on Friday. " * 11_000,
    "kanji": "支払" * 100_000,
    "phones": "+1 (" * 50_000,
    "plus": "1,5k " * 40_000,
    "the": "the 1 " * 33_000,
    "dashes": "-" * 200_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_longer_than_other_text(name):
    told("Warm words on Friday.")
    began = process_time()
    told(HOSTILE[name], HOSTILE[name][:3000])
    assert process_time() - began < 2.5


def test_five_megabytes_are_read_as_fast_as_their_first_pages():
    body = "We will pay on Friday.\n" + "line of a log 12345 -- 2025-01-01 <a@b.example>\n" * 110_000
    began = process_time()
    assert "promise_to_pay" in intents(body)
    assert process_time() - began < 2.5


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=40), st.sampled_from(["", "en", "de", "zz", "ja"]))
def test_nothing_written_makes_it_fail(body, subject, language):
    mail = MailText(RECEIVED, "a@b.example", subject, body, language=language, currency="USD")
    got = understand(mail)
    assert got.primary in {each.intent for each in got.intents}
    for each in got.intents:
        assert 0 <= each.confidence <= 1
        assert each.quote == mail.text[each.start : each.end]
    assert understand(mail) == got


def test_every_language_knows_the_concepts_the_rules_need():
    needed = {"PAY", "PAID", "INVOICE", "SEND", "NOT", "WRONG", "DISPUTE", "LAWYER", "COURT", "BANKRUPT", "AWAY", "BOUNCE", "REFUND", "CANCEL", "PLAN", "MORETIME"}  # fmt: skip
    for language in LANGUAGES:
        known = lexicon(language)
        entries = [each for many in (*known.by_word.values(), *known.by_stem.values()) for each in many]
        if entries:
            assert needed <= {concept for each in entries for concept in each.concepts}, language
