"""Every refusal and every reason: a code and its one plain sentence, the same on screen, in API, command line and docs.

A sentence may name facts in braces; `sentence(code, facts)` fills them in. A code missing here cannot be raised.
Kept in alphabetical order within each part so that two people adding one do not collide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What was asked is not done, and why. Exit status 2 at the command line, 4xx in the API, a message at the field on screen.
REFUSALS: dict[str, str] = {
    "absence_unknown": "There is no absence {absence}.",
    "amount_not_positive": "The amount must be more than zero, not {asked}.",
    "application_backdated": "On {on} only {open} of {document} was open; {asked} cannot be applied that far back.",
    "application_before_document": "Posting date {posted_on} is before {document} was posted ({document_posted_on}).",
    "application_exceeds_credit": "{asked} is more than the {open} still unused on {credit}.",
    "application_exceeds_debit": "{asked} is more than the {open} still open on {debit}.",
    "application_is_reversal": "This application is itself a reversal; apply the credit again instead.",
    "application_not_positive": "An application must be more than zero, not {asked}.",
    "application_other_currency": "{credit} is in {credit_currency}, {debit} in {debit_currency}: different currencies are never applied to each other.",
    "application_other_customer": "{credit} and {debit} belong to different customers that are not in one group.",
    "application_other_entity": "{credit} and {debit} are in the books of different entities.",
    "application_reversed_already": "This application was reversed on {reversed_on}; it cannot be reversed twice.",
    "application_unknown": "There is no application {application}.",
    "application_wrong_sides": "Only a credit is applied to a debit, not {credit} to {debit}.",
    "backup_is_absentee": "{user} cannot be the backup for themselves.",
    "block_kind_unknown": "{kind!r} is not a kind of block; it is one of {kinds}.",
    "block_lifted_already": "This block was lifted already.",
    "block_unknown": "There is no block {block}.",
    "books_not_empty": "An export is loaded into an empty database; this one holds {rows} in {table}.",
    "call_needs_a_person": "A call is logged by the person who made it; sign in as one.",
    "call_not_allowed": "The call cannot be made. {why}.",
    "call_outcome_unknown": "{outcome!r} is not an outcome of a call; it is one of {outcomes}.",
    "call_time_wrong": "A call is logged within {hours} hours after it was made, and not before it.",
    "contact_of_other_customer": "That contact belongs to another customer.",
    "contact_point_unknown": "There is no such e-mail address or number among the contacts of this customer.",
    "customer_unknown": "There is no customer {customer}.",
    "date_not_understood": "{asked!r} is not a date Dunlin understands; write it as 2026-05-31.",
    "day_is_past": "{day} is over; its list stays as it was.",
    "discount_exceeds_terms": "A discount of {asked} is more than the {allowed} that the terms of {document} allow.",
    "dispute_exceeds_open": "{asked} is more than the {open} of {document} that is open and not in dispute yet.",
    "dispute_of_credit": "{document} is a credit; only what is owed can be disputed.",
    "dispute_resolved_already": "This dispute was resolved on {resolved_on}.",
    "dispute_unknown": "There is no dispute {dispute}.",
    "due_date_before_document": "{due_on} is before the document date {document_on}.",
    "due_date_change_out_of_order": "A change on {posted_on} is before the last one, of {last}.",
    "due_date_of_credit": "{document} is a credit; it has no due date to change.",
    "due_date_unchanged": "{document} is due on {due_on} already.",
    "export_damaged": "The export is not as its manifest says: {why}",
    "field_not_editable": "{field} cannot be changed here.",
    "field_too_long": "{field} is longer than {limit} characters.",
    "file_not_understood": "{file} is not a file of the kind asked for: {why}",
    "file_unknown": "There is no file {file}.",
    "follow_up_done_already": "This follow-up was finished on {done_on}.",
    "follow_up_unknown": "There is no follow-up {follow_up}.",
    "from_after_until": "It would end on {until_on}, before it starts on {from_on}.",
    "import_over_already": "Import {run} is {state} already.",
    "import_unknown": "There is no import {run}.",
    "instalments_do_not_add_up": "The instalments make {total}, the document {amount}.",
    "item_not_open": "{document} has nothing open.",
    "item_posted_already": "{document} is in the books already, as item {item}.",
    "item_unknown": "There is no item {item}.",
    "kind_unknown": "{kind!r} is not a kind of document.",
    "mapping_not_usable": "The mapping {mapping} cannot be used for {file}: {why}.",
    "mapping_other_kind": "The mapping {mapping} is for {mapping_kind}, not for {kind}.",
    "mapping_question": "{file}: {question} Answer with {option}.",
    "mapping_unknown": "There is no mapping {mapping}; there are {known}.",
    "not_blank": "{field} must not be blank.",
    "not_money": "{why}",
    "not_permitted": "{who} ({role}) may not {verb}.",
    "own_role": "Nobody changes their own role or shuts themselves out; ask another administrator.",
    "password_too_weak": "The password will not do: {why}",
    "past_is_read_only": "The page shows {as_of}; nothing can be changed in the past. Go back to today first.",
    "payment_returned_already": "{document} was returned already, on {returned_on}.",
    "period_locked": "The period {period} of {entity} is locked; post on {first_open} or later.",
    "period_locked_already": "The period {period} of {entity} is locked already.",
    "period_not_locked": "{entity} has no locked period from {starts_on} to {ends_on}.",
    "period_overlaps": "{entity} has a period {period} that overlaps these days but is not the same.",
    "portfolio_criterion_unknown": "{criterion!r} is not a criterion of a portfolio rule; it is one of {criteria}.",
    "posting_in_future": "Posting date {posted_on} is after today, {today}.",
    "promise_currency_needed": "Items in {currencies} are past due; state which currency is promised.",
    "promise_date_past": "A promise is for today or later, not for {due_on}.",
    "promise_exceeds_open": "{asked} is more than the {open} open on the items it is for.",
    "promise_not_open": "The promise is {status}; only an open one is cancelled.",
    "promise_nothing_open": "Nothing is open that could be promised.",
    "promise_other_currency": "The promise is in {currency}; {document} is in {document_currency}.",
    "promise_unknown": "There is no promise {promise}.",
    "reason_missing": "A reason is needed.",
    "resolution_unknown": "{resolution!r} is not a resolution; it is one of {known}.",
    "return_before_payment": "{returned_on} is before the payment was received, on {received_on}.",
    "return_not_a_payment": "{document} is not a payment; only a payment can be returned.",
    "reversal_before_application": "{posted_on} is before the application was posted, on {applied_on}.",
    "role_unknown": "{role} is not a role; the roles are {roles}.",
    "same_key_other_content": "The key {key} was used before for something else; nothing was done.",
    "snooze_not_later": "A snooze ends on a later day than {today}, not on {until_on}.",
    "terms_range_missing": "Terms {terms} have no range of days that holds day {day} of the month.",
    "terms_without_due_date": "Terms {terms} give no due date; the document must state it.",
    "tier_order_incomplete": "The order must name each tier once: {tiers}.",
    "user_exists": "There is a user {user} already.",
    "user_is_inactive": "{user} no longer works here.",
    "user_unknown": "There is no user {user}.",
    "uses_exceed_payment": "{asked} to apply is more than the payment of {amount}.",
    "write_off_exceeds_open": "{asked} is more than the {open} still open on {document}.",
    "write_off_of_credit": "{document} is a credit; only what is owed can be written off.",
    "zone_unknown": "{zone!r} is not a time zone; write it as Europe/Berlin.",
    "entity_unknown": "There is no entity {entity}.",
    "day_not_run": "Nothing was decided for {day} yet; run `dunlin run daily --date {day}` first.",
}

# Why something is, or is not, done: worklist positions, silence, conduct.
REASONS: dict[str, str] = {
    "all_blocked": "Not today: everything past due is {block}: {amount}",
    "all_disputed": "Not today: everything past due is disputed: {amount}",
    "all_held": "Not today: nothing past due is left to ask for: {held}",
    "all_promised": "Not today: promise of {promised} due {due_on}{more}",
    "cease_contact": "Not contacted: the customer has told us to cease contact",
    "conduct_allowed": "Calling is allowed now: it is {local_time} there, calls from {opens} to {closes}",
    "conduct_attempts": "{attempts} calls today already; {max_attempts} a day is the most",
    "conduct_cease_contact": "No contact: the customer has told us to cease contact",
    "conduct_do_not_call": "No calls: the customer must not be called; write instead",
    "conduct_holiday": "No calls today: {day} is a holiday there",
    "conduct_hours": "No calls now: it is {local_time} there, calls from {opens} to {closes}",
    "conduct_reached_today": "No more calls today: the customer has been reached",
    "conduct_spacing": "The last attempt was {minutes} minutes ago; wait {spacing_minutes} minutes between two",
    "conduct_weekend": "No calls today: {day} is a weekend there",
    "conduct_writing_allowed": "Writing is allowed",
    "customer_blocked": "Not today: the customer is {block}{until}",
    "due_early": "{which}, {days} past due, {amount}{tail}",
    "due_final_just_past_due": "{which}, {days} past due, {amount}{tail}",
    "due_late": "{which}, {days} past due, {amount}{tail}",
    "due_mrr_aged": "{months} aged of recurring invoices: {which}, {days} past due, {amount}{tail}",
    "due_rest": "{which}, {days} past due, {amount}{tail}",
    "emailed_today": "Not again today: {calls} without reaching anyone, e-mail sent",
    "no_decision": "No decision was recorded on {day}: nothing was open, or the day was not run",
    "nothing_open": "Nothing is open",
    "nothing_past_due": "Not today: nothing past due; next due {due_on}, {amount}",
    "reached_today": "Not again today: reached today",
    "resting": "Not today: reached on {reached_on}, resting until {until}",
    "snoozed": "Not today: snoozed until {until} by {by}: {why}",
    "unapplied_covers": "Not today: unapplied credit covers {amount} past due: apply it first",
}

# What is wrong with a file, or with one value in it. A row is refused, or (the last group) taken with a warning.
PROBLEMS: dict[str, str] = {
    "amount_in_exponent": "{value!r} is a shortened number; the digits that were cut off are lost. Export it as plain digits.",
    "amount_negative": "{value!r} is negative, and the mapping does not say what a negative amount means.",
    "amount_not_paid_plus_open": "The amount {amount} is not the paid {paid} plus the open {open}.",
    "amount_not_understood": "{value!r} is not an amount.",
    "amount_other_currency": "{value!r} names another currency than {currency}, the currency of the row.",
    "amount_separator": "{value!r} does not fit a decimal {mark}: the digits are not grouped as thousands.",
    "amount_sign_twice": "{value!r} carries two signs; which one counts is not clear.",
    "amount_too_large": "{value!r} is more than an account can hold.",
    "amount_wrong_side": "{value!r} is positive, but {kind} is a credit, and in this mapping credits are negative.",
    "amount_zero": "The amount is zero: nothing is owed and nothing was paid.",
    "archive_not_one_file": "The archive holds {count} files; it must hold exactly one.",
    "blank_required": "The {target} is missing.",
    "cell_not_text": "{value!r} holds bytes that are not text in {encoding}.",
    "cell_too_long": "A cell holds more than {limit} characters.",
    "column_missing": "The file has no column {column!r}, from which the mapping reads the {target}.",
    "currency_unknown": "{value!r} is not a currency code of ISO 4217.",
    "customer_not_known": "There is no customer {value!r} yet; import the customer first.",
    "date_does_not_exist": "{value!r} is a day that does not exist.",
    "date_not_in_order": "{value!r} is not a date in the order the mapping states ({order}).",
    "date_out_of_range": "{value!r} is outside the years 1900 to 2199.",
    "due_date_missing": "The row states no due date, and no known terms give one.",
    "fact_changed": "{document} is in the books with the {target} {before}, the row says {after}; what is posted keeps its {target}. Credit it and post it anew.",
    "file_damaged": "The file cannot be read: {why}.",
    "file_empty": "The file holds no rows.",
    "file_encoding": "The file cannot be read as {encoding}.",
    "file_not_a_table": "The file is {what}, not a table of comma-separated values or a spreadsheet.",
    "file_password": "The file is protected by a password; save it without one.",
    "file_too_large": "The file unpacks to more than {limit} bytes.",
    "file_too_many_columns": "The table has more than {limit} columns.",
    "identifier_shortened": "{value!r} is a shortened number; the digits that were cut off are lost. Export it as text.",
    "line_not_json": "The line is not a JSON object: {why}.",
    "list_not_understood": "{value!r} does not list invoices; write them as INV-1=100.00; INV-2=50.00.",
    "number_not_whole": "{value!r} is not a whole number.",
    "open_exceeds_amount": "The open {open} is more than the amount {amount}.",
    "paid_fell": "{document} was paid {before} before, the row says {after}; take the payment back on the account.",
    "paid_exceeds_amount": "The paid {paid} is more than the amount {amount}.",
    "quote_not_closed": "A quotation mark opens on this line and never closes.",
    "row_twice": "{value!r} was read on line {first} already; one file cannot say two things about it.",
    "sheet_unknown": "There is no sheet {sheet!r}; the file has {sheets}.",
    "sign_mark_unknown": "{value!r} marks neither a debit nor a credit in this mapping.",
    "text_too_long": "The {target} is longer than {limit} characters.",
    "too_many_cells": "The row has {cells} cells, the header {columns}: a value probably holds an unquoted delimiter.",
    "too_many_digits": "{value!r} has more digits than {currency} has ({digits}).",
    "uses_exceed_amount": "The invoices named take {asked}, the payment is {amount}.",
    "value_not_in_list": "{value!r} is none of the values the mapping knows for the {target}.",
    "yes_or_no": "{value!r} is neither yes nor no.",
    # Warnings: the row is taken as it is.
    "applied_less": "{document} took {applied} of the {asked} named for it; the rest stays unapplied.",
    "invoice_not_open": "No open invoice {value!r} of this customer was found; that part of the payment stays unapplied.",
    "limit_without_currency": "The credit limit names no currency; it is taken in {currency}.",
    "parent_unknown": "The parent {value!r} is not a customer; the customer stands alone.",
    "possible_duplicate": "Everything in this row is the same as in an earlier row, and there is no number to tell them apart.",
    "region_shortened": "The region {value!r} is longer than {limit} characters and was not taken.",
    "due_before_document": "It falls due on {due_on}, before its document date {document_on}.",
    "settled_before_document": "It was settled on {settled_on}, before its document date {document_on}.",
    "settlement_period_locked": "The settlement of {settled_on} falls into a locked period; it is posted on {posted_on}.",
    "short_row": "The row has {cells} cells, the header {columns}; the missing ones are taken as blank.",
    "text_shortened": "The {target} is longer than {limit} characters; the rest was cut off.",
    "user_not_known": "No user {value!r} signs in here; the {target} was left empty.",
    "zone_not_known": "{value!r} is not a time zone; UTC was taken.",
}

_ALL = {**REFUSALS, **REASONS, **PROBLEMS}


class Refused(Exception):
    """An act that rules or constraints do not allow: `code` names the reason, `facts` fill its sentence."""

    def __init__(self, code: str, **facts: Any) -> None:
        if code not in REFUSALS:
            raise KeyError(f"refusal code {code!r} has no sentence in rules/codes.py")
        self.code = code
        self.facts = facts
        super().__init__(sentence(code, facts))


def sentence(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The plain sentence of a code with its facts filled in. KeyError names the code that has none."""
    try:
        template = _ALL[code]
    except KeyError:
        raise KeyError(f"code {code!r} has no sentence in rules/codes.py") from None
    return template.format(**(facts or {}))
