"""The call campaign of a day: up to three spaced attempts until reached, then one e-mail. Rule P6; docs/rules/call-campaign.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

MAX_ATTEMPTS = 3
SPACING_MINUTES = 60

# What came of a call. Reached means a conversation with someone responsible for payment; one who refuses was reached.
OUTCOMES = ("reached", "voicemail", "no_answer", "busy", "wrong_number", "refused", "gatekeeper")
REACHED = frozenset({"reached", "refused"})


def is_reached(outcome: str) -> bool:
    """Whether a call with this outcome was a conversation with the right person. ValueError for an unknown outcome."""
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome!r} is not an outcome of a call; it is one of {', '.join(OUTCOMES)}")
    return outcome in REACHED


def next_action(
    attempts: Sequence[str],
    max_attempts: int = MAX_ATTEMPTS,
    end_of_day: bool = False,
    do_not_call: bool = False,
    emailed: bool = False,
) -> str:
    """What comes next today for one customer of the list: "call", "email" or "none".

    `attempts` are today's outcomes. The e-mail goes out once (`emailed`): after the last failed attempt, after a wrong
    number, at the end of the day with at least one failure, or at once for a customer who must not be called.
    """
    reached = [
        is_reached(outcome) for outcome in attempts
    ]  # all of them, so that an unknown outcome is refused
    if any(reached):
        return "none"
    if emailed:
        return "none"
    if do_not_call or "wrong_number" in attempts or len(attempts) >= max_attempts:
        return "email"
    if end_of_day:
        return "email" if attempts else "none"
    return "call"


def next_call_at(
    attempt_times: Iterable[datetime], spacing_minutes: int = SPACING_MINUTES
) -> datetime | None:
    """The earliest moment of another attempt after those of today; None when there was none."""
    last = max(attempt_times, default=None)
    return None if last is None else last + timedelta(minutes=spacing_minutes)


def may_call_now(
    attempt_times: Iterable[datetime],
    now: datetime,
    spacing_minutes: int = SPACING_MINUTES,
    max_attempts: int = MAX_ATTEMPTS,
) -> bool:
    """Whether spacing and the day's number of attempts allow another call now. Times of one day, all aware."""
    times = list(attempt_times)
    if len(times) >= max_attempts:
        return False
    earliest = next_call_at(times, spacing_minutes)
    return earliest is None or now >= earliest


def counts_as_called(attempts: Sequence[str]) -> bool:
    """Whether the customer counts to the day's target: at least one attempt was made, reached or not."""
    return len(attempts) > 0
