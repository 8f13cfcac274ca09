"""What do others rely on by name? `python -m lotone.reference` writes docs/reference.md; a test holds the file against it."""

import sys
from collections.abc import Iterator

import click

from contracts.access import PERMISSIONS, Role
from contracts.events import EVENTS
from contracts.problems import Problem
from ledger.settings import Settings

_SETTINGS = {
    "home": ("where database, files, keys, mail and the messages of `lotone run` lie", "`var/`"),
    "database_url": ("`postgresql+psycopg://…`; empty: SQLite under `LOTONE_HOME`", "empty"),
    "broker_url": ("`amqp://…`: Celery's broker and the work orders' exchange; empty: folders under `LOTONE_HOME`", "empty"),
    "port": ("port of the web process", "8000"),
    "secret_key": ("signs cookies, forms and order links", "generated once into `LOTONE_HOME/secret.key`"),
    "vault_key": ("64 hex digits that wrap every person's key; keep it apart from backups", "generated once into `LOTONE_HOME/vault.key`"),
    "language": ("language for visitors whose browser asks for none of ours: `en` or `zh`", "`en`"),
    "public_url": ("address in links and messages; when set, the web process listens on every interface", "`http://127.0.0.1:PORT`"),
    "smtp_url": ("`smtp://…` or `smtps://…`; empty: mail goes to `LOTONE_HOME/mail`", "empty"),
    "mqtt_url": ("`mqtt://user:password@host:1883/enterprise`: the MQTT 5 broker of the unified namespace; `mqtts://` with TLS", "empty"),
    "opcua_endpoint": (
        "`opc.tcp://0.0.0.0:4840/lotone`: where the relay serves OPC UA job control; certificates lie in `LOTONE_HOME/opcua`",
        "empty",
    ),
    "webhook_hosts": (
        "hosts, separated by commas (`mes.local, 10.0.0.7:8443`), to which webhooks may go although they are private or without TLS; "
        "all others must be public and https",
        "empty",
    ),
    "clock_rate": ("business seconds a real second when the clock is first started; always 1 in production", "1 (`lotone run`: 120)"),
    "at_once": (
        "requests that one web process works on at a time; some more wait up to 5 s, the rest are answered 503 with `Retry-After`",
        "24",
    ),
    "visitor_rate": (
        "most requests of one network address without a sign-in to one web process, then 429 with `Retry-After`; empty: no limit",
        "`1000 per 10 seconds`",
    ),
    "signed_in_rate": ("the same of one staff account", "`3000 per 10 seconds`"),
    "machine_client_rate": ("the same of one machine client", "`6000 per 10 seconds`"),
    "sign_in_rate": ("attempts to sign in from one network address", "`60 per minute`"),
    "proxies": ("reverse proxies before the web process whose `X-Forwarded-For` and `-Proto` are taken; 0: nobody's", "0"),
    "demo_customers": ("whether demo customers order while `lotone run` plays the demo plant; `false`: nobody comes by himself", "true"),
    "production": ("real time only, secure cookies, no demo sign-ins", "false"),
}


def reference() -> str:
    """The whole page as Markdown."""
    parts = [
        "# Reference\n\nWhat other programs and people rely on by name. Written by `python -m lotone.reference`.",
        _table("Settings (environment)", ("setting", "meaning", "default"), _setting_rows()),
        _table("Commands", ("command", "does"), _command_rows())
        + "\n\nExit 0 on success, 1 on a stated failure, 2 on wrong use; with `--json` one JSON document on standard output.",
        _table(
            "Events", ("event", "class", "says"), ((f"`{name}`", f"`{event.__name__}`", _first(event)) for name, event in EVENTS.items())
        ),
        _table(
            "Problems",
            ("name", "status", "meaning"),
            ((f"`{problem.type}`", str(problem.status), _first(problem)) for problem in _problems()),
        )
        + "\n\nEvery error of the API is problem+json (RFC 9457) with `type` `/problems/NAME`.",
        _table("Roles", ("role", "may"), ((f"`{role}`", ", ".join(f"`{p}`" for p in sorted(PERMISSIONS[role]))) for role in Role)),
    ]
    return "\n\n".join(parts) + "\n"


def _setting_rows() -> Iterator[tuple[str, str, str]]:
    for name in Settings.model_fields:
        meaning, default = _SETTINGS[name]
        yield f"`LOTONE_{name.upper()}`", meaning, default


def _command_rows() -> Iterator[tuple[str, str]]:
    from lotone.cli import lotone

    context = click.Context(lotone)
    for name in lotone.list_commands(context):
        command = lotone.get_command(context, name)
        if isinstance(command, click.Group):
            for inner in sorted(command.commands):
                yield f"`lotone {name} {inner}`", _first(command.commands[inner])
        elif command is not None:
            yield f"`lotone {name}`", _first(command)


def _problems() -> list[type[Problem]]:
    return sorted((p for p in Problem.__subclasses__() if p.__module__ == "contracts.problems"), key=lambda p: (p.status, p.type))


def _first(thing: object) -> str:
    text = thing.help if isinstance(thing, click.Command) else thing.__doc__
    return (text or "").strip().splitlines()[0]


def _table(title: str, head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [f"## {title}", "| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(reference())
