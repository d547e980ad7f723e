"""Production refuses what must not go live, one named setting at a time; a safe set passes."""

from __future__ import annotations

import pytest

from dunlin.config.checks import unsafe
from dunlin.config.databases import database_settings
from dunlin.config.environment import Environment
from dunlin.config.requests import content_policy

SAFE = {
    "mode": "production",
    "secret_key": "q8Zr1-Vx7nL0aB3cD5eF9gH2iJ4kM6oP8sT1uW3yX5zA7bC9dE",
    "allowed_hosts": "ar.example.com",
    "trusted_origins": "https://ar.example.com",
    "behind_https_proxy": True,
    "smtp_url": "smtp://mail.example.com:587",
    "database_url": "postgresql://dunlin:secret@db.example.com:5432/dunlin",
}


def test_a_safe_installation_has_no_finding():
    assert unsafe(Environment(**SAFE)) == []


@pytest.mark.parametrize(
    ("field", "value", "variable"),
    [
        ("mode", "demo", "DUNLIN_MODE"),
        ("portal_url", "http://pay.example.com/portal/", "DUNLIN_PORTAL_URL"),
        ("portal_url", "https://pay.example.com/", "DUNLIN_PORTAL_URL"),
        ("secret_key", "short", "DUNLIN_SECRET_KEY"),
        ("secret_key", "a" * 60, "DUNLIN_SECRET_KEY"),
        ("allowed_hosts", "*", "DUNLIN_ALLOWED_HOSTS"),
        ("allowed_hosts", "localhost", "DUNLIN_ALLOWED_HOSTS"),
        ("behind_https_proxy", False, "DUNLIN_BEHIND_HTTPS_PROXY"),
        ("trusted_origins", "http://ar.example.com", "DUNLIN_TRUSTED_ORIGINS"),
        ("smtp_url", "", "DUNLIN_SMTP_URL"),
        ("database_url", "postgresql://db.example.com/dunlin", "DUNLIN_DATABASE_URL"),
    ],
)
def test_each_unsafe_setting_is_named(field, value, variable):
    assert [name for name, _ in unsafe(Environment(**{**SAFE, field: value}))] == [variable]


def test_secrets_do_not_show_when_settings_are_printed():
    assert SAFE["secret_key"] not in repr(Environment(**SAFE))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("sqlite:////srv/dunlin/books.sqlite3", "/srv/dunlin/books.sqlite3"),
        ("postgresql://u:p%40ss@db:5433/books", "books"),
    ],
)
def test_database_addresses_are_read(address, name):
    assert database_settings(address)["NAME"] == name


def test_a_password_with_signs_is_decoded():
    assert database_settings("postgresql://u:p%40ss@db:5433/books")["PASSWORD"] == "p@ss"


@pytest.mark.parametrize("address", ["mysql://u@h/d", "sqlite://relative.sqlite3", "books.sqlite3"])
def test_an_unknown_database_address_is_refused_by_name(address):
    with pytest.raises(ValueError, match="DUNLIN_DATABASE_URL"):
        database_settings(address)


def test_forms_lead_nowhere_but_here_and_to_the_sign_in_provider():
    assert "form-action 'self';" in content_policy("")
    assert "form-action 'self' https://id.example.com;" in content_policy("https://id.example.com/realms/x")
