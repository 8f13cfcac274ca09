"""`lotone family`: a family's file is checked, compared with another version, tested and published."""

import csv
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from configurator.service import Service
    from contracts.ports import OpenOrders

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
PROCESSES = click.option("--processes", type=click.IntRange(1, 64), default=lambda: os.cpu_count() or 1, help="Default: one a core.")


def family_commands(installation: Callable[[], "tuple[Service, OpenOrders]"]) -> click.Group:
    """``installation``: the room's service and what is on order; asked for by the commands that need it."""
    group = click.Group("family", help="Product families as data.")

    @group.command("check")
    @FILE
    @JSON
    def check(file: Path, as_json: bool) -> None:
        """Tell what FILE holds and everything that is wrong in it, each with its line."""
        document = {"file": str(file), **_examined(text_of(file))}
        if as_json:
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            _print_examined(file, document)
        sys.exit(1 if document["errors"] else 0)

    @group.command("test")
    @FILE
    @click.option("--designs", type=click.IntRange(1), help="At most so many designs of pairs; without it, until every pair was tried.")
    @click.option("--random", "at_random", type=click.IntRange(0), default=100, show_default=True, help="Designs at random.")
    @click.option("--seed", default=1, show_default=True)
    @click.option("--bodies", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A survey (CSV): its people get one each.")
    @PROCESSES
    @JSON
    def test(file: Path, designs: int | None, at_random: int, seed: int, bodies: Path | None, processes: int, as_json: bool) -> None:
        """Try many designs of FILE: price, bill of materials, routing, quality plan, drawing, cutting; and the tests in it.

        Every pair of choices goes together in some design. Bodies that are offered nothing are told by the rules that exclude them.
        """
        from configurator.trying import Extent

        text = text_of(file)
        people = [] if bodies is None else _people(bodies, text)
        document = _tried(file, text, Extent(designs, at_random, seed), people, processes)
        if as_json:
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            _print_tried(file, document)
        sys.exit(1 if document["faults"] else 0)

    @group.command("diff")
    @FILE
    @click.argument("older", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @JSON
    def diff(file: Path, older: Path | None, as_json: bool) -> None:
        """Tell what customers and the plant notice when FILE takes the place of OLDER.

        Without OLDER: of the version for sale here; then also which saved designs and open orders would stay as they are.
        """
        from configurator.catalogue import PublishedFamily
        from configurator.engine.family_check import require_product
        from configurator.engine.family_diff import differences
        from presentation.texts import render

        newer = PublishedFamily(text_of(file))
        require_product(newer.compiled)
        affected = None
        if older is None:
            service, orders = installation()
            before = service.for_sale(newer.family.name)
            affected = service.affected_by(newer, orders.open_pieces(newer.family.name))
        else:
            before = PublishedFamily(text_of(older))
            require_product(before.compiled)
        document = {
            "family": newer.family.name,
            "old": {"version": before.family.version, "sha256": before.family.sha256},
            "new": {"version": newer.family.version, "sha256": newer.family.sha256},
            "noticed": [
                {"name": each.name, "line": each.line, "text": render(each.text, "en")}
                for each in differences(before.compiled, newer.compiled)
            ],
            "affected": None if affected is None else affected.model_dump(mode="json"),
        }
        if as_json:
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            _print_difference(file, document)

    @group.command("publish")
    @FILE
    @PROCESSES
    @JSON
    def publish(file: Path, processes: int, as_json: bool) -> None:
        """Check and test FILE, and make it the family's newest version. Designs and orders stay on theirs."""
        from configurator.trying import AT_PUBLISHING
        from contracts.access import SYSTEM

        text = text_of(file)
        examined = _examined(text)
        tried = {"faults": []} if examined["errors"] else _tried(file, text, AT_PUBLISHING, [], processes)
        if examined["errors"] or tried["faults"]:
            _print_examined(file, examined, to_error=True)
            _print_faults(file, tried["faults"], to_error=True)
            sys.exit(1)
        service, _ = installation()
        sha256 = service.publish_family(text, SYSTEM, proved=True)
        document = {"family": examined["family"], "version": examined["version"], "sha256": sha256}
        click.echo(json.dumps(document) if as_json else f"{document['family']} {document['version']} {sha256}")

    @group.command("schema")
    def schema() -> None:
        """Print the JSON Schema of family files (docs/family.schema.json)."""
        from configurator.engine.family.schema import family_schema

        click.echo(family_schema(), nl=False)

    return group


def text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise click.UsageError(f"{file} is not UTF-8 text") from wrong


def _examined(text: str) -> dict[str, Any]:
    """The examination with its sentences."""
    from configurator.authoring import examine
    from presentation.letters import printable

    document = examine(text, printable()).model_dump()
    for kind in ("errors", "warnings"):
        document[kind] = [each | {"text": _sentence(each["message"], each["params"])} for each in document[kind]]
    return document


def _tried(file: Path, text: str, extent: Any, people: Sequence[Mapping[str, int]], processes: int) -> dict[str, Any]:
    """The report with its sentences; how far it is goes to standard error."""
    from configurator.trying import try_family
    from presentation.texts import render

    shown = sys.stderr.isatty()
    with click.progressbar(length=1, label=file.name, file=sys.stderr, hidden=not shown) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        report = try_family(text, extent, people, processes, progress)
    document = report.model_dump(mode="json")
    for fault in document["faults"]:
        fault["text"] = _sentence(fault["message"], fault["params"])
    for refusal, told in zip(document["refusals"], report.refusals, strict=True):
        refusal["texts"] = [render(text, "en") for text in told.texts]
    return document


def _people(file: Path, text: str) -> list[dict[str, int]]:
    """The survey's columns that the family needs, of everybody. Lines that begin with # say where it is from."""
    from configurator.engine.bodies import survey_columns
    from configurator.engine.family.parse import parse_family

    columns = survey_columns(parse_family(text))
    if not columns:
        raise click.UsageError("no measure of this family says which columns of a survey it is taken from (survey)")
    with file.open(encoding="utf-8", newline="") as opened:
        reader = csv.DictReader(line for line in opened if not line.startswith("#"))
        if missing := sorted(columns - set(reader.fieldnames or ())):
            raise click.UsageError(f"{file}: the columns {', '.join(missing)} are missing")
        try:
            return [{column: int(row[column]) for column in columns} for row in reader]
        except (TypeError, ValueError) as wrong:
            raise click.UsageError(f"{file}, line {reader.line_num}: measures must be whole millimetres") from wrong


def _print_examined(file: Path, document: Mapping[str, Any], *, to_error: bool = False) -> None:
    for kind in ("errors", "warnings"):
        for each in document[kind]:
            click.echo(f"{file}:{each['line']}:{each['column']}: {kind[:-1]}: {each['text']}", err=to_error)
    click.echo(f"{len(document['errors'])} errors, {len(document['warnings'])} warnings", err=True)


def _print_tried(file: Path, document: Mapping[str, Any]) -> None:
    pairs = f"{document['pairs']} of {document['pairs_possible']} pairs of choices ({document['pairs_impossible']} more are impossible)"
    click.echo(f"{document['family']} {document['version']}: {document['proofs']} tests, {document['designs']} designs")
    click.echo(f"{pairs}, {document['at_random']} designs at random, {document['bodies']} bodies")
    _print_faults(file, document["faults"])
    for each in document["refusals"]:
        rules = ", ".join(each["rules"]) or "range"
        click.echo(f"refused: {each['bodies']} bodies (row {each['first_row']} first): {rules}: {' '.join(each['texts'])}")


def _print_faults(file: Path, faults: Sequence[Mapping[str, Any]], *, to_error: bool = False) -> None:
    for each in faults:
        where = f" ({each['designs']} designs, the first: {json.dumps(each['example'], ensure_ascii=False)})" if each["designs"] else ""
        click.echo(f"{file}:{each['line']}: error: {each['text']}{where}", err=to_error)


def _print_difference(file: Path, document: Mapping[str, Any]) -> None:
    for each in document["noticed"]:
        click.echo(f"{file}:{each['line']}: {each['name']}: {each['text']}")
    if not document["noticed"]:
        click.echo("Nothing that anybody would notice.")
    if document["affected"] is not None:
        for kind in ("orders", "designs"):
            counted = ", ".join(f"{number} {fate.replace('_', ' ')}" for fate, number in document["affected"][kind].items())
            click.echo(f"{kind}: {counted}")
        for hit in document["affected"]["hits"]:
            click.echo(f"{hit['order'] or hit['design']}: {hit['fate'].replace('_', ' ')}: {', '.join(hit['names'])}")


def _sentence(message: str, params: Mapping[str, Any]) -> str:
    from contracts.texts import Message
    from presentation.texts import render

    return render(Message.model_construct(id=message, params=dict(params)), "en")
