"""A remedy is a plan that could be made: it keeps every rule, and says truly what it gains, costs and whom it harms."""

from dataclasses import replace

from contracts.texts import Localised
from scheduler.engine.operations import Operation, Placement
from scheduler.engine.plant import Plant, parse_plant
from scheduler.engine.remedies import Remedy, remedies
from tests.workshop import DRAWN, moment, operation

HOUR_S = 3600
FRIDAY_S = moment("2026-11-27T05:00")
"""Six in the morning at the plant."""


def plant() -> Plant:
    return parse_plant(DRAWN.format(holiday="2020-01-01", absent="2020-01-02", service="2020-01-03", setup_b=0, off=""))


def placed(entry: Operation, machine: str, person: str | None, start: str, hours: int = 1) -> Placement:
    start_s = moment(start)
    return Placement(entry.key, entry.order, entry.setup_family, machine, person, start_s, start_s, start_s + hours * HOUR_S)


def found(wanted: Operation, place: Placement, *others: tuple[Operation, Placement]) -> dict[str, Remedy]:
    """By the last word of the message."""
    operations, places = [wanted, *(entry for entry, _ in others)], [place, *(other for _, other in others)]
    result = remedies(plant(), operations, places, wanted.order, FRIDAY_S)
    assert list(result) == sorted(result, key=lambda remedy: (remedy.lateness_s, len(remedy.delayed), remedy.cost.amount, remedy.finish_s))
    return {remedy.what.id.rpartition(".")[2]: remedy for remedy in result}


def test_free_time_helps_an_order_that_waits_for_nothing() -> None:
    wanted = replace(operation("wanted", 10, "B", HOUR_S), due_s=FRIDAY_S + 5 * HOUR_S)
    remedy = found(wanted, placed(wanted, "B-1", "P1", "2026-11-30T06:00"))["free"]
    assert (remedy.finish_s, remedy.lateness_s, remedy.cost.amount, remedy.delayed) == (FRIDAY_S + HOUR_S, 0, 0, ())


def test_overtime_is_paid_by_the_hours_that_the_order_works_in_it() -> None:
    wanted = replace(operation("wanted", 10, "B", 3 * HOUR_S), due_s=moment("2026-11-28T12:00"))
    day = replace(operation("other", 10, "B", 8 * HOUR_S), due_s=moment("2026-11-30T00:00"))
    evening = replace(operation("third", 10, "B", 8 * HOUR_S), due_s=moment("2026-11-30T00:00"))
    saturday = replace(operation("fourth", 10, "B", 8 * HOUR_S), due_s=moment("2026-11-30T00:00"))
    taken = (
        (day, placed(day, "B-1", "P1", "2026-11-27T05:00", 8)),
        (evening, placed(evening, "B-1", "P4", "2026-11-27T13:00", 8)),
        (saturday, placed(saturday, "B-1", "P4", "2026-11-28T13:00", 8)),
    )
    remedy = found(wanted, placed(wanted, "B-1", "P1", "2026-12-01T06:00", 3), *taken)["overtime"]
    assert remedy.what.params == {"group": Localised(en="B", zh="B"), "hours": 3}
    assert (remedy.finish_s, remedy.lateness_s) == (moment("2026-11-28T10:00"), 0)
    assert remedy.cost.amount == 3 * 6000


def test_a_partner_costs_its_price_and_the_way_there_and_back() -> None:
    wanted = replace(operation("wanted", 10, "O", HOUR_S), due_s=FRIDAY_S + 4 * HOUR_S)
    blocks = [replace(operation(name, 10, "O", 100 * HOUR_S), due_s=2**40) for name in ("one", "two")]
    taken = tuple(
        (entry, placed(entry, machine, None, "2026-11-27T05:00", 100)) for entry, machine in zip(blocks, ("O-1", "O-2"), strict=True)
    )
    remedy = found(wanted, placed(wanted, "O-1", None, "2026-12-03T06:00"), *taken)["partner"]
    assert (remedy.finish_s, remedy.lateness_s, remedy.cost.amount) == (FRIDAY_S + 4 * HOUR_S, 0, 500)


def test_going_first_names_who_pays_for_it() -> None:
    wanted = replace(operation("wanted", 10, "B", 2 * HOUR_S), due_s=moment("2026-11-27T11:00"))
    frozen = replace(operation("frozen", 10, "B", 2 * HOUR_S), due_s=moment("2026-11-27T07:00"))
    other = replace(operation("other", 10, "B", 5 * HOUR_S), due_s=moment("2026-11-27T14:00"))
    relaxed = replace(operation("relaxed", 10, "B", 2 * HOUR_S), due_s=2**40)
    remedy = found(
        wanted,
        placed(wanted, "B-1", "P4", "2026-11-27T15:00", 2),
        (frozen, placed(frozen, "B-1", "P1", "2026-11-27T05:00", 2)),
        (other, placed(other, "B-1", "P1", "2026-11-27T07:30", 5)),
        (relaxed, placed(relaxed, "B-1", "P4", "2026-11-27T13:00", 2)),
    )["first"]
    assert (remedy.finish_s, remedy.lateness_s, remedy.delayed) == (moment("2026-11-27T09:00"), 0, ("other",))


def test_what_is_frozen_or_begun_stays() -> None:
    wanted = replace(operation("wanted", 10, "B", HOUR_S), due_s=FRIDAY_S)
    assert found(wanted, placed(wanted, "B-1", "P1", "2026-11-27T06:00")) == {}


def test_what_reaches_no_earlier_pick_up_is_not_told() -> None:
    wanted = replace(operation("wanted", 10, "B", HOUR_S), due_s=FRIDAY_S)
    before_the_pick_up, after_it = "2026-11-27T13:30", "2026-11-27T16:00"
    assert "free" not in found(wanted, placed(wanted, "B-1", "P4", before_the_pick_up))
    assert "free" in found(wanted, placed(wanted, "B-1", "P4", after_it))


def test_an_order_without_open_work_has_no_remedy() -> None:
    assert remedies(plant(), [], [], "nobody", FRIDAY_S) == ()
