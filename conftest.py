"""What every test session needs: cheap passwords, room to clean up behind the guards, and the cast of the tests."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import TransactionTestCase
from django.test.utils import override_settings

from dunlin.records import guards
from tests import cast

# The doors read the real clock, so the tests set it: to the day of the cast, ten in the morning in New York. It runs on. Whatever
# day the tests are run on, weekends and holidays fall where they were written down.
CLOCK = time_machine.travel(datetime(2026, 11, 25, 15, 0, tzinfo=UTC), tick=True)


def pytest_configure() -> None:
    """Before any test file is read, as some take the day from the clock there."""
    CLOCK.start()


def pytest_collection_finish() -> None:
    """What is loaded by now stays; looking through it again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Give the clock back."""
    CLOCK.stop()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their number: an archive holds the time it was made, and both workers must find the same tests."""
    return f"{len(val)}-bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    """Hashing a real password takes longer than most tests."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


def _once_nobody_reads(clean: Callable[[], None]) -> None:
    """The last answer of a live server may still be on its way, and SQLite in memory locks what it reads without waiting."""
    for _ in range(100):
        try:
            return clean()
        except OperationalError as problem:
            if "locked" not in str(problem):
                raise
            time.sleep(0.1)
    return clean()


@pytest.fixture(scope="session", autouse=True)
def _clean_up_behind_the_guards() -> Iterator[None]:
    """Tests with real transactions empty every table afterwards; on SQLite by DELETE, which the guards refuse."""
    tear_down = TransactionTestCase._fixture_teardown

    def without_guards(self: TransactionTestCase) -> None:
        _once_nobody_reads(lambda: guards.remove(connection))
        try:
            _once_nobody_reads(lambda: tear_down(self))
        finally:
            _once_nobody_reads(lambda: guards.install(connection))

    TransactionTestCase._fixture_teardown = without_guards  # type: ignore[method-assign]
    yield
    TransactionTestCase._fixture_teardown = tear_down  # type: ignore[method-assign]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A session runs on one engine: the one of DUNLIN_DATABASE_URL, or else SQLite. Files with slow tests come first."""
    slow = {item.path for item in items if "slow" in item.keywords or "browser" in item.keywords}
    items.sort(key=lambda item: item.path not in slow)
    if connection.vendor == "postgresql":
        return
    skip = pytest.mark.skip(reason="needs PostgreSQL: set DUNLIN_DATABASE_URL=postgresql://...")
    for item in items:
        if "postgres" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def today() -> cast.date:
    """The day of the cast: Wednesday, 25 November 2026."""
    return cast.TODAY


@pytest.fixture
def books(db: None) -> cast.Books:
    """A small, complete set of books: see `cast.Books`."""
    return cast.books()


@pytest.fixture
def committed_books(transactional_db: None) -> cast.Books:
    """The same, really committed, for tests in which other connections look on."""
    return cast.books()
