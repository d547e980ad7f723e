"""The cast tells the truth about itself: what `Books` says is what the tables hold."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from dunlin.records.models import Item
from tests import cast


def test_the_books_are_as_their_description_says(books: cast.Books) -> None:
    assert books.part_paid.open == 75_000
    assert books.unapplied.open == 20_000
    assert sum(Item.objects.filter(customer=books.lakeside, side=1).values_list("open", flat=True)) == 150_000


@pytest.mark.invariant(9)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_item SET amount = amount + 1",
        "DELETE FROM records_item",
        "UPDATE records_application SET amount = amount + 1",
        "DELETE FROM records_application",
    ],
)
def test_the_database_refuses_to_edit_what_is_posted(books: cast.Books, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="never edited or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_committed_books_can_be_cleaned_away_again(committed_books: cast.Books) -> None:
    assert Item.objects.count() == 6


def test_and_the_guards_stand_again_afterwards(books: cast.Books) -> None:
    with (
        pytest.raises(DatabaseError, match="never edited or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM records_application")


@pytest.mark.postgres
def test_runs_on_postgresql_only() -> None:
    assert connection.vendor == "postgresql"
