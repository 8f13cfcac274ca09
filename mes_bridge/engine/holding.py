"""When an alarm of a control chart holds the machine: does the value that was just taken meet one of the plant's rules?"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from contracts.product import CharacteristicSpec
from contracts.texts import Localised
from mes_bridge.engine.spc.normalising import latest_q_statistics, place
from mes_bridge.engine.spc.rules import EWMA_RULE, ONE_SIDED, RULES, drifts, latest_alarm, latest_ewma

REACH = 250
"""Q statistics that are looked at: no rule of runs reaches back as far, and the smoothed value has kept 0.8 ** 250 of what came before,
less than arithmetic can tell."""


@dataclass(frozen=True)
class Charted:
    """What a chart takes of a value. ``place``: None where the limits leave no room: then it is on no chart."""

    place: float | None
    stream: str
    """Values of one checkpoint on one machine with the same one are compared."""
    one_sided: bool
    """No value can be below the lower limit."""


def charted(characteristic: CharacteristicSpec, operation: Localised, value: int) -> Charted:
    """``value``: in the characteristic's unit; ``operation``: what it is called."""
    lower, upper = characteristic.lower, characteristic.upper
    return Charted(
        place=place(value, lower, upper) if lower < upper else None,
        stream=json.dumps([characteristic.characteristic, characteristic.unit, operation.en], ensure_ascii=False),
        one_sided=is_one_sided(lower, characteristic.physical_minimum),
    )


def is_one_sided(lower: int, least: int | None) -> bool:
    """Whether no value can be below the lower limit. ``least``: what no value can be below at all."""
    return least is not None and lower <= least


def holding(places: Sequence[float], rules: Collection[str], one_sided: bool) -> tuple[str, ...]:
    """Those of ``rules`` that the last value meets.

    ``places``: of the values since the machine was last released, within their own tolerances, oldest first: a process that was
    adjusted begins its chart anew. ``one_sided``: no value can be below the lower limit.
    """
    latest, count = latest_q_statistics(places, REACH)
    if not latest:
        return ()
    met = set(latest_alarm(latest, ONE_SIDED if one_sided else RULES))
    smoothed, limit = latest_ewma(latest, count)
    if drifts(smoothed, limit, one_sided):
        met.add(EWMA_RULE)
    return tuple(sorted(met & set(rules)))
