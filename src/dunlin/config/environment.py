"""Settings from environment variables, each with its meaning: the only place that reads the environment.

docs/reference/settings.md is generated from this class; a test fails when it is stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

INSECURE_KEY = "only-for-a-demo-on-one-machine-change-it-before-anyone-else-can-reach-it"


class Environment(BaseSettings):
    """Read once at start. Every variable is prefixed DUNLIN_."""

    model_config = SettingsConfigDict(env_prefix="DUNLIN_", extra="ignore", frozen=True)

    mode: Literal["demo", "production"] = Field(
        "demo",
        description="`demo` serves one machine with safe-enough defaults; `production` refuses unsafe settings.",
    )
    database_url: str = Field(
        "",
        description="`postgresql://user:password@host:5432/name` or `sqlite:////absolute/path`; empty: SQLite in the data folder.",
    )
    data_dir: Path = Field(
        Path("var"), description="Folder for the SQLite file, uploads and exports; outside the web root."
    )
    secret_key: SecretStr = Field(
        SecretStr(INSECURE_KEY),
        description="Signs sessions and links; at least 50 characters that nobody else knows.",
    )
    data_key: SecretStr = Field(
        SecretStr(""),
        description="Locks the bank details of refunds in the database; at least 32 characters that nobody else knows, kept apart from the backups. Several, separated by commas: the first locks, all open. Empty: derived from DUNLIN_SECRET_KEY, and lost with it.",
    )
    allowed_hosts: str = Field(
        "localhost,127.0.0.1,[::1]", description="Host names served, separated by commas."
    )
    trusted_origins: str = Field(
        "", description="Origins whose forms are accepted, such as https://ar.example.com."
    )
    behind_https_proxy: bool = Field(
        False,
        description="Trust X-Forwarded-Proto from a proxy that sets it itself; cookies are then HTTPS only.",
    )
    log_format: Literal["text", "json"] = Field("text", description="`json` for one JSON object a line.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest level that is written."
    )
    upload_max_mb: int = Field(
        200, ge=1, le=4096, description="Largest file an import accepts, in megabytes."
    )
    workers: int = Field(2, ge=1, le=64, description="Web processes started by `dunlin serve`.")
    job_workers: int = Field(1, ge=1, le=64, description="Job processes started by `dunlin serve`.")
    smtp_url: str = Field(
        "",
        description="`smtp://user:password@host:587` (STARTTLS), `smtps://...:465`, or `smtp+plain://127.0.0.1:1025` without encryption; for sign-in codes and for messages to customers. Empty: sign-in mail is written to the log and messages wait.",
    )
    mail_from: str = Field(
        "dunlin@localhost",
        description="Sender of sign-in mail, and of messages where no entity or mailbox has one.",
    )
    mail_domain: str = Field(
        "", description="Domain in the Message-IDs of what is sent; empty: that of DUNLIN_MAIL_FROM."
    )
    mail_archive: str = Field(
        "",
        description="Address that gets an unseen copy of everything sent; its mailbox (key `archive`) settles what was cut off.",
    )
    mailbox_passwords: SecretStr = Field(
        SecretStr("{}"),
        description='Passwords of the shared mailboxes as a JSON object, key of the mailbox to password: `{"ar": "..."}`.',
    )
    portal_url: str = Field(
        "",
        description="Address of the customer portal as customers reach it, such as `https://pay.example.com/portal/`; messages name it and links lead to it. Empty: messages do not name it, links lead to where they were asked for.",
    )
    oidc_url: str = Field(
        "", description="Discovery address of an OpenID Connect provider; empty: none is offered."
    )
    oidc_client_id: str = Field("", description="Client id at that provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret at that provider.")

    stripe_secret_key: SecretStr = Field(
        SecretStr(""),
        description="Secret key of Stripe (`sk_test_...` or `sk_live_...`); with it the portal offers cards and bank debit (docs/guides/card-payments.md). Empty: bank transfer only.",
    )
    stripe_webhook_secret: SecretStr = Field(
        SecretStr(""),
        description="Signing secret of the webhook endpoint at Stripe (`whsec_...`), which is `/provider/stripe/` here.",
    )
    stripe_api_base: str = Field(
        "",
        description="Another address in place of Stripe's own API, for a stand-in in tests; empty: Stripe.",
    )

    @property
    def database(self) -> str:
        """The database address with the default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'dunlin.sqlite3').resolve()}"

    @property
    def message_domain(self) -> str:
        """The domain in Message-IDs; a name without a dot is no domain to others."""
        domain = self.mail_domain or self.mail_from.rpartition("@")[2]
        return domain if "." in domain else f"{domain or 'localhost'}.localdomain"

    @property
    def portal(self) -> str:
        """The address of the portal with its last slash; "" when none is set."""
        return f"{self.portal_url.rstrip('/')}/" if self.portal_url else ""

    @property
    def stripe(self) -> dict[str, str] | None:
        """Key, webhook secret and address of the payment provider; None without a key."""
        key = self.stripe_secret_key.get_secret_value()
        if not key:
            return None
        secret = self.stripe_webhook_secret.get_secret_value()
        return {"key": key, "webhook_secret": secret, "base": self.stripe_api_base.rstrip("/")}

    @property
    def smtp(self) -> dict[str, object] | None:
        """Host, port, user, password and encryption (`tls`, `starttls` or `none`) of DUNLIN_SMTP_URL; None when it is empty.
        ValueError for an address that is none."""
        if not self.smtp_url:
            return None
        parts = urlsplit(self.smtp_url)
        security = {"smtp": "starttls", "smtps": "tls", "smtp+plain": "none"}.get(parts.scheme)
        if security is None or not parts.hostname:
            raise ValueError("DUNLIN_SMTP_URL is not an address such as smtp://user:password@host:587")
        return {
            "host": parts.hostname,
            "port": parts.port or {"starttls": 587, "tls": 465, "none": 25}[security],
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "security": security,
        }

    @property
    def hosts(self) -> list[str]:
        return [host.strip() for host in self.allowed_hosts.split(",") if host.strip()]

    @property
    def origins(self) -> list[str]:
        return [origin.strip() for origin in self.trusted_origins.split(",") if origin.strip()]
