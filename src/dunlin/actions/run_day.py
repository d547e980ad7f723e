"""A day as the clock runs it: the night decides it, then everything that is due is done; through the day mails go; at the close the rest.

The doors call this: `dunlin run daily`, the clock's errand, the demo. (B2, C1-C4)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from dunlin.actions.doing import Who
from dunlin.actions.keep_shipped import keep_shipped
from dunlin.actions.run_daily import DailyResult, run_daily
from dunlin.actions.run_process import ProcessResult, run_due
from dunlin.actions.send_due import SendResult, send_due

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class DayResult:
    """What the night decided, what each due process made, and what was sent, if sending was asked for and a mail server is set."""

    night: DailyResult
    processes: tuple[ProcessResult, ...] = ()
    sent: SendResult | None = None


def run_day(who: Who, day: date, progress: Progress | None = None, *, send: bool = False) -> DayResult:
    """Run the night of `day`; of today also the processes that are due, and with `send` what is due to go. A dry run decides only.

    A day that is over gets its decisions and no message. Refused: what run_daily, run_process and send_due refuse.
    """
    night = run_daily(who, day, progress)
    if who.dry_run or day != who.today:
        return DayResult(night)
    keep_shipped(who.now)
    made = tuple(run_due(who, progress=progress))
    sent = send_due(who) if send and settings.SMTP else None
    return DayResult(night, made, sent)
