"""How often is a real body asked again, and how often is a slip noticed and mended?

``python -m benchmarks.configurator.plausible [FILE]``: FILE is ANSUR II as CSV; without it the 200 bundled people, whom the statistics
have not seen. A slip is made in each measure of each of 200 bodies. *by the others*: without the help of the measure's range.
"""

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.configurator.bodies import bodies
from configurator.engine.body_model import BodyModel
from configurator.engine.family.family import Family
from configurator.engine.family.parse import parse_family
from configurator.engine.plausible import Doubt, doubts
from configurator.surveyed import body_statistics
from lotone.people import BUNDLED

SEED = 1
SLIPPING = 200
SLIPS: Mapping[str, tuple[int, int]] = {
    "inches as millimetres": (10, 254),
    "inches as centimetres": (100, 254),
    "centimetres as millimetres": (1, 10),
    "centimetres as inches": (254, 100),
    "a zero too many": (10, 1),
}
"""What is typed is so many times the measure."""
Body = dict[str, int]


def slipped(body: Body, name: str, slip: str) -> Body:
    times, by = SLIPS[slip]
    return {**body, name: (2 * body[name] * times + by) // (2 * by)}


def exchanged(body: Body, name: str, other: str) -> Body:
    return {**body, name: body[other], other: body[name]}


def whole_ranges(family: Family) -> Family:
    """The family with measures of any size."""
    measures = {name: replace(each, low=0, high=10**6 * each.step) for name, each in family.dimensions.items()}
    return replace(family, dimensions=measures)


def noticed(found: Sequence[Doubt], names: set[str]) -> bool:
    return any(each.name in names for each in found)


def mended(found: Sequence[Doubt], typed: Body, body: Body) -> bool:
    """Whether the first offer, taken, gives the body back: within what inches in whole millimetres cannot tell apart."""
    for each in found:
        if each.slip is not None:
            typed = {**typed, **each.slip.instead}
    return all(abs(typed[name] - body[name]) <= 13 for name in body)


def families() -> Iterator[tuple[Family, BodyModel]]:
    for name in ("shirt", "bicycle"):
        family = parse_family((BUNDLED.parent / f"{name}.yaml").read_text("utf-8"))
        yield family, BodyModel(family, body_statistics())


def percent(count: int, of: int) -> str:
    return f"{100 * count / of:.2f} %"


def main(path: Path) -> None:
    chance = random.Random(SEED)
    for family, model in families():
        everybody = bodies(path, family)
        names = list(everybody[0])
        possible = [body for body in everybody if all(body[name] in family.dimensions[name].domain for name in names)]
        asked = sum(bool(doubts(family, model, body)) for body in possible)
        print(f"{family.name}: {len(possible)} bodies within its ranges; asked again {percent(asked, len(possible))}")
        some = [{name: body[name] for name in chance.sample(names, chance.randint(1, len(names)))} for body in possible]
        print(f"  with some measures only {percent(sum(bool(doubts(family, model, body)) for body in some), len(some))}")
        rough = [{name: round(value * chance.gauss(1, 0.02)) for name, value in body.items()} for body in possible]
        print(f"  each measure out by 2 % at random {percent(sum(bool(doubts(family, model, body)) for body in rough), len(rough))}")
        any_size = whole_ranges(family)
        slipping = chance.sample(possible, min(SLIPPING, len(possible)))
        for slip in SLIPS:
            tried = [(body, name, slipped(body, name, slip)) for body in slipping for name in names]
            found = [doubts(family, model, typed) for _, _, typed in tried]
            caught = sum(noticed(each, {name}) for each, (_, name, _) in zip(found, tried, strict=True))
            back = sum(mended(each, typed, body) for each, (body, _, typed) in zip(found, tried, strict=True))
            alone = sum(noticed(doubts(any_size, model, typed), {name}) for _, name, typed in tried)
            told = f"noticed {percent(caught, len(tried))}, by the others {percent(alone, len(tried))}, offered {percent(back, len(tried))}"
            print(f"  {slip}: {told}")
        pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
        tried = [(body, pair, exchanged(body, *pair)) for body in slipping for pair in pairs]
        found = [doubts(family, model, typed) for _, _, typed in tried]
        caught = sum(noticed(each, set(pair)) for each, (_, pair, _) in zip(found, tried, strict=True))
        back = sum(mended(each, typed, body) for each, (body, _, typed) in zip(found, tried, strict=True))
        print(f"  two fields exchanged: noticed {percent(caught, len(tried))}, offered {percent(back, len(tried))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else BUNDLED)
