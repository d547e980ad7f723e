"""Settings from environment variables, each with its meaning: the only place that reads the environment.

docs/reference/settings.md is generated from this class; a test fails when it is stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

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
        description="`smtp://user:password@host:587`, for sign-in codes and password mail; empty: mail is written to the log.",
    )
    mail_from: str = Field("dunlin@localhost", description="Sender of sign-in mail.")
    oidc_url: str = Field(
        "", description="Discovery address of an OpenID Connect provider; empty: none is offered."
    )
    oidc_client_id: str = Field("", description="Client id at that provider.")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="Client secret at that provider.")

    @property
    def database(self) -> str:
        """The database address with the default filled in."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'dunlin.sqlite3').resolve()}"

    @property
    def hosts(self) -> list[str]:
        return [host.strip() for host in self.allowed_hosts.split(",") if host.strip()]

    @property
    def origins(self) -> list[str]:
        return [origin.strip() for origin in self.trusted_origins.split(",") if origin.strip()]
