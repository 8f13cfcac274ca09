"""Many designs of a family driven through price, bill of materials, routing, quality plan, drawing and cutting."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched
from multiprocessing import get_context
from typing import Any

from configurator.engine.bodies import measures_of
from configurator.engine.configurator import CompiledFamily, compile_family
from configurator.engine.covering import at_random, covering
from configurator.engine.decisions import NONE, SetNumber
from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family
from configurator.engine.family_check import require_product
from configurator.engine.finding import Finding
from configurator.engine.product import Product
from configurator.engine.proofs import unproved
from configurator.engine.trial import faults_of
from configurator.trial_report import Fault, Refusal, TrialReport
from contracts.problems import DecisionRefused
from contracts.texts import Localised, Message, Text

BATCH = 8
"""Designs that a process takes at a time."""


@dataclass(frozen=True)
class Extent:
    """How much is tried. ``pairs_designs``: at most so many designs of pairs; None: until every pair was tried."""

    pairs_designs: int | None = None
    at_random: int = 100
    seed: int = 1


AT_PUBLISHING = Extent(pairs_designs=150, at_random=50)
"""What stands between a new version and the customers."""


@dataclass(frozen=True)
class _Tried:
    """One design: its faults, or why its body is refused."""

    product: Product | None
    findings: tuple[Finding, ...] = ()
    rules: tuple[str, ...] = ()
    texts: tuple[Text, ...] = ()


Body = Mapping[str, int]
Item = Product | Body
Progress = Callable[[int, int], None]


def try_family(text: str, extent: Extent, bodies: Sequence[Body], processes: int, progress: Progress) -> TrialReport:
    """Try the family's tests, pairs of choices, designs at random, and everybody of a survey. ``progress(done, of)`` is told designs.

    Raises SourceInvalid for what is no family, or has no product. Equal arguments give an equal report, whatever the number of processes.
    """
    compiled = _compiled(text)
    family = compiled.family
    require_product(compiled)
    pairs = covering(compiled, extent.seed)
    of_pairs = pairs.products[: extent.pairs_designs]
    drawn = list(at_random(compiled, extent.at_random, extent.seed))
    items: list[Item] = [*of_pairs, *drawn, *bodies]
    tried = _all_tried(text, items, processes, progress)
    proved = [_Tried(None, tuple(unproved(compiled, proof))) for proof in family.tests]
    return TrialReport(
        family=family.name,
        version=family.version,
        sha256=family.sha256,
        proofs=len(family.tests),
        designs=len(items),
        pairs=sum(pairs.fresh[: len(of_pairs)]),
        pairs_possible=sum(pairs.fresh),
        pairs_impossible=pairs.impossible,
        at_random=len(drawn),
        bodies=len(bodies),
        faults=_faults(family, [*proved, *tried]),
        refusals=_refusals(tried[len(of_pairs) + len(drawn) :]),
    )


def _all_tried(text: str, items: Sequence[Item], processes: int, progress: Progress) -> list[_Tried]:
    """What became of each, in the order of the items."""
    batches = [list(batch) for batch in batched(items, BATCH)]
    found: dict[int, list[_Tried]] = {}
    done = 0
    progress(0, len(items))
    for number, tried in _batches_tried(text, batches, processes):
        found[number] = tried
        done += len(tried)
        progress(done, len(items))
    return [each for number in sorted(found) for each in found[number]]


def _batches_tried(text: str, batches: Sequence[list[Item]], processes: int) -> Iterator[tuple[int, list[_Tried]]]:
    """As they come. One process: this one; a job's process may not have children."""
    if processes == 1:
        yield from ((number, _batch_tried(text, batch)) for number, batch in enumerate(batches))
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        numbers = {pool.submit(_batch_tried, text, batch): number for number, batch in enumerate(batches)}
        try:
            yield from ((numbers[future], future.result()) for future in as_completed(numbers))
        finally:
            pool.shutdown(cancel_futures=True)


def _batch_tried(text: str, batch: Sequence[Item]) -> list[_Tried]:
    compiled = _compiled(text)
    return [_tried(compiled, item) if isinstance(item, Product) else _fitted(compiled, item) for item in batch]


@lru_cache(1)
def _compiled(text: str) -> CompiledFamily:
    """Once a process."""
    return compile_family(parse_family(text))


def _tried(compiled: CompiledFamily, product: Product) -> _Tried:
    return _Tried(product, tuple(dict.fromkeys(faults_of(compiled, product, NONE, lay=True))))


def _fitted(compiled: CompiledFamily, body: Body) -> _Tried:
    """The family's default for a body."""
    measures = measures_of(compiled.family, body)
    try:
        decisions = compiled.decide(NONE, [SetNumber(set=name, value=value) for name, value in measures.items()])
    except DecisionRefused as refused:
        reasons = refused.extra["reasons"]
        texts = tuple(_said(each["text"]) for each in reasons)
        return _Tried(None, rules=tuple(each["rule"] for each in reasons if each["rule"]), texts=texts)
    return _tried(compiled, compiled.reference(decisions))


def _said(text: dict[str, Any]) -> Text:
    return Message.model_validate(text) if "id" in text else Localised.model_validate(text)


def _faults(family: Family, tried: Sequence[_Tried]) -> tuple[Fault, ...]:
    """One for each line and kind, in the order of the file."""
    of: dict[tuple[int, str], list[tuple[Finding, Product | None]]] = {}
    for each in tried:
        for finding in each.findings:
            of.setdefault((finding.line, finding.message), []).append((finding, each.product))
    return tuple(
        Fault(
            line=line,
            message=message,
            params=dict(found[0][0].params),
            designs=len({product.key for _, product in found if product is not None}),
            example=_as_changes(family, found[0][1]),
        )
        for (line, message), found in sorted(of.items())
    )


def _as_changes(family: Family, product: Product | None) -> tuple[dict[str, Any], ...]:
    if product is None:
        return ()
    chosen = [{"select": f"{option}.{value}"} for option, values in product.chosen.items() for value in values]
    numbers = [{"set": name, "value": number, "unit": family.dimensions[name].unit} for name, number in product.numbers.items()]
    return (*numbers, *chosen)


def _refusals(of_bodies: Sequence[_Tried]) -> tuple[Refusal, ...]:
    """By cause, the commonest first."""
    by_cause: dict[tuple[str, ...], list[int]] = {}
    for row, each in enumerate(of_bodies, start=1):
        if each.product is None:
            cause = each.rules or tuple(text.model_dump_json() for text in each.texts)
            by_cause.setdefault(cause, []).append(row)
    return tuple(
        Refusal(rules=first.rules, texts=first.texts, bodies=len(rows), first_row=rows[0])
        for rows in sorted(by_cause.values(), key=lambda rows: (-len(rows), rows[0]))
        for first in (of_bodies[rows[0] - 1],)
    )
