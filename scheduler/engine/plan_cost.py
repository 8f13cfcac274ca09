"""What does the work that is still to be done cost, beyond what it costs in any plan? Hours, setups, partners, energy."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduler.engine.calendar import Calendar, Stretch, merged
from scheduler.engine.operations import Placement
from scheduler.engine.plant import Plant
from scheduler.engine.tariff import energy_price

PRICED_S = 900
"""The tariff is asked once for each quarter of an hour."""


@dataclass(frozen=True)
class PlanCost:
    """Seconds of machine time, watt hours, and minor units of the plant's currency."""

    beyond_s: int
    """Outside of the weekly hours of the shifts: overtime, and shifts whose hours were changed."""
    setup_s: int
    energy_wh: int
    beyond_minor: int
    setup_minor: int
    partner_minor: int
    energy_minor: int

    @property
    def total_minor(self) -> int:
        return self.beyond_minor + self.setup_minor + self.partner_minor + self.energy_minor


def plan_cost(plant: Plant, places: Iterable[Placement], now_s: int) -> PlanCost:
    """Of these places, by the plant's prices: overtime by the machine hour, setups, partners by the operation, energy by the tariff.

    Each sum is rounded up once. A partner's machine draws its own energy.
    """
    laid = list(places)
    own = [place for place in laid if plant.machines[place.machine].partner is None]
    partners = (plant.machines[place.machine].partner for place in laid)
    setup_s = sum(place.start_s - place.setup_start_s for place in own)
    beyond = _beyond_s(plant, own, now_s)
    price_of: dict[int, int] = {}
    energy_ws = priced_ws = 0
    for place in own:
        power_w = plant.groups[plant.machines[place.machine].group].power_w
        if power_w:
            energy_ws += power_w * (place.end_s - place.setup_start_s)
            priced_ws += power_w * _priced_s(plant, place, price_of)
    overtime = plant.overtime.price_minor_per_h if plant.overtime is not None else 0
    return PlanCost(
        beyond_s=beyond,
        setup_s=setup_s,
        energy_wh=-(-energy_ws // 3600),
        beyond_minor=-(-beyond * overtime // 3600),
        setup_minor=-(-setup_s * plant.planning.setup_price_minor_per_h // 3600),
        partner_minor=sum(partner.price_minor for partner in partners if partner is not None),
        energy_minor=-(-priced_ws // 3_600_000),
    )


def _priced_s(plant: Plant, place: Placement, price_of: dict[int, int]) -> int:
    """Seconds times minor units a kWh."""
    total, at = 0, place.setup_start_s
    while at < place.end_s:
        quarter = at - at % PRICED_S
        if quarter not in price_of:
            price_of[quarter] = energy_price(plant, quarter)
        until = min(quarter + PRICED_S, place.end_s)
        total += (until - at) * price_of[quarter]
        at = until
    return total


def _beyond_s(plant: Plant, own: list[Placement], now_s: int) -> int:
    """Seconds of the places in which their machine is not open by the weekly hours of its shifts."""
    if not own:
        return 0
    weekly = plant.model_copy(update={"shift_changes": (), "maintenance": ()})
    return beyond_s(Calendar(weekly, min(now_s, *(place.setup_start_s for place in own)), max(place.end_s for place in own)), own)


def beyond_s(calendar: Calendar, places: Sequence[Placement]) -> int:
    """Seconds of the places in which their machine is not open."""
    beyond = 0
    for machine in {place.machine for place in places}:
        taken = [(place.setup_start_s, place.end_s) for place in places if place.machine == machine]
        beyond += sum(end - start for start, end in taken) - _common_s(merged(taken), calendar.machine(machine))
    return beyond


def _common_s(first: list[Stretch], second: list[Stretch]) -> int:
    """Seconds that lie in both of two sorted, disjoint lists."""
    total = one = other = 0
    while one < len(first) and other < len(second):
        total += max(0, min(first[one][1], second[other][1]) - max(first[one][0], second[other][0]))
        if first[one][1] <= second[other][1]:
            one += 1
        else:
            other += 1
    return total
