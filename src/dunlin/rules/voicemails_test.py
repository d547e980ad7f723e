"""A voicemail by mail is known by its sound or its words, and the number to call back is read from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dunlin.rules.voicemails import digits_of, is_voicemail, phone_in

SOUND = [("msg0001.wav", "audio/x-wav")]


@pytest.mark.rule("P14")
@pytest.mark.req("B5")
@pytest.mark.parametrize(
    "subject, text, files, wanted",
    [
        ("New voicemail from +1 (212) 555-0143", "Duration 0:34", SOUND, True),
        ("Sprachnachricht von 030 123456", "", [("nachricht.mp3", "application/octet-stream")], True),
        ("Message", "see attached", SOUND, True),
        ("Voice message from 212-555-0143", "Transcript: please call me back", [], True),
        ("Invoice", "Please find the recording of our meeting. " + "More words. " * 60, SOUND, False),
        ("RE: voicemail 212-555-0143", "I heard it", [], False),
        ("Invoice INV-1", "2125550143 is our number", [], False),
    ],
)  # fmt: skip
def test_what_is_a_voicemail(subject, text, files, wanted):
    assert is_voicemail(subject, "x@pbx.test", text, files) is wanted


@pytest.mark.parametrize(
    "text, digits",
    [
        ("from +1 (212) 555-0143 at 10:24", "12125550143"),
        ("New message 25/11/2026 10:24 from 0049 30 1234567", "0049301234567"),
        ("from 2125550143", "2125550143"),
        ("Duration 0:34 on 2026-11-25", ""),
        ("ext. 204", ""),
    ],
)  # fmt: skip
def test_the_number_to_call(text, digits):
    assert digits_of(phone_in(text)) == digits


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    assert len(digits_of(phone_in(text))) <= 15
