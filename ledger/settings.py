"""What the environment says: every setting of the installation, read once a process."""

import os
import re
import secrets
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.problems import SettingInvalid
from contracts.texts import Language

_VAULT_KEY = re.compile("[0-9a-fA-F]{64}")
_HOST = r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?"
_HOSTS = rf"^( *{_HOST} *(, *{_HOST} *)*)?$"
_RATE = r"^([1-9]\d{0,6} per ([1-9]\d{0,3} )?(second|minute|hour)s?)?$"


class Settings(BaseSettings):
    """Environment variables ``LOTONE_*``. ``load_settings`` also fills in the two generated keys."""

    model_config = SettingsConfigDict(env_prefix="LOTONE_", frozen=True, extra="ignore")

    home: Path = Path("var")
    """Where database, files, keys and logs lie."""
    database_url: str = ""
    """Empty: SQLite under ``home``; else ``postgresql+psycopg://…``."""
    broker_url: str = ""
    """Empty: embedded; else ``amqp://…``."""
    port: int = Field(default=8000, ge=1, le=65_535)
    secret_key: str = ""
    """Signs cookies and forms; generated once into ``home`` when empty."""
    vault_key: str = ""
    """64 hex digits that wrap every person's key; generated once into ``home`` when empty."""
    language: str = "en"
    public_url: str = ""
    smtp_url: str = ""
    """Empty: mail goes to a folder under ``home``."""
    mqtt_url: str = ""
    opcua_endpoint: str = ""
    """Empty: no OPC UA is served; else ``opc.tcp://…``."""
    webhook_hosts: str = Field(default="", pattern=_HOSTS)
    """Hosts, separated by commas, to which webhooks may go although they are private or without TLS."""
    clock_rate: int = Field(default=1, ge=1, le=100_000)
    """Business seconds a real second, to begin with; always 1 in production."""
    production: bool = False
    at_once: int = Field(default=24, ge=1, le=45)
    """Requests that one web process works on at a time, fewer than it has connections to the database (``ledger.database``, 50); some
    more wait, the rest are told to come again (503)."""
    visitor_rate: str = Field(default="1000 per 10 seconds", pattern=_RATE)
    """Most requests of one network address to one web process without a sign-in; empty: no limit. Beyond it 429."""
    signed_in_rate: str = Field(default="3000 per 10 seconds", pattern=_RATE)
    """Of one signed-in account."""
    machine_client_rate: str = Field(default="6000 per 10 seconds", pattern=_RATE)
    """Of one machine client."""
    sign_in_rate: str = Field(default="60 per minute", pattern=_RATE)
    """Attempts to sign in from one network address."""
    proxies: int = Field(default=0, ge=0, le=10)
    """Reverse proxies before the web process, whose word on the caller's address is taken."""
    demo_customers: bool = True
    """Whether customers come and order while ``lotone run`` plays the demo plant; never in production."""

    @property
    def default_language(self) -> Language:
        """Of those who ask for none."""
        return "zh" if self.language.startswith("zh") else "en"

    @property
    def database(self) -> str:
        """The database to use as a SQLAlchemy URL."""
        if not self.database_url:
            return f"sqlite:///{(self.home / 'lotone.db').absolute()}"
        head, separator, rest = self.database_url.partition("://")
        return f"postgresql+psycopg{separator}{rest}" if head in {"postgres", "postgresql"} else self.database_url

    @property
    def webhook_allowed(self) -> frozenset[str]:
        """``host`` or ``host:port`` each."""
        given = (each.strip().lower() for each in self.webhook_hosts.split(","))
        return frozenset(each.replace("[", "").replace("]", "") for each in given if each)

    @property
    def address(self) -> str:
        """Where people reach the product."""
        return self.public_url or f"http://127.0.0.1:{self.port}"


def load_settings() -> Settings:
    """Settings of this process; creates ``home`` and generates missing keys there (mode 0600). Raises SettingInvalid."""
    try:
        settings = Settings()
    except ValidationError as wrong:
        fault = wrong.errors()[0]
        raise SettingInvalid(f"LOTONE_{str(fault['loc'][0]).upper()}", str(fault["input"])) from wrong
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        keys = {
            "secret_key": settings.secret_key or _kept_key(settings.home / "secret.key"),
            "vault_key": settings.vault_key or _kept_key(settings.home / "vault.key"),
        }
    except OSError as refused:
        raise SettingInvalid("LOTONE_HOME", str(settings.home)) from refused
    if not _VAULT_KEY.fullmatch(keys["vault_key"].strip()):
        raise SettingInvalid("LOTONE_VAULT_KEY" if settings.vault_key else str(settings.home / "vault.key"), "…")
    return settings.model_copy(update=keys)


def _kept_key(path: Path) -> str:
    """The 256-bit hex key in ``path``; made by whichever process comes first."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return path.read_text()
        finally:
            draft.unlink()
    return path.read_text()
