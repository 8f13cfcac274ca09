"""`lotone mes names`: what connected systems call machines, reason codes, units and states."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from mes_bridge.engine.vocabulary import KINDS, NameKind

if TYPE_CHECKING:
    from mes_bridge.service import Service

Open = Callable[[], "AbstractContextManager[Service]"]
_KIND = click.Choice(KINDS)


def name_commands(opened: Open) -> click.Group:
    """``opened``: the room of this installation."""

    @click.group()
    def names() -> None:
        """Names that connected systems use of their own. CONNECTION is a name or an identifier."""

    @names.command("list")
    @click.argument("connection")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def listed(connection: str, as_json: bool) -> None:
        """What is mapped, and what came and is not known."""
        with opened() as service:
            found = service.names.of(service.connections.named(connection))
        if as_json:
            click.echo(found.model_dump_json())
            return
        for kind, mapping in found.mapped.items():
            for theirs, ours in mapping.items():
                click.echo(f"{kind}  {theirs} = {ours}")
        for each in found.unknown:
            click.echo(f"{each.kind}  {each.name} is not known, in {each.messages} messages")
        click.echo(f"{found.waiting} messages are set aside for a name", err=True)

    @names.command("map")
    @click.argument("connection")
    @click.argument("kind", type=_KIND)
    @click.argument("theirs")
    @click.argument("ours")
    def map_name(connection: str, kind: NameKind, theirs: str, ours: str) -> None:
        """From now on THEIRS is OURS when the system says it."""
        from contracts.access import SYSTEM

        with opened() as service:
            service.names.map(SYSTEM, service.connections.named(connection), kind, theirs, ours)

    @names.command("unmap")
    @click.argument("connection")
    @click.argument("kind", type=_KIND)
    @click.argument("theirs")
    def unmap_name(connection: str, kind: NameKind, theirs: str) -> None:
        """THEIRS stands for itself again."""
        from contracts.access import SYSTEM

        with opened() as service:
            service.names.unmap(SYSTEM, service.connections.named(connection), kind, theirs)

    @names.command("use")
    @click.argument("connection")
    def use(connection: str) -> None:
        """Set unknown units and states aside, to be mapped, instead of refusing them."""
        from contracts.access import SYSTEM

        with opened() as service:
            service.names.use(SYSTEM, service.connections.named(connection))

    @names.command("replay")
    @click.argument("connection")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def replay(connection: str, as_json: bool) -> None:
        """Take again what was set aside for a name that was not known."""
        from contracts.access import SYSTEM

        with opened() as service:
            told = service.names.replay(SYSTEM, service.connections.named(connection))
        refused = "".join(f", {count} refused ({problem})" for problem, count in told.refused.items())
        click.echo(told.model_dump_json() if as_json else f"{told.taken} taken, {told.set_aside} still set aside{refused}")

    return names
