"""A few broken files of each format in every run; the long one is `python -m tests.fuzz_bank --minutes 10`."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dunlin.formats.bank_files import BankFileProblem, read_bank_file
from tests.bank_samples import SAMPLES
from tests.fuzz_bank import TRIES, mutated, sources, tried
from tests.fuzz_counts import wrong_amount

pytestmark = pytest.mark.req("E5")
SOURCES = sources()
QUICK = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@pytest.mark.parametrize("name", sorted(SOURCES))
@QUICK
@given(seed=st.integers(min_value=0, max_value=2**32), which=st.integers(min_value=0, max_value=10_000))
def test_a_broken_file_is_read_or_refused_and_no_amount_is_wrong(name, seed, which):
    chance = random.Random(seed)
    content = SOURCES[name][which % len(SOURCES[name])]
    other = chance.choice(SOURCES[chance.choice(sorted(SOURCES))])
    assert TRIES.get(name, tried)(mutated(content, chance, other))


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_a_file_cut_at_any_byte_is_read_or_refused(name):
    content = SAMPLES[name].encode()
    outcomes = {tried(content[:at]) for at in range(0, len(content), 7)}
    assert read_bank_file(name, content).format in outcomes or name == "camt"  # cut XML is never read in part


@settings(max_examples=100, deadline=None, derandomize=True)
@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content):
    assert tried(content)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_the_simple_count_agrees_on_whole_files(name):
    content = SAMPLES[name].encode()
    file = read_bank_file(name, content)
    assert file.damaged == ()
    assert wrong_amount(file, content) == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"camt"}))
def test_the_encoding_changes_nothing(name, encoding):
    plain = read_bank_file(name, SAMPLES[name].encode())
    assert read_bank_file(name, SAMPLES[name].encode(encoding)) == plain
    assert read_bank_file(name, SAMPLES[name].replace("\n", "\r\n").encode(encoding)) == plain


@pytest.mark.parametrize(
    "content",
    [
        b"OFXHEADER:100\n<OFX>" + b"<![CDATA[" * 100_000,
        b"<OFX>" + b"<STMTTRN>" * 100_000,
        b"<a" + b" a='b'" * 100_000,
        b"<Document>" + b"<a><b>" * 50_000,
        b":20:X\n:60F:C240604EUR1,00\n" + b":61:" * 100_000,
        b":20:X\n:86:" + b"?20/EREF/" * 100_000,
        b"01,a,b,240604,0600,1,,,2/\n03,1,USD," + b"," * 500_000,
        b"01,a,b,240604,0600,1,,,2/\n" + b"/ 16,1" * 100_000,
        b"{1510}1000" + b"{2000}" * 100_000,
        b"101 121042882" + b"6" * 500_000,
        SAMPLES["mt940"].replace("INV-00123", "RF18 5390 " * 20_000).encode(),
        (SAMPLES["bai2"].replace("250000", str(2**62)).replace("50000,V", f"{2**62},V")).encode(),
    ],
    ids=lambda content: content[:24].decode("latin-1"),
)
def test_what_is_made_to_take_for_ever_does_not(content):
    assert tried(content)


def test_a_declared_encoding_of_xml_is_followed():
    text = SAMPLES["camt"].replace("Acme Widgets", "Ümit Çelik")
    plain = read_bank_file("x", text.encode())
    for encoding in ("iso-8859-9", "windows-1254", "utf-16"):
        declared = text.replace("UTF-8", encoding)
        assert read_bank_file("x", declared.encode(encoding)) == plain
    with pytest.raises(BankFileProblem) as refused:
        read_bank_file("x", text.replace("UTF-8", "klingon").encode())
    assert refused.value.code == "bank_xml_broken"


# What stopped a long run once: a second file behind a whole one and cut, an amount with an exponent no one can add.
STOPS = {
    "bai2": SAMPLES["bai2"] + SAMPLES["bai2"][: SAMPLES["bai2"].index("16,555,14950") + len("16,555,14950")],
    "ofx": SAMPLES["ofx"].replace("2500.00", "2500.09E9999999999996"),
}


@pytest.mark.parametrize("name", sorted(STOPS))
def test_what_stopped_a_long_run_does_so_no_more(name):
    content = STOPS[name].encode()
    assert tried(content) == name
    file = read_bank_file(name, content)
    assert file.damaged or any(flaw.code == "bank_file_cut" for flaw in file.warnings)


@pytest.mark.parametrize(
    "words", ["I mail a check", "payment reference", "invoice no", "paid on", "PO number"]
)
@pytest.mark.parametrize("run", [" ", "\u00a0 ", "\t", "-", ".", "a", "1"])
def test_a_mail_made_to_take_for_ever_does_not(words, run):
    assert TRIES["remittance_text"](f"{words}{run * 390}for 845.00\nINV-100 845.00".encode())
