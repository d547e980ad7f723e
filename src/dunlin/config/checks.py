"""What production refuses: each unsafe setting with what to do about it. Run by `dunlin check` and before `dunlin serve`."""

from __future__ import annotations

import re
from collections.abc import Callable

from dunlin.config.environment import INSECURE_KEY, Environment

Finding = tuple[str, str]  # variable, sentence


def unsafe(environment: Environment) -> list[Finding]:
    """Every setting that must not go live, as (variable, what is wrong and what to do). Empty: it may."""
    return [finding for check in _CHECKS if (finding := check(environment)) is not None]


def _mode(env: Environment) -> Finding | None:
    if env.mode != "production":
        return (
            "DUNLIN_MODE",
            "is `demo`; set it to `production` so that unsafe settings are refused at start.",
        )
    return None


def _secret_key(env: Environment) -> Finding | None:
    key = env.secret_key.get_secret_value()
    if key == INSECURE_KEY or len(key) < 50 or len(set(key)) < 10:
        return (
            "DUNLIN_SECRET_KEY",
            "is the demo's or too short; set at least 50 random characters (openssl rand -base64 48).",
        )
    return None


def _data_key(env: Environment) -> Finding | None:
    keys = [each.strip() for each in env.data_key.get_secret_value().split(",") if each.strip()]
    if any(len(key) < 32 or len(set(key)) < 10 for key in keys):
        return "DUNLIN_DATA_KEY", "is too short; set at least 32 random characters (openssl rand -base64 32)."
    return None


def _hosts(env: Environment) -> Finding | None:
    if not env.hosts or "*" in env.hosts or set(env.hosts) <= {"localhost", "127.0.0.1", "[::1]"}:
        return "DUNLIN_ALLOWED_HOSTS", "must name the host people use, never `*`."
    return None


def _https(env: Environment) -> Finding | None:
    if not env.behind_https_proxy:
        return "DUNLIN_BEHIND_HTTPS_PROXY", "must be true: passwords and balances travel only over HTTPS."
    return None


def _origins(env: Environment) -> Finding | None:
    if any(not origin.startswith("https://") for origin in env.origins):
        return "DUNLIN_TRUSTED_ORIGINS", "holds an origin that is not https://."
    return None


def _portal(env: Environment) -> Finding | None:
    if env.portal and not re.fullmatch(r"https://[^/\s]+/portal/", env.portal):
        return "DUNLIN_PORTAL_URL", "must be https:// and end in /portal/."
    return None


def _stripe(env: Environment) -> Finding | None:
    at = env.stripe
    if at is None:
        return None
    if not at["webhook_secret"]:
        return (
            "DUNLIN_STRIPE_WEBHOOK_SECRET",
            "is empty: nothing Stripe tells would be believed; set the secret of its endpoint.",
        )
    if at["base"]:
        return "DUNLIN_STRIPE_API_BASE", "must be empty: money goes through Stripe's own address."
    if not env.portal:
        return "DUNLIN_PORTAL_URL", "must be set with a key of Stripe: payers come back to it."
    return None


def _database(env: Environment) -> Finding | None:
    if env.database.startswith("postgres") and ":@" not in env.database and "@" not in env.database:
        return "DUNLIN_DATABASE_URL", "names no user."
    return None


def _mail(env: Environment) -> Finding | None:
    if not env.smtp_url:
        return (
            "DUNLIN_SMTP_URL",
            "is empty: sign-in codes and password mail would only be written to the log.",
        )
    return None


_CHECKS: tuple[Callable[[Environment], Finding | None], ...] = (
    _mode, _secret_key, _data_key, _hosts, _https, _origins, _portal, _stripe, _database, _mail,
)  # fmt: skip
