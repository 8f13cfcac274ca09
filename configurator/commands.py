"""`lotone configurator`: what a model and a file of decisions lead to."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from configurator.family_commands import text_of

MODEL = click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
FAMILY_SUFFIXES = (".yaml", ".yml")
DECISIONS = click.argument("decisions", type=click.Path(exists=True, dir_okay=False, path_type=Path))
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


@click.group()
def configurator() -> None:
    """Ask a model what is possible. Features are option values (`option.value`)."""


@configurator.command("analyse")
@MODEL
@JSON
def analyse_command(model: Path, as_json: bool) -> None:
    """Whether MODEL has any product, which features all products have (core) and none has (dead)."""
    from configurator.replay import analysis

    began = time.perf_counter()
    document = _questions(model).analysis() if _is_feature_model(model) else analysis(_compiled(model), 0)
    document["seconds"] = round(time.perf_counter() - began, 3)
    _answer(document, as_json)


@configurator.command("replay")
@MODEL
@DECISIONS
@JSON
def replay_command(model: Path, decisions: Path, as_json: bool) -> None:
    """Take the decisions of DECISIONS.json one by one; the exact state after each."""
    from configurator.replay import Replay, names_of, percentiles, read_changes, step_document
    from presentation.texts import render

    if _is_feature_model(model):
        _answer(_questions(model).replay(read_changes(text_of(decisions))), as_json)
        return
    compiled = _compiled(model)
    run = Replay(compiled).run(read_changes(text_of(decisions)))
    steps = [
        step_document(compiled, change, accepted, None if reason is None else render(reason, "en"), state, ms)
        for change, accepted, reason, state, ms in run
    ]
    times = percentiles([ms for *_, ms in run])
    _answer({"features": len(names_of(compiled)), "steps": steps, "milliseconds": times}, as_json)


@configurator.command("explain")
@MODEL
@DECISIONS
@click.argument("name")
@JSON
def explain_command(model: Path, decisions: Path, name: str, as_json: bool) -> None:
    """Why the feature NAME is forced or excluded after the decisions, and what to give up."""
    from configurator.replay import explanation

    if _is_feature_model(model):
        questions = _questions(model)
        _answer(questions.explanation(_accepted(questions, decisions), name), as_json)
        return
    compiled = _compiled(model)
    _answer(explanation(compiled, _decided(compiled, decisions), name), as_json)


@configurator.command("complete")
@MODEL
@DECISIONS
@click.option("--objective", type=click.Choice(["cheapest"]), default="cheapest", show_default=True)
@click.option("--attribute", default="Price", show_default=True, help="What is to be least: an attribute of the features.")
@JSON
def complete_command(model: Path, decisions: Path, objective: str, attribute: str, as_json: bool) -> None:
    """The cheapest product that agrees with the decisions; of a family its value is the net price in minor units.

    Exit 1 when MODEL has no product, or none was found in time.
    """
    from configurator.replay import completion

    if _is_feature_model(model):
        began = time.perf_counter()
        questions = _questions(model)
        document = questions.completion(_accepted(questions, decisions), attribute)
        _answer(document | {"seconds": round(time.perf_counter() - began, 3)}, as_json)
        sys.exit(0 if document["value"] is not None else 1)
    if attribute != "Price":
        raise click.UsageError("a family has the attribute Price only")
    compiled = _compiled(model)
    _answer(completion(compiled, _decided(compiled, decisions)), as_json)


@configurator.command("count")
@MODEL
@click.option("--time-limit", type=click.FloatRange(min=0.1), default=120, show_default=True, help="Seconds.")
@JSON
def count_command(model: Path, time_limit: float, as_json: bool) -> None:
    """How many products MODEL has, exactly; of a family, the combinations of options for which there are dimensions.

    When the time does not suffice: a number that there are at least, and exit 1.
    """
    from configurator.feature_models import count_family

    began = time.perf_counter()
    document = _questions(model).count(time_limit) if _is_feature_model(model) else count_family(_compiled(model), time_limit)
    document["seconds"] = round(time.perf_counter() - began, 3)
    # Numbers of products have thousands of digits.
    sys.set_int_max_str_digits(0)
    _answer(document, as_json)
    sys.exit(0 if document["exact"] else 1)


@configurator.command("convert")
@MODEL
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@JSON
def convert_command(model: Path, out: Path, as_json: bool) -> None:
    """Write MODEL as OUT.(uvl|dimacs|yaml); of a family its options and the rules between them. What is left out is told."""
    from configurator.engine.boolean_part import boolean_part
    from configurator.engine.family_write import write_family
    from configurator.feature_models import SUFFIXES, Questions

    if out.suffix not in (*SUFFIXES, ".yaml"):
        raise click.UsageError(f"to one of {', '.join(SUFFIXES)}, .yaml")
    if not out.parent.is_dir():
        raise click.UsageError(f"there is no folder {out.parent}")
    questions = _questions(model) if _is_feature_model(model) else Questions(boolean_part(_compiled(model).family))
    if out.suffix == ".yaml":
        text, left_out = write_family(questions.model, out.stem)
    else:
        text, left_out = questions.written(out.suffix), questions.left_out(out.suffix)
    out.write_text(text, encoding="utf-8")
    for each in left_out:
        click.echo(f"left out: {each}", err=True)
    if as_json:
        click.echo(json.dumps({"out": str(out), "features": questions.model.count, "left_out": left_out}, ensure_ascii=False))


def _is_feature_model(model: Path) -> bool:
    from configurator.feature_models import SUFFIXES

    kind = model.suffix.lower()
    if kind and kind not in (*SUFFIXES, *FAMILY_SUFFIXES):
        raise click.UsageError(f"{model} is none of {', '.join((*SUFFIXES, *FAMILY_SUFFIXES))}")
    return kind in SUFFIXES


def _questions(model: Path) -> Any:
    from configurator.feature_models import Questions, read_model

    return Questions(read_model(model))


def _accepted(questions: Any, file: Path) -> Any:
    """What is left of the file's decisions; those that are refused are told on standard error."""
    from configurator.replay import read_changes

    decisions, refused = questions.after(read_changes(text_of(file)))
    for each in refused:
        click.echo(f"refused: {each}", err=True)
    return decisions


def _compiled(model: Path) -> Any:
    from configurator.engine.configurator import compile_family
    from configurator.engine.family.parse import parse_family

    return compile_family(parse_family(text_of(model)))


def _decided(compiled: Any, file: Path) -> Any:
    """What is left of the file's decisions; those that are refused are told on standard error."""
    from configurator.replay import Replay, read_changes
    from presentation.texts import render

    replay = Replay(compiled)
    for change in read_changes(text_of(file)):
        accepted, reason = replay.step(change)
        if not accepted:
            click.echo(f"refused: {change.model_dump_json()}: {'' if reason is None else render(reason, 'en')}", err=True)
    return replay.decisions


def _answer(document: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    for name, content in document.items():
        if isinstance(content, list) and content and isinstance(content[0], dict):
            for each in content:
                click.echo(f"{name}: {json.dumps(each, ensure_ascii=False)}")
        else:
            click.echo(f"{name}: {content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)}")
