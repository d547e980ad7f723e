"""The database's own guard: posted facts and diary lines are never edited or deleted, whoever asks.

Triggers, because a constraint cannot compare a row with what it was. Installed by a migration. `remove` exists for
restoring a backup and for tests that corrupt books on purpose.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

# Columns of an item that are facts of its posting; the others are kept figures or may be amended with a diary line.
ITEM_FACTS = (
    "entity_id", "customer_id", "kind", "side", "number", "instalment", "currency", "amount", "tax", "document_on",
    "posted_on", "value_on", "recorded_at", "corrects_id", "source", "source_key",
)  # fmt: skip

# Named, so that a change of the other columns, by far the most frequent, does not even ask the trigger.
_OF_FACTS = f"OF {', '.join(ITEM_FACTS)}"

_APPEND_ONLY = (
    "records_application",
    "records_diaryline",
    "records_promisejudgement",
    "records_duedatechange",
    "records_messageevent",
    "records_itemline",
    "records_issueddocument",
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers; safe to call again."""
    remove(connection)
    for statement in _sqlite(connection) if connection.vendor == "sqlite" else _postgresql(connection):
        _run(connection, statement)


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers."""
    for table, name, _ in _guards(connection):
        on = f" ON {table}" if connection.vendor == "postgresql" else ""
        _run(connection, f"DROP TRIGGER IF EXISTS {name}{on}")


def _run(connection: BaseDatabaseWrapper, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _guards(connection: BaseDatabaseWrapper) -> list[tuple[str, str, str]]:
    """(table, trigger, event) of the tables there are: some come with a later migration than the first guards."""
    there = set(connection.introspection.table_names())
    guards = [
        (table, f"{table}_no_{event.lower()}", event)
        for table in _APPEND_ONLY
        if table in there
        for event in ("UPDATE", "DELETE")
    ]
    return [
        *guards,
        ("records_item", "records_item_no_delete", "DELETE"),
        ("records_item", "records_item_no_update", "UPDATE"),
    ]


def _sqlite(connection: BaseDatabaseWrapper) -> list[str]:
    changed = " OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in ITEM_FACTS)
    return [
        f"CREATE TRIGGER {name} BEFORE {event} "
        + (f"{_OF_FACTS} ON {table} WHEN {changed} " if name == "records_item_no_update" else f"ON {table} ")
        + f"BEGIN SELECT RAISE(ABORT, '{table}: what is posted is never edited or deleted'); END"
        for table, name, event in _guards(connection)
    ]


def _postgresql(connection: BaseDatabaseWrapper) -> list[str]:
    changed = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in ITEM_FACTS)
    refuse = (
        "CREATE OR REPLACE FUNCTION dunlin_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION '%: what is posted is never edited or deleted', TG_TABLE_NAME; END $$"
    )
    return [refuse] + [
        f"CREATE TRIGGER {name} BEFORE {event} "
        + (
            f"{_OF_FACTS} ON {table} FOR EACH ROW WHEN ({changed}) "
            if name == "records_item_no_update"
            else f"ON {table} FOR EACH ROW "
        )
        + "EXECUTE FUNCTION dunlin_refuse()"
        for table, name, event in _guards(connection)
    ]
