"""Every real bank file against what another program reads in it; each difference is named here with its reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from time import perf_counter

import pytest

from dunlin.formats.bank_files import BankFileProblem, read_bank_file
from dunlin.formats.bank_plain import plain_file
from dunlin.formats.bank_table import read_bank_table
from dunlin.formats.tables import TableProblem, open_table
from dunlin.rules.money import Money
from tests.shared_data import ROOT, require

pytestmark = pytest.mark.req("E5")

FOLDERS = ("bai2", "ach", "mt940", "camt", "ofx", "fedwire", "lockbox")
FILES = [
    path
    for folder in FOLDERS
    for path in sorted((ROOT / "data" / "bank" / folder).glob("*"))
    if not path.name.startswith("_")
]
SECONDS_MAX = 2.0

# The files that are refused, with the code: they hold no statement, or are none.
REFUSED = {
    "moov-io__sample-parseError.txt": "bank_file_unknown",
    "wolph__betterplace__empty_86.sta": "bank_no_statement",
    "wolph__cmxl__available_balance.sta": "bank_no_statement",
    "wolph__cmxl__reference.sta": "bank_no_statement",
    "wolph__cmxl__statement_number.sta": "bank_no_statement",
    "wolph__self-provided__invalid_statement.sta": "bank_file_unknown",
    "genkgo__camt053.v2.wrong.xml": "bank_no_statement",
    "viafintech__053__valid_namespace.xml": "bank_no_statement",
    "viafintech__general__invalid_namespace.xml": "bank_no_statement",
    "jseutter__account_listing_aggregation.ofx": "bank_no_statement",
    "jseutter__signon_fail.ofx": "bank_refused_us",
    "jseutter__signon_success_no_message.ofx": "bank_no_statement",
}

# Files in which the other program and ours differ, what differs, and why ours follows the file.
DIFFERENCES = {
    "moov-io__sample3.txt": "the library refuses several records on one line; the file's own trailers agree with ours",
    "wolph__betterplace__sepa_mt9401.sta": "RC is a reversal of a credit: the library counts it as money in, the balances as money out",
    "wolph__betterplace__empty_entry_date.sta": "no currency is stated, so that the amount has no minor units: the line is damaged",
    "wolph__cmxl__statement_line.sta": "no currency is stated: the line is damaged",
    "wolph__betterplace__amount_formats.sta": "six opening balances: the first counts, the library keeps the last",
    "wolph__cmxl__mt940.sta": "eleven entries in DEM, which is a currency no more: damaged; the library mixes three statements into one",
    "wolph__self-provided__raphaelm.sta": "nine entries in DEM: damaged; read as EUR all three statements add up (below)",
    "genkgo__camt054.v4.xml": "three details of CHF 9.50 in, under a booked line of SEK 200,000 out: each is an entry, in doubt",
    "jseutter__date_missing.ofx": "three transactions without a day: shown as damaged where the library drops them",
    "jseutter__fidelity-savings.ofx": "three amounts of four decimals in USD are damaged, not rounded",
    "jseutter__fidelity.ofx": "fourteen are trades of securities, not transactions of the account",
    "jseutter__tiaacref.ofx": "its one transaction is of securities",
    "jseutter__investment_medium.ofx": "<CURRENCY> says that the amounts are in USD, not in CAD of the account",
    "jseutter__ofx-v102-empty-tags.ofx": "the library drops a transaction without FITID; its currency stands in <CURRENCY>",
    "moov-io__iat-invalidEntryDetail.ach": "there is no transaction code 01: the entry is damaged",
    "moov-io__flattenADVBatchesMultipleBatchHeaders.ach": "advice batches have twelve columns of amount, which the other reader does not know",
}


def oracle(folder):
    path = ROOT / "data" / "bank" / folder / "_expected.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


EXPECTED = {name: (folder, said) for folder in FOLDERS for name, said in oracle(folder).items()}


@pytest.fixture(scope="module")
def read():
    """Path → what was read of it, or the code of its refusal; each file is read once."""
    require("data/bank")
    told = {}
    for path in FILES:
        began = perf_counter()
        try:
            told[path.name] = read_bank_file(path.name, path.read_bytes())
        except BankFileProblem as problem:
            told[path.name] = problem.code
        assert perf_counter() - began < SECONDS_MAX, path.name
    return told


def test_every_file_is_read_or_refused_for_a_reason_known_here(read):
    assert len(read) == 155
    assert {name: told for name, told in read.items() if isinstance(told, str)} == REFUSED


def moved(file, sign):
    """Major units in or out, of all entries whatever their status, as the other programs count."""
    return sum((e.amount.decimal for e in file.entries if (e.amount.minor > 0) == (sign > 0)), Decimal(0))


def said_of(name):
    """(transactions, in, out) of the other program; None where it says nothing."""
    folder, said = EXPECTED[name]
    if folder == "ach":
        return said["entries"], Decimal(said["credit_cents"]) / 100, -Decimal(said["debit_cents"]) / 100
    if folder == "mt940":
        return said["transactions"], Decimal(said["credits"]), Decimal(said["debits"])
    if folder == "ofx":
        parts = said["accounts"]
        return (
            sum(each["transactions"] for each in parts),
            sum((Decimal(each["credits"]) for each in parts), Decimal(0)),
            sum((Decimal(each["debits"]) for each in parts), Decimal(0)),
        )
    if folder == "camt":
        parts = said["reports"]
        sums = [sum((Decimal(each[side]) for each in parts), Decimal(0)) for side in ("credits", "debits")]
        return None, sums[0], -sums[1]
    if folder == "bai2" and "accounts" in said:
        amounts = [each for account in said["accounts"] for each in account["transactions"]]
        credits = sum(each["amount"] for each in amounts if int(each["type"]) < 400)
        debits = sum(each["amount"] for each in amounts if int(each["type"]) >= 400)
        return len(amounts), Decimal(credits) / 100, -Decimal(debits) / 100
    return None


@pytest.mark.req("E2")
def test_counts_and_sums_are_those_of_the_other_program_or_the_difference_is_named(read):
    differing = {}
    for name in EXPECTED:
        file = read[name]
        if isinstance(file, str):
            continue
        said = said_of(name)
        ours = (sum(1 for _ in file.entries), moved(file, 1), moved(file, -1))
        if said is None or any(theirs is not None and theirs != own for theirs, own in zip(said, ours)):
            differing[name] = (said, ours)
    unexplained = {name: both for name, both in differing.items() if name not in DIFFERENCES}
    assert unexplained == {}
    assert len(differing) >= 10  # a name that no longer differs is to be taken out


def test_camt_details_are_entries_of_their_own(read):
    for name, (folder, said) in EXPECTED.items():
        if folder == "camt" and not isinstance(read[name], str):
            lines = sum(each["entries"] for each in said["reports"])
            details = sum(each["tx_details"] for each in said["reports"])
            found = sum(1 for _ in read[name].entries)
            # Its details state no amounts, so that the booked line stays one entry with all references.
            if name == "genkgo__camt054.v2.xml":
                assert (lines, details, found) == (1, 3, 1)
            else:
                assert lines <= found <= max(lines, details), name


def test_balances_are_those_of_the_other_program(read):
    for name, (folder, said) in EXPECTED.items():
        file = read[name]
        if isinstance(file, str) or name in DIFFERENCES:
            continue
        if folder == "mt940":
            for which in ("opening", "closing"):
                last = getattr(file.statements[-1], which)
                assert said[which] == (f"{last.amount.plain} {last.amount.currency}" if last else None), name
        if folder == "ofx":
            closings = [each.closing.amount.decimal if each.closing else None for each in file.statements]
            theirs = [each["balance"] for each in said["accounts"]]
            assert closings == [None if each == "None" else Decimal(each) for each in theirs], name
        if folder == "bai2":
            for account, statement in zip(said["accounts"], file.statements):
                stated = {each["type"]: each["amount"] for each in account["summaries"]}
                assert stated.get("010") == (statement.opening and statement.opening.amount.minor), name
                assert stated.get("015") == (statement.closing and statement.closing.amount.minor), name
        if folder == "camt":
            for report, statement in zip(said["reports"], file.statements):
                stated = {
                    each["type"]: Decimal(each["amount"]) * (-1 if each["ind"] == "DBIT" else 1)
                    for each in report["balances"]
                }
                opening = stated.get("OPBD", stated.get("PRCD"))
                assert opening == (statement.opening and statement.opening.amount.decimal), name
                assert stated.get("CLBD") == (statement.closing and statement.closing.amount.decimal), name


@pytest.mark.trap(41)
def test_returns_and_notices_of_change_are_those_of_the_other_program(read):
    found = Counter()
    for name, (folder, said) in EXPECTED.items():
        if folder != "ach":
            continue
        entries = list(read[name].entries)
        returns = [
            (e.return_code, e.original_trace, abs(e.amount.minor)) for e in entries if e.kind == "return"
        ]
        notices = [(e.return_code, e.original_trace, e.corrected) for e in entries if e.kind == "noc"]
        assert returns == [(r["code"], r["original_trace"], r["amount_cents"]) for r in said["returns"]], name
        assert notices == [(n["code"], n["original_trace"], n["corrected"]) for n in said["nocs"]], name
        found.update(returns=len(returns), notices=len(notices))
    assert found["returns"] >= 7
    assert found["notices"] >= 3


def test_a_dead_currency_is_all_that_keeps_two_files_from_adding_up():
    content = require("data/bank/mt940/wolph__self-provided__raphaelm.sta").read_bytes()
    file = read_bank_file("raphaelm.sta", content.replace(b"DEM", b"EUR"))
    assert [each.adds_up for each in file.statements] == [True, True, True]
    assert [warning.code for warning in file.warnings] == ["bank_currency_assumed"] * 3
    assert moved(file, 1) == Decimal("145000.00")
    assert moved(file, -1) == Decimal("-50000.00")


def test_a_statement_that_does_not_add_up_is_taken_and_says_so(read):
    wrong = {
        name: sum(each.adds_up is False for each in file.statements)
        for name, file in read.items()
        if not isinstance(file, str) and any(each.adds_up is False for each in file.statements)
    }
    assert wrong["wolph__jejik__rabobank.sta"] == 2
    assert wrong["ministryofjustice__citi_example.bai2"] == 1
    assert wrong["viafintech__053__valid_example_with_batch.xml"] == 1
    assert "moov-io__sample3.txt" not in wrong
    assert "wolph__betterplace__sepa_mt9401.sta" not in wrong
    for name in wrong:
        codes = {warning.code for warning in read[name].warnings}
        assert codes & {"bank_balance_wrong", "bank_currencies_mixed"}, name


@pytest.mark.invariant(38)
def test_no_full_account_number_is_in_what_is_shown(read):
    checked = 0
    for name, file in read.items():
        if isinstance(file, str):
            continue
        shown = json.dumps(plain_file(file), ensure_ascii=False) + repr(file)
        traces = {each.trace for each in file.entries}  # one file repeats them where accounts stand
        for statement in file.statements:
            for account in {statement.account, *(e.payer_account for e in statement.entries)}:
                if len(account) >= 8 and len(set(account)) > 1 and account not in traces:
                    checked += 1
                    alone = rf"(?<![0-9A-Za-z]){re.escape(account)}(?![0-9A-Za-z])"
                    assert re.search(alone, shown) is None, (name, account)
    assert checked > 100


@pytest.mark.invariant(13)
@pytest.mark.trap(40)
def test_each_transaction_has_one_key_and_the_same_one_every_time(read):
    for path in FILES:
        file = read[path.name]
        if isinstance(file, str):
            continue
        keys = [each.key for each in file.entries]
        assert len(set(keys)) == len(keys), path.name
        again = read_bank_file("other name", path.read_bytes().replace(b"\r\n", b"\n"))
        assert [each.key for each in again.entries] == keys, path.name


def test_amounts_are_whole_minor_units(read):
    for file in read.values():
        if not isinstance(file, str):
            assert all(type(each.amount) is Money for each in file.entries)


BAD = [path for path in sorted((ROOT / "data" / "bad_input").rglob("*")) if path.is_file()]


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_bad_input_is_read_or_refused(path):
    began = perf_counter()
    contents = [path.read_bytes()]
    if contents[0].startswith(
        b"go test fuzz"
    ):  # a Go literal: the bytes that crashed the parser stand inside
        literal = contents[0].split(b'string("', 1)[1].rsplit(b'")', 1)[0]
        contents.append(literal.decode("unicode_escape").encode("latin-1"))
    for content in contents:
        try:
            file = read_bank_file(path.name, content)
        except BankFileProblem:
            continue  # it says why, or it could not have been made
        assert file.statements or file.damaged
    with suppress(BankFileProblem, TableProblem):  # the same as a table, whatever its columns are
        header = open_table(contents[0], path.name).header
        first, last = header[0], header[-1]
        table = read_bank_table(
            path.name, contents[0], {"booked_on": first, "amount": last, "currency": ":USD"}, "ymd", "."
        )
        assert table.statements or table.damaged
    assert perf_counter() - began < SECONDS_MAX
