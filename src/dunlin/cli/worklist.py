"""dunlin worklist: whom a collector contacts on a day, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import click

from dunlin.cli.main import as_json
from dunlin.cli.standing import Day, ledger_today, user_named
from dunlin.records.models import Decision
from dunlin.records.policies import current_policy
from dunlin.reports import worklist as lists
from dunlin.rules.codes import Refused
from dunlin.rules.money import Money

_STATES = {
    lists.TODO: "", lists.TRIED: "tried", lists.REACHED_STATE: "reached", lists.DONE: "done", lists.NO_LONGER: "no longer",
}  # fmt: skip


@click.command()
@click.option("--date", "day", type=Day(), default="today", show_default=True)
@click.option("--collector", help="Sign-in name; left out: accounts that nobody looks after.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    help="Show so many, at most; the list is as long as the person's own number or campaign.size says.",
)
@click.option("--not-on-it", is_flag=True, help="Those who are not on it, each with the reason.")
@click.option("--json", "json_wanted", is_flag=True)
def worklist(day: date, collector: str | None, limit: int | None, not_on_it: bool, json_wanted: bool) -> None:
    """The list of a day, in order, each customer with the reason in words and figures. `dunlin run daily` makes it."""
    policy = current_policy()
    collector_id = user_named(collector).pk if collector else None
    if not Decision.objects.filter(day=day).exists():
        raise Refused("day_not_run", day=day.isoformat())
    if not_on_it:
        _absent(lists.not_on_list(day, collector_id, policy, limit=limit or 100), json_wanted)
        return
    size = lists.campaign_size(collector_id, policy)
    # More than the list holds is a longer list; less is only less of it on the screen.
    listed = lists.worklist(day, collector_id, policy, max(size, limit or 0), live=day == ledger_today())
    shown = listed.entries[:limit]
    if json_wanted:
        as_json(_told(listed, shown, collector))
    else:
        _show(listed, shown)


def _show(listed: lists.Worklist, shown: Sequence[lists.Entry]) -> None:
    over = sum(entry.state in lists.OVER for entry in listed.entries)
    cut = f"; the first {len(shown)}" if len(shown) < len(listed.entries) else ""
    click.echo(
        f"{listed.day:%a} {listed.day}: {len(listed.entries) - over} to call, {over} finished, {listed.below_line} below the "
        f"line, {listed.email_only} by e-mail only, {listed.silent} not today{cut}"
    )
    for entry in shown:
        owed = ", ".join(map(str, entry.past_due))
        click.echo(
            f"{entry.position:>4}  {_STATES[entry.state]:<9} {entry.number:<14} {entry.name[:32]:<32}  {owed:>24}  {entry.reason}"
        )


def _told(listed: lists.Worklist, shown: Sequence[lists.Entry], collector: str | None) -> dict[str, object]:
    counts = listed.counts
    return {
        "date": listed.day,
        "collector": collector,
        "size": listed.size,
        "below_line": listed.below_line,
        "email_only": listed.email_only,
        "not_today": listed.silent,
        "called": counts.called,
        "reached": counts.reached,
        "promised": [_money(each) for each in counts.promised],
        "entries": [
            {
                "position": entry.position,
                "customer": entry.number,
                "name": entry.name,
                "tier": entry.tier,
                "code": entry.code,
                "reason": entry.reason,
                "past_due": [_money(each) for each in entry.past_due],
                "oldest_due": entry.oldest_due_on,
                "oldest_days": entry.oldest_days,
                "pinned": entry.pinned,
                "state": entry.state,
                "attempts": list(entry.attempts),
            }
            for entry in shown
        ],
    }


def _absent(absent: tuple[lists.Absent, ...], json_wanted: bool) -> None:
    if json_wanted:
        as_json(
            {
                "customers": [
                    {
                        "customer": each.number, "name": each.name, "code": each.code, "reason": each.reason,
                        "past_due_home": _money(each.past_due_home), "rank": each.rank, "look_again": each.look_again_on,
                    }
                    for each in absent
                ]
            }
        )  # fmt: skip
        return
    for each in absent:
        click.echo(f"{each.number:<14} {each.name[:32]:<32}  {each.past_due_home!s:>22}  {each.reason}")


def _money(amount: Money) -> dict[str, str]:
    return {"amount": amount.plain, "currency": amount.currency}
