"""Which command line does `lotone` offer? Each command's module is imported only when it is called."""

import atexit
import gc
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import click

from contracts.problems import Problem
from ledger.log import configure
from lotone.processes import end_with_supervisor

_COMMANDS = {
    "run": "lotone.run:run",
    "web": "lotone.serve:web",
    "worker": "lotone.worker:worker",
    "relay": "lotone.relay:relay",
    "migrate": "lotone.migrate:migrate",
    "seed": "lotone.seed:seed",
    "demo": "lotone.demo:demo",
    "clock": "lotone.upkeep:clock",
    "users": "lotone.staff_commands:users",
    "doctor": "lotone.doctor:doctor",
    "backup": "lotone.upkeep:backup",
    "restore": "lotone.upkeep:restore",
    "verify": "lotone.upkeep:verify",
    "rebuild": "lotone.upkeep:rebuild",
    "export-schemas": "lotone.upkeep:export_schemas",
    "family": "lotone.room_commands:family",
    "configurator": "configurator.commands:configurator",
    "plant": "lotone.room_commands:plant",
    "scheduler": "lotone.room_commands:scheduler",
    "mes": "lotone.room_commands:mes",
    "simulate": "lotone.simulate_commands:simulate",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        # All that is loaded stays: looking through it for rubbish on the way takes a fifth of the time.
        gc.disable()
        try:
            command: click.Command = getattr(importlib.import_module(module), name)
        finally:
            gc.enable()
        return command


@click.group(cls=LazyGroup)
def lotone() -> None:
    """LotOne: order-to-production for lot size one."""


def print_json(document: dict[str, Any] | list[Any]) -> None:
    """The one JSON document of a command with ``--json``; nothing else goes to standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _sentence(problem: Problem) -> str:
    from contracts.texts import Message
    from presentation.explaining import explained, field_sentence
    from presentation.texts import render

    parts = [explained(problem, "en")[1], *(field_sentence(fault, "en") for fault in problem.errors)]
    for line in problem.extra.get("lines", ()):
        said = render(Message.model_construct(id=line["message"], params=line["params"]), "en")
        parts.append(f"line {line['line']}, column {line['column']}: {said}")
    return "\n".join(parts)


def _started_s() -> float:
    """When this process was started, on the monotonic clock: a time limit counts from there."""
    now_s = time.monotonic()
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return now_s - (time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, AttributeError):
        return now_s


def main() -> None:
    """Exit 0 on success, 1 on a stated failure (a named problem, said in one sentence), 2 on wrong use."""
    configure()
    end_with_supervisor()
    # The system takes the memory back as a whole; to look through all of it for rubbish first takes a process seconds.
    atexit.register(gc.freeze)
    try:
        lotone.main(standalone_mode=True, obj=_started_s())
    except Problem as problem:
        click.echo(_sentence(problem), err=True)
        sys.exit(1)
    except Exception as error:
        if not _is_of_the_database(error):
            raise
        click.echo("The database does not answer, or has no tables yet: run `lotone migrate`; `lotone doctor` says more.", err=True)
        sys.exit(1)


def _is_of_the_database(error: Exception) -> bool:
    """Imported here: a command that needs no database does not load its library."""
    from sqlalchemy.exc import OperationalError, ProgrammingError

    return isinstance(error, OperationalError | ProgrammingError)
