"""What people did in the story, written into the tables: calls, promises, exceptions, decisions, the diary."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from dunlin.records import bulk, models
from dunlin.records.decision_rows import FIELDS as DECISION_FIELDS
from dunlin.records.decision_rows import insert_row, stored_facts
from examples.sample_company import team
from examples.sample_company.story import Story
from examples.sample_company.writing import Keys, insert, json_text


def write_contacts_made(story: Story, keys: Keys) -> None:
    """Calls, promises with their items and judgements, notes, follow-ups."""
    insert(
        models.Call,
        "id customer contact spoke_to number direction outcome note next_step day started_at seconds by",
        (
            (
                keys.of("call", each.index), keys.of("customer", each.customer), keys.of("contact", each.contact.index),
                each.contact.name if each.outcome in ("reached", "refused") else "", each.number, each.direction, each.outcome,
                each.note, each.next_step, each.day, each.started_at, each.seconds, keys.user(each.by),
            )
            for each in story.calls
        ),
    )  # fmt: skip
    insert(
        models.Promise,
        "id customer contact call source currency amount due_on made_on recorded_at note status level paid judged_on replaced_by by",
        (
            (
                keys.of("promise", each.index), keys.of("customer", each.customer), keys.of("contact", each.contact),
                keys.of("call", each.call), each.source, each.currency, each.amount, each.due_on, each.made_on, each.recorded_at,
                each.note, each.status, each.level, each.paid, each.judged_on,
                keys.of("promise", each.replaced_by.index) if each.replaced_by else None, keys.user(each.by),
            )
            for each in story.promises
        ),
    )  # fmt: skip
    insert(
        models.PromiseItem,
        "promise item open_then",
        (
            (keys.of("promise", each.index), keys.of("item", item.index), then)
            for each in story.promises
            for item, then in each.items
        ),
    )
    insert(
        models.PromiseJudgement,
        "promise on recorded_at status paid why",
        ((keys.of("promise", each.index), *row) for each in story.promises for row in each.judgements),
    )
    insert(
        models.Note,
        "customer item text at by",
        (
            (
                keys.of("customer", customer),
                keys.of("item", item.index) if item else None,
                text,
                at,
                keys.user(by),
            )
            for customer, item, text, at, by in story.notes
        ),
    )
    insert(
        models.FollowUp,
        "customer owner what due_on created_at created_by call done_at done_by outcome",
        (
            (
                keys.of("customer", each.customer), keys.user(each.owner), each.what, each.due_on, each.created_at,
                keys.user(each.owner), keys.of("call", each.call.index) if each.call else None, each.done_at,
                keys.user(each.owner) if each.done_at else None, each.outcome,
            )
            for each in story.follow_ups
        ),
    )  # fmt: skip


def write_exceptions(story: Story, keys: Keys) -> None:
    """Disputes, blocks, snoozes."""
    insert(
        models.Dispute,
        "item customer amount reason note department raised_by opened_on due_on recorded_at by resolved_on resolved_at resolved_by "
        "resolution evidence",
        (
            (
                keys.of("item", each.item.index), keys.of("customer", each.item.customer), each.amount, each.reason, each.note,
                each.department, each.raised_by, each.opened_on, each.due_on, each.recorded_at, keys.user(each.by),
                each.resolved_on, each.resolved_at, keys.user(each.resolved_by), each.resolution, "[]",
            )
            for each in story.disputes
        ),
    )  # fmt: skip
    insert(
        models.Block,
        "customer item kind from_on until_on reason recorded_at by lifted_at lifted_by",
        (
            (
                keys.of("customer", each.customer), keys.of("item", each.item.index) if each.item else None, each.kind,
                each.from_on, each.until_on, each.reason, each.recorded_at, keys.user(each.by), each.lifted_at,
                keys.user(each.lifted_by),
            )
            for each in story.blocks
        ),
    )  # fmt: skip
    insert(
        models.Snooze,
        "customer from_on until_on reason by at ended_at",
        (
            (keys.of("customer", row[0]), row[1], row[2], row[3], keys.user(row[4]), row[5], None)
            for row in story.snoozes
        ),
    )


def write_decisions(story: Story, keys: Keys) -> None:
    """The lists of the last days, as decided in their nights, and the runs that decided them."""
    for day, made in story.decided.items():
        at = story.moment(day, 4, 30)
        rows = []
        for each in made:
            decision = each.decision._replace(customer_id=keys.of("customer", each.decision.customer_id))
            facts = json.dumps(stored_facts(decision), ensure_ascii=False, separators=(",", ":"))
            rows.append(insert_row(decision, day, 0, facts, each.rank, keys.user(each.worker), at))
        bulk.insert(models.Decision, DECISION_FIELDS, rows)
        steps = [each.decision.step for each in made]
        models.DecisionRun.objects.create(
            day=day, started_at=at, finished_at=at + timedelta(seconds=4), customers=len(made), calls=steps.count("call"),
            emails=steps.count("email"), silent=steps.count("none"),
            promises_judged=sum(row[0] == day for promise in story.promises for row in promise.judgements),
        )  # fmt: skip


def write_diary(story: Story, keys: Keys) -> None:
    """Who gave which customer to whom, and the contacts that were corrected."""
    roles = {person.username: person.role for person in team.PEOPLE}
    lines: list[tuple[datetime, str, str, int, str, str, Any, Any]] = []
    for at, by, verb, customer, point, before, after in story.diary:
        if "point" in before:
            before = {**before, "point": keys.of("contact_point", before["point"].index)}
        lines.append(
            (
                at,
                by,
                verb,
                customer,
                f"contact_point:{keys.of('contact_point', point.index)}",
                "",
                before,
                after,
            )
        )
    for account in story.accounts:
        if account.collector:
            at = story.moment(account.starts_on, 9) + timedelta(minutes=account.index % 400)
            about = f"customer:{keys.of('customer', account.index)}"
            change = {"collector": None}, {"collector": keys.users[account.collector]}
            cause = "" if account.by_hand else "by the portfolio rules"
            lines.append((at, "lead", "assign_customers", account.index, about, cause, *change))
    lines.sort(key=lambda line: line[0])
    insert(
        models.DiaryLine,
        "at by role door verb customer about cause before after request_id key key_content answer",
        (
            (
                at, keys.user(by), roles[by], "desk", verb, keys.of("customer", customer), about, cause, json_text(before),
                json_text(after), "", None, "", None,
            )
            for at, by, verb, customer, about, cause, before, after in lines
        ),
    )  # fmt: skip


def write_managers_acts(story: Story, keys: Keys, now: datetime) -> None:
    """What the managers did about the order of work, and what waits for them."""
    random, today = story.random, story.today
    at = min(now, story.moment(today, 4))
    listed = sorted(
        (each.rank, each.decision.customer_id) for each in list(story.decided.values())[-1] if each.rank
    )
    customers = [index for _, index in listed] or [0]
    reasons = ("Their controller asked for a call this morning", "Board wants to know about this one")
    for place, (index, why) in enumerate(zip(dict.fromkeys(customers[len(customers) // 2 :: 7]), reasons), 1):
        models.Pin.objects.create(
            day=today,
            customer_id=keys.of("customer", index),
            position=place,
            reason=why,
            by_id=keys.users["manager"],
            at=at,
        )
    late_first = ["late", "final_just_past_due", "mrr_aged", "early", "rest"]
    models.TierOrder.objects.create(
        day=story.calendar.previous_business_day(today.replace(day=1)), tiers=late_first, reason="Month end: the late bucket first",
        by_id=keys.users["manager"], at=at - timedelta(days=35),
    )  # fmt: skip
    waiting = (
        ("lead", "Coach: listen to two calls with Femi's backup"), ("manager", "Decide on the plan they ask for"),
        ("support", "Say whether the service credit is due"), ("finance", "Confirm the refund with the bank"),
        ("operations", "Send the delivery note"), ("senior", "Call their controller about the broken promises"),
    )  # fmt: skip
    for owner, what in waiting:
        for days in (-1, 0, 2):
            models.FollowUp.objects.create(
                customer_id=keys.of("customer", random.choice(customers)), owner_id=keys.users[owner], what=what,
                due_on=story.on_business_day(today + timedelta(days=days)), created_at=at - timedelta(days=4),
                created_by_id=keys.users["manager"],
            )  # fmt: skip
