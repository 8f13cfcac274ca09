"""Which of the typed measures do not go with the others, and which slip would explain it? Asked again, never refused for being rare."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from configurator.engine.body_model import BodyModel
from configurator.engine.family.family import Family
from configurator.engine.slips import Slip, exchanges, misread

LIMIT = 3.5
"""Standard deviations. At most 1 in 200 real bodies is to be asked; of the survey's, who are less various than everybody, 4 of 4,538 are
(``benchmarks/configurator/plausible.py``)."""
PROBABLE = 2.5
"""As far at most is what somebody is said to have meant."""


@dataclass(frozen=True)
class Doubt:
    """A measure to be asked for again; ``against``: the one that it goes with least."""

    name: str
    against: str | None
    slip: Slip | None


def doubts(family: Family, model: BodyModel, typed: Mapping[str, int | Fraction], settled: Collection[str] = ()) -> list[Doubt]:
    """In the order of the file: measures outside their range, and those that do not go with the others, except for ``settled`` ones.

    Any of the family's measures may be missing. What is no whole number is outside.
    """
    whole = {name: value for name, value in typed.items() if isinstance(value, int)}
    inside = {name: value for name, value in whole.items() if family.dimensions[name].low <= value <= family.dimensions[name].high}
    trusted = _going_together(model, inside)
    asked = [name for name in family.dimensions if name in typed and name not in trusted and (name not in settled or name not in inside)]
    found: list[Doubt] = []
    for name in asked:
        if any(each.slip is not None and name in each.slip.instead for each in found):
            continue
        slip = _explained(family, model, typed, trusted, name, asked, settled)
        found.append(Doubt(name, _against(model, name, inside[name], trusted) if name in inside else None, slip))
    return found


def _going_together(model: BodyModel, measures: Mapping[str, int]) -> dict[str, int]:
    """Without the one that goes least with the others, and so on; those come back that go with what is left."""
    trusted = dict(measures)
    doubted: dict[str, int] = {}
    while trusted:
        far, name = max((_apart(model, name, value, trusted), name) for name, value in trusted.items())
        if far <= LIMIT:
            break
        doubted[name] = trusted.pop(name)
    for name, value in sorted(doubted.items(), key=lambda each: _apart(model, each[0], each[1], trusted)):
        if _apart(model, name, value, trusted) <= LIMIT:
            trusted[name] = value
    return trusted


def _explained(
    family: Family,
    model: BodyModel,
    typed: Mapping[str, int | Fraction],
    trusted: Mapping[str, int],
    name: str,
    asked: Collection[str],
    settled: Collection[str],
) -> Slip | None:
    """The slip after which everything goes together: one that explains two doubts before one that explains this alone, then the best."""
    whole = {each: value for each, value in typed.items() if isinstance(value, int)}
    others = [other for other in whole if model.knows(other) and other not in settled] if name in whole and model.knows(name) else []
    explained: list[tuple[int, float, Slip]] = []
    for slip in (*misread(family.dimensions[name], typed[name]), *exchanges(family, whole, name, others)):
        together = {**trusted, **slip.instead}
        far = max(_apart(model, each, value, together) for each, value in slip.instead.items())
        if far <= PROBABLE:
            explained.append((-sum(each in asked for each in slip.instead), far, slip))
    return min(explained, key=lambda each: each[:2])[2] if explained else None


def _against(model: BodyModel, name: str, value: int, trusted: Mapping[str, int]) -> str | None:
    return max(trusted, key=lambda other: model.apart(name, value, {other: trusted[other]}), default=None)


def _apart(model: BodyModel, name: str, value: int, measures: Mapping[str, int]) -> float:
    return model.apart(name, value, {other: number for other, number in measures.items() if other != name})
