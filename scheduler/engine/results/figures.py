"""What does a course come to: stock turnover, energy, lead time, service, forecasts and promises?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scheduler.engine.results.axis import OpenAxis
from scheduler.engine.results.simulation import Busy, Course, Delivered
from scheduler.engine.results.world import Floor

YEAR_DAYS = 365
WATT_SECONDS = 3_600_000
"""In a kilowatt-hour."""


@dataclass(frozen=True)
class Window:
    """Open seconds that count: what came before only fills the plant."""

    from_s: float
    to_s: float


@dataclass(frozen=True)
class Energy:
    """Of a piece."""

    kwh: float
    cost_minor: float


def figures_of(axis: OpenAxis, floor: Floor, course: Course, window: Window) -> dict[str, float]:
    """The figures of a course that every policy has. Energy: as it is, and where standby machines switch themselves off."""
    asked = [each for each in course.delivered if window.from_s <= each.order.at_s < window.to_s]
    sent = sum(1 for each in course.delivered if window.from_s <= each.at_s < window.to_s)
    days = axis.days_between(window.from_s, window.to_s)
    lead = [axis.days_between(each.order.at_s, each.at_s) for each in asked]
    kept_on, switched = (energy_of(axis, floor, course.busy, window, off, sent) for off in (False, True))
    return {
        "turnover_per_year": sent / days * YEAR_DAYS / stock_value(floor, course, window, sent / days),
        "kwh_per_piece": kept_on.kwh,
        "energy_cost_minor_per_piece": kept_on.cost_minor,
        "kwh_per_piece_switching_off": switched.kwh,
        "energy_cost_minor_per_piece_switching_off": switched.cost_minor,
        "setup_h_per_100_pieces": sum(each.setup_s for each in _begun(course.busy, window)) / 36 / max(1, sent),
        "lead_days": sum(lead) / max(1, len(lead)),
        "on_time_percent": 100 * sum(days <= each.order.wished_days for days, each in zip(lead, asked, strict=True)) / max(1, len(asked)),
    }


def promises_of(axis: OpenAxis, floor: Floor, course: Course, window: Window) -> dict[str, float]:
    """How often each quantile that was told at the order held, the share of promises kept, and the mean lead times that were told."""
    told: list[tuple[Delivered, tuple[float, ...]]] = [
        (each, (*each.forecast.quantiles, each.forecast.finish_s))
        for each in course.delivered
        if each.forecast is not None and each.forecast.quantiles and window.from_s <= each.order.at_s < window.to_s
    ]
    if not told:
        return {}
    count, levels = len(told), floor.levels
    found = {
        f"held_at_{level}_percent": 100 * sum(each.at_s <= at[place] for each, at in told) / count for place, level in enumerate(levels)
    }
    for place, level in enumerate(levels):
        found[f"quoted_days_at_{level}"] = sum(axis.days_between(each.order.at_s, at[place]) for each, at in told) / count
    found["forecast_error_h"] = sum(each.at_s - at[-1] for each, at in told) / count / 3600
    place = levels.index(floor.service_level)
    found["kept_percent"] = found[f"held_at_{floor.service_level}_percent"]
    found["quoted_days"] = sum(axis.days_between(each.order.at_s, at[place]) for each, at in told) / count
    return found


def stock_value(floor: Floor, course: Course, window: Window, sent_a_day: float) -> float:
    """Mean value of raw material (the same for all), work in progress and finished goods, in finished pieces."""
    value, length = floor.demand.value, window.to_s - window.from_s
    wip = sum(max(0.0, min(end, window.to_s) - max(start, window.from_s)) for start, end in course.in_work) / length
    goods = 0.0
    changes = [*course.stocked, (window.to_s, 0)]
    for (at_s, pieces), (until_s, _) in pairwise(changes):
        goods += pieces * max(0.0, min(until_s, window.to_s) - max(at_s, window.from_s)) / length
    return value.raw_days * sent_a_day * value.raw_percent / 100 + wip * value.wip_percent / 100 + goods


def energy_of(axis: OpenAxis, floor: Floor, busy: Sequence[Busy], window: Window, switches_off: bool, sent: int) -> Energy:
    """A piece's share of all machines' energy in open hours; closed hours, in which all are off, are left out."""
    shares = floor.demand.energy
    by_machine: defaultdict[tuple[int, int], list[Busy]] = defaultdict(list)
    for each in _begun(busy, window):
        by_machine[each.step, each.machine].append(each)
    watt_s = cost = 0.0

    def use(used_ws: float, from_s: float, to_s: float) -> None:
        nonlocal watt_s, cost
        watt_s += used_ws
        cost += used_ws * axis.price(from_s, to_s)

    for step, machines in enumerate(floor.machines):
        power_w = floor.power_w[step]
        setup_w, idle_w, off_w = (power_w * share / 100 for share in (shares.setup_percent, shares.idle_percent, shares.off_percent))
        for machine in range(len(machines)):
            at_s = window.from_s
            for then in [*by_machine[step, machine], None]:
                gap_to_s = window.to_s if then is None else then.start_s
                awake_s = min(gap_to_s, at_s + shares.switch_off_s) if switches_off else gap_to_s
                if gap_to_s > at_s:
                    use(idle_w * (awake_s - at_s), at_s, awake_s)
                    if gap_to_s > awake_s:
                        use(off_w * (gap_to_s - awake_s), awake_s, gap_to_s)
                if then is not None:
                    broken_s = then.end_s - then.start_s - then.setup_s - then.run_s
                    use(setup_w * then.setup_s + power_w * then.run_s + off_w * broken_s, then.start_s, then.end_s)
                    at_s = then.end_s
    return Energy(watt_s / WATT_SECONDS / max(1, sent), cost / WATT_SECONDS / max(1, sent))


def _begun(busy: Sequence[Busy], window: Window) -> list[Busy]:
    return [each for each in busy if window.from_s <= each.start_s < window.to_s]


BETTER: Mapping[str, bool] = {
    "turnover_per_year": True,
    "kwh_per_piece": False,
    "energy_cost_minor_per_piece": False,
    "kwh_per_piece_switching_off": False,
    "energy_cost_minor_per_piece_switching_off": False,
    "setup_h_per_100_pieces": False,
    "lead_days": False,
    "on_time_percent": True,
}
"""Whether more is better."""
