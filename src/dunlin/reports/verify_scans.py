"""What `dunlin verify` checks: the invariants of the books, each one row with its sentence and the SQL of what breaks it.

A scan reads its rows once and serves all its checks; `key` is the id that names the first row that breaks one. The SQL is
plain enough for SQLite and PostgreSQL; where they differ stands in `Dialect`. A new check is a row in a scan.
"""

# ruff: noqa: S608  every piece of the SQL is written here

from __future__ import annotations

from dataclasses import dataclass

from dunlin.records.items import CREDIT_KINDS, DEBIT_KINDS, MONEY_KINDS
from dunlin.rules.campaigns import REACHED
from dunlin.rules.cash.tolerances import SMALL
from dunlin.rules.promises import BROKEN, PARTIALLY_KEPT, STATUSES


@dataclass(frozen=True)
class Check:
    """`broken` is SQL that is true of a row that breaks the rule; `invariant` its number in DOMAIN section 7."""

    name: str
    invariant: int
    sentence: str
    broken: str


@dataclass(frozen=True)
class Scan:
    """Rows read once. `subject` is what `key` is the id of: item, application, balance, promise, call, diary."""

    subject: str
    key: str
    rows: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Dialect:
    """Where the engines differ: the smaller of two, a moment to compare, a day earlier."""

    least: str
    moment: str  # with {} for the column
    day_before: str

    def at(self, column: str) -> str:
        return self.moment.format(column)


DIALECTS = {
    "sqlite": Dialect(
        "MIN", "strftime('%%Y-%%m-%%d %%H:%%M:%%f', {})", "strftime('%%Y-%%m-%%d %%H:%%M:%%f', {}, '-1 day')"
    ),
    "postgresql": Dialect("LEAST", "{}", "({} - INTERVAL '1 day')"),
}


def _words(values: tuple[str, ...] | frozenset[str]) -> str:
    return ", ".join(f"'{value}'" for value in sorted(values))


def items(sql: Dialect) -> Scan:
    """Every item against the sum of its applications."""
    one_side = (
        "SELECT {0}_id AS item_id, SUM(amount) AS used, MAX(posted_on) AS last_on, MAX(recorded_at) AS last_at "
        "FROM records_application GROUP BY {0}_id"
    )
    uses = f"{one_side.format('credit')} UNION ALL {one_side.format('debit')}"
    rows = f"records_item AS i LEFT JOIN ({uses}) AS u ON u.item_id = i.id"
    return Scan("item", "i.id", rows, (
        Check("open_amount", 1, "What is open is the amount less all that was applied.",
              "i.open <> i.amount - COALESCE(u.used, 0)"),
        Check("over_applied", 2, "No more than its amount is applied of or to an item, and no less than nothing.",
              "COALESCE(u.used, 0) > i.amount OR COALESCE(u.used, 0) < 0"),
        Check("open_in_bounds", 1, "What is open is between zero and the amount, and the amount is above zero.",
              "i.open < 0 OR i.open > i.amount OR i.amount <= 0"),
        Check("last_applied_on", 1, "The last application date kept is the latest posting date of its applications.",
              "(i.last_applied_on IS NULL AND u.last_on IS NOT NULL) OR (u.last_on IS NULL AND i.last_applied_on IS NOT "
              "NULL) OR i.last_applied_on <> u.last_on"),
        Check("closing_date", 1, "An item is closed on its last application exactly while nothing is open.",
              "(i.open = 0 AND (i.closed_on IS NULL OR i.closed_on <> u.last_on)) OR (i.open > 0 AND i.closed_on IS NOT "
              "NULL)"),
        Check("closing_moment", 1, "The moment a closing was recorded is that of the application that closed it.",
              "(i.open = 0 AND (i.closed_at IS NULL OR i.closed_at <> u.last_at)) OR "
              "(i.open > 0 AND i.closed_at IS NOT NULL)"),
        Check("side", 1, "A debit kind is on the debit side, a credit kind on the credit side.",
              f"NOT ((i.side = 1 AND i.kind IN ({_words(DEBIT_KINDS)})) OR "
              f"(i.side = -1 AND i.kind IN ({_words(CREDIT_KINDS)})))"),
        Check("credit_due", 6, "A credit is due on its document date.", "i.side = -1 AND i.due_on <> i.document_on"),
        Check("disputed_in_bounds", 20, "No more is disputed than is open.", "i.disputed < 0 OR i.disputed > i.open"),
    ))  # fmt: skip


def disputes(sql: Dialect) -> Scan:
    """What of each open item is in dispute, against its open disputes."""
    rows = (
        "records_item AS i LEFT JOIN (SELECT item_id, SUM(amount) AS amount FROM records_dispute WHERE resolved_on IS "
        "NULL GROUP BY item_id) AS d ON d.item_id = i.id WHERE i.open > 0"
    )
    return Scan("item", "i.id", rows, (
        Check("disputed_amount", 20, "The amount in dispute is that of the open disputes, as far as it is open.",
              f"i.disputed <> CASE WHEN i.side = 1 THEN {sql.least}(i.open, COALESCE(d.amount, 0)) ELSE 0 END"),
    ))  # fmt: skip


def dispute_rows(sql: Dialect) -> Scan:
    """Each dispute against its item."""
    return Scan("item", "i.id", "records_dispute AS d JOIN records_item AS i ON i.id = d.item_id", (
        Check("dispute_customer", 20, "A dispute belongs to the customer of its item, which is a debit.",
              "d.customer_id <> i.customer_id OR i.side <> 1"),
        Check("dispute_bounds", 20, "A dispute is about no more than the document, and ends after it began.",
              "d.amount > i.amount OR d.resolved_on < d.opened_on"),
    ))  # fmt: skip


def applications(sql: Dialect) -> Scan:
    """Every application against its two documents. The heads of the groups are looked up only where customers differ."""
    heads = (
        "WITH RECURSIVE heads (id, head) AS (SELECT id, id FROM records_customer WHERE parent_id IS NULL UNION ALL "
        "SELECT k.id, heads.head FROM records_customer AS k JOIN heads ON k.parent_id = heads.id) SELECT id, head FROM heads"
    )
    rows = (
        "records_application AS a JOIN records_item AS c ON c.id = a.credit_id JOIN records_item AS d ON d.id = a.debit_id "
        f"LEFT JOIN ({heads}) AS hc ON hc.id = c.customer_id AND c.customer_id <> d.customer_id "
        f"LEFT JOIN ({heads}) AS hd ON hd.id = d.customer_id AND c.customer_id <> d.customer_id"
    )
    return Scan("application", "a.id", rows, (
        Check("sides", 10, "A credit is applied to a debit.", "c.side <> -1 OR d.side <> 1"),
        Check("customer_group", 10, "A credit is applied to a debit of the same customer or one of its group.",
              "c.customer_id <> d.customer_id AND COALESCE(hc.head, -c.customer_id) <> COALESCE(hd.head, -d.customer_id)"),
        Check("currency", 11, "Both documents of an application have one currency.", "c.currency <> d.currency"),
        Check("entity", 10, "Both documents of an application are in one entity's books.", "c.entity_id <> d.entity_id"),
        Check("before_document", 10, "Nothing is applied before both documents are posted.",
              "a.posted_on < c.posted_on OR a.posted_on < d.posted_on"),
        Check("sign", 9, "An application is above zero unless it reverses one; then it is below.",
              "(a.reverses_id IS NULL AND a.amount <= 0) OR (a.reverses_id IS NOT NULL AND a.amount >= 0)"),
    ))  # fmt: skip


def reversals(sql: Dialect) -> Scan:
    """Each reversed application against the one it undoes."""
    rows = (
        "records_application AS a JOIN records_application AS o ON o.id = a.reverses_id LEFT JOIN (SELECT reverses_id, "
        "COUNT(*) AS times FROM records_application WHERE reverses_id IS NOT NULL GROUP BY reverses_id) AS n "
        "ON n.reverses_id = a.reverses_id WHERE a.reverses_id IS NOT NULL"
    )
    return Scan("application", "a.id", rows, (
        Check("reversal_amount", 8, "A reversal takes back exactly what it undoes, between the same documents.",
              "a.amount <> -o.amount OR a.credit_id <> o.credit_id OR a.debit_id <> o.debit_id"),
        Check("reversal_date", 8, "A reversal is not posted before what it undoes.", "a.posted_on < o.posted_on"),
        Check("reversed_twice", 8, "Nothing is reversed twice, and a reversal is never reversed.",
              "n.times > 1 OR o.reverses_id IS NOT NULL"),
    ))  # fmt: skip


def past_days(sql: Dialect) -> Scan:
    """What was open at the end of each past day. Only items with a reversal can go astray without ending astray."""
    touched = "SELECT {0}_id AS item_id, posted_on, amount FROM records_application WHERE {0}_id IN (SELECT {0}_id FROM " \
              "records_application WHERE reverses_id IS NOT NULL)"  # fmt: skip
    daily = (
        f"SELECT item_id, posted_on, SUM(amount) AS amount FROM ({touched.format('credit')} UNION ALL "
        f"{touched.format('debit')}) AS moves GROUP BY item_id, posted_on"
    )
    running = f"SELECT item_id, SUM(amount) OVER (PARTITION BY item_id ORDER BY posted_on) AS used FROM ({daily}) AS days"
    return Scan("item", "i.id", f"({running}) AS r JOIN records_item AS i ON i.id = r.item_id", (
        Check("open_in_the_past", 7, "On every past day, what was open was between zero and the amount.",
              "r.used > i.amount OR r.used < 0"),
    ))  # fmt: skip


def control(sql: Dialect) -> Scan:
    """An application takes as much from a debit as from a credit, so the net of what is open is the net of all postings."""
    rows = (
        "(SELECT MIN(id) AS id, SUM(side * open) AS open, SUM(side * amount) AS posted FROM records_item "
        "GROUP BY entity_id, currency) AS t"
    )
    return Scan("item", "t.id", rows, (
        Check("control_account", 4, "Open debits less open credits are all debits less all credits ever posted.",
              "t.open <> t.posted"),
    ))  # fmt: skip


def locked_items(sql: Dialect) -> Scan:
    """Items posted into locked periods."""
    rows = (
        "records_period AS p JOIN records_item AS i ON i.entity_id = p.entity_id AND i.posted_on BETWEEN p.starts_on AND "
        "p.ends_on WHERE p.locked_at IS NOT NULL"
    )
    return Scan("item", "i.id", rows, (
        Check("posted_after_lock", 12, "Nothing is posted into a period after it was locked.",
              f"{sql.at('i.recorded_at')} > {sql.at('p.locked_at')}"),
    ))  # fmt: skip


def locked_applications(sql: Dialect) -> Scan:
    """Applications posted into locked periods."""
    rows = (
        "records_period AS p JOIN records_application AS a ON a.posted_on BETWEEN p.starts_on AND p.ends_on "
        f"AND {sql.at('a.recorded_at')} > {sql.at('p.locked_at')} JOIN records_item AS i ON i.id = a.credit_id "
        "WHERE p.locked_at IS NOT NULL"
    )
    return Scan("application", "a.id", rows, (
        Check("applied_after_lock", 12, "Nothing is applied in a period after it was locked.", "i.entity_id = p.entity_id"),
    ))  # fmt: skip


def locked_disputes(sql: Dialect) -> Scan:
    """Disputes opened or resolved in locked periods: what was in dispute is a figure of the day too."""
    rows = (
        "records_period AS p JOIN records_dispute AS d ON d.opened_on <= p.ends_on JOIN records_item AS i ON i.id = d.item_id "
        "AND i.entity_id = p.entity_id WHERE p.locked_at IS NOT NULL"
    )
    return Scan("item", "i.id", rows, (
        Check("disputed_after_lock", 12, "No dispute is opened or resolved in a period after it was locked.",
              f"(d.opened_on >= p.starts_on AND {sql.at('d.recorded_at')} > {sql.at('p.locked_at')}) OR (d.resolved_on BETWEEN "
              f"p.starts_on AND p.ends_on AND {sql.at('d.resolved_at')} > {sql.at('p.locked_at')})"),
    ))  # fmt: skip


def due_dates(sql: Dialect) -> Scan:
    """Each due date against its logged changes."""
    changes = (
        "SELECT item_id, old_due_on, new_due_on, posted_on, LAG(new_due_on) OVER w AS was, LAG(posted_on) OVER w AS was_on, "
        "LEAD(id) OVER w AS next_id FROM records_duedatechange WINDOW w AS (PARTITION BY item_id ORDER BY id)"
    )
    return Scan("item", "i.id", f"({changes}) AS h JOIN records_item AS i ON i.id = h.item_id", (
        Check("due_date", 9, "An item is due on the day of its last logged change.",
              "h.next_id IS NULL AND i.due_on <> h.new_due_on"),
        Check("due_date_history", 9, "Each change of a due date begins where the one before it ended.",
              "h.old_due_on <> h.was OR h.posted_on < h.was_on OR h.posted_on < i.posted_on"),
    ))  # fmt: skip


def discounts(sql: Dialect) -> Scan:
    """Discounts granted as earned, against the terms of the item, less the part of it that was credited before."""
    rows = (
        "(SELECT a.debit_id, SUM(a.amount) AS granted, MAX(c.value_on) AS last_on, MIN(a.id) AS first_id FROM records_item AS c "
        "JOIN records_application AS a ON a.credit_id = c.id WHERE c.kind = 'discount' AND c.reason = 'earned' AND c.open = 0 "
        "AND NOT EXISTS (SELECT 1 FROM records_item AS b WHERE b.corrects_id = c.id) GROUP BY a.debit_id) AS g "
        "JOIN records_item AS i ON i.id = g.debit_id"
    )
    credited = (
        "COALESCE((SELECT SUM(x.amount) FROM records_application AS x JOIN records_item AS k ON k.id = x.credit_id WHERE "
        f"x.debit_id = i.id AND x.id < g.first_id AND k.kind NOT IN ({_words(MONEY_KINDS)}, 'discount')), 0)"
    )
    return Scan("item", "i.id", rows, (
        Check("discount_beyond_terms", 17, "An earned discount is within the terms and in time.",
              "g.granted > i.discount OR i.discount_until IS NULL OR g.last_on > i.discount_until"),
        Check("discount_of_credited", 17, "Of what was credited no discount is earned.",  # a minor unit for the rounding
              f"g.granted - 1 >= 1.0 * i.discount * (i.amount - {credited}) / i.amount"),
    ))  # fmt: skip


def discounts_paid(sql: Dialect) -> Scan:
    """Each earned discount that stands, against the payment it was granted with."""
    rows = (
        "(SELECT c.id, c.corrects_id, a.debit_id, SUM(a.amount) AS granted FROM records_item AS c JOIN records_application AS a "
        "ON a.credit_id = c.id JOIN records_item AS d ON d.id = a.debit_id WHERE c.kind = 'discount' AND c.reason = 'earned' "
        "AND c.corrects_id IS NOT NULL AND d.kind <> 'payment_return' GROUP BY c.id, c.corrects_id, a.debit_id) AS g"
    )
    paid = (
        "COALESCE((SELECT SUM(p.amount) FROM records_application AS p WHERE p.credit_id = g.corrects_id AND "
        "p.debit_id = g.debit_id), 0)"
    )
    return Scan("item", "g.id", rows, (
        Check("discount_without_payment", 17, "A discount stands only while its payment is used for the same document.",
              f"g.granted > 0 AND {paid} <= 0"),
    ))  # fmt: skip


def returns(sql: Dialect) -> Scan:
    """What was granted with payments that came back."""
    rows = (
        "records_item AS r JOIN records_item AS g ON g.corrects_id = r.corrects_id AND (g.kind IN ('discount', 'write_off') "
        f"OR (g.kind = 'debit_memo' AND g.reason = '{SMALL}')) LEFT JOIN records_item AS b ON b.corrects_id = g.id "
        "AND b.kind IN ('payment_return', 'credit_memo') WHERE r.kind = 'payment_return'"
    )
    return Scan("item", "g.id", rows, (
        Check("discount_of_returned_payment", 17, "What was granted with a payment goes back with it.", "b.id IS NULL"),
    ))  # fmt: skip


def return_amounts(sql: Dialect) -> Scan:
    """What came back of each payment."""
    rows = (
        "(SELECT corrects_id, SUM(amount) AS amount FROM records_item WHERE kind = 'payment_return' AND corrects_id IS NOT "
        "NULL GROUP BY corrects_id) AS r JOIN records_item AS i ON i.id = r.corrects_id"
    )
    return Scan("item", "i.id", rows, (
        Check("returned_too_much", 2, "A payment comes back once, and no more of it than it was.", "r.amount > i.amount"),
        Check("returned_money_used", 2, "A payment that came back is not there to be used.", "r.amount = i.amount AND i.open > 0"),
    ))  # fmt: skip


def balances(sql: Dialect) -> Scan:
    """Each balance row within itself; the sums of the items are compared in verify.py."""
    buckets = " + ".join(f"b.bucket_{index}" for index in range(8))
    return Scan("balance", "b.id", "records_balance AS b", (
        Check("buckets", 5, "The buckets of a balance add up to its debits: each open item is in exactly one.",
              f"{buckets} <> b.debits"),
        Check("balance_parts", 5, "Of the debits of a balance, what is late, past due or disputed is a part.",
              "b.late > b.past_due OR b.past_due > b.debits OR b.disputed > b.debits"),
    ))  # fmt: skip


def promises(sql: Dialect) -> Scan:
    """Each promise against the money received on its items."""
    received = (
        "SELECT pi.promise_id, SUM(a.amount) AS amount FROM records_promiseitem AS pi JOIN records_application AS a ON "
        "a.debit_id = pi.item_id AND a.amount > 0 JOIN records_promise AS q ON q.id = pi.promise_id AND q.paid > 0 "
        "GROUP BY pi.promise_id"
    )
    some = "SELECT DISTINCT promise_id FROM records_promiseitem"
    rows = (
        f"records_promise AS p LEFT JOIN ({received}) AS r ON r.promise_id = p.id "
        f"LEFT JOIN ({some}) AS s ON s.promise_id = p.id"
    )
    return Scan("promise", "p.id", rows, (
        Check("promise_money", 21, "The money counted for a promise was received on its items.",
              "s.promise_id IS NOT NULL AND p.paid > COALESCE(r.amount, 0)"),
        Check("promise_status", 22, "Every promise is open, kept, partially kept, broken or cancelled.",
              f"p.status NOT IN ({_words(STATUSES)}) OR (p.status = '{BROKEN}' AND p.paid > 0) "
              f"OR (p.status = '{PARTIALLY_KEPT}' AND p.paid = 0)"),
    ))  # fmt: skip


def promised_money(sql: Dialect) -> Scan:
    """What promises of a customer counted, against what the customer paid in all."""
    counted = "SELECT MIN(id) AS id, customer_id, currency, SUM(paid) AS paid FROM records_promise GROUP BY customer_id, currency"
    received = (
        "SELECT i.customer_id, i.currency, SUM(a.amount) AS amount FROM records_application AS a JOIN records_item AS i "
        "ON i.id = a.debit_id WHERE a.amount > 0 AND i.customer_id IN (SELECT customer_id FROM records_promise WHERE paid > 0) "
        "GROUP BY i.customer_id, i.currency"
    )
    rows = f"({counted}) AS p LEFT JOIN ({received}) AS r ON r.customer_id = p.customer_id AND r.currency = p.currency"
    return Scan("promise", "p.id", rows, (
        Check("money_counted_twice", 21, "One unit of money keeps at most one promise.", "p.paid > COALESCE(r.amount, 0)"),
    ))  # fmt: skip


def calls(sql: Dialect) -> Scan:
    """The calls out to each customer, per day (P6)."""
    reached = f"CASE WHEN k.outcome IN ({_words(REACHED)}) THEN {sql.at('k.started_at')} END"
    rows = (
        f"(SELECT MIN(k.id) AS id, COUNT(*) AS attempts, MIN({reached}) AS reached_at, MAX({sql.at('k.started_at')}) AS last_at "
        "FROM records_call AS k WHERE k.direction = 'out' GROUP BY k.customer_id, k.day) AS d"
    )
    return Scan("call", "d.id", rows, (
        Check("attempts", 26, "A customer is called at most three times a day.", "d.attempts > 3"),
        Check("called_after_reached", 26, "A customer who was reached is not called again that day.",
              "d.last_at > d.reached_at"),
    ))  # fmt: skip


def diary(sql: Dialect) -> Scan:
    """Acts that run side by side may be numbered in another order than their moments; a day apart is no accident."""
    lines = "SELECT id, at, role, verb, door, LAG(at) OVER (ORDER BY id) AS before_at FROM records_diaryline"
    return Scan("diary", "l.id", f"({lines}) AS l", (
        Check("diary_order", 37, "The diary is in the order in which things happened.",
              f"{sql.at('l.at')} < {sql.day_before.format('l.before_at')}"),
        Check("diary_complete", 37, "Every act in the diary has an actor's role, a door and a verb.",
              "l.role = '' OR l.verb = '' OR l.door = ''"),
    ))  # fmt: skip


# Balances against their items are compared by records/balance_sums.py, which also makes them.
SCANS = (
    items, disputes, dispute_rows, applications, reversals, past_days, control, locked_items, locked_applications,
    locked_disputes, due_dates, discounts, discounts_paid, returns, return_amounts, balances, promises, promised_money, calls, diary,
)  # fmt: skip
