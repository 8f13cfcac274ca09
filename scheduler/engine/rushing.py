"""Three ways to hurry an order, each of which somebody else pays for: nobody, the house with money, customers with their dates."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from scheduler.engine.delivery import picked_up_at
from scheduler.engine.plant import Plant
from scheduler.engine.trial import Trial, Tried

Payer = Literal["nobody", "house", "customers"]
THREE = 3


@dataclass(frozen=True)
class Way:
    """One way to make the order earlier."""

    tried: Tried
    finish_s: int
    payer: Payer
    later: Mapping[str, int]
    """Orders that are picked up later for it, and when they are then finished."""


def ways(plant: Plant, trial: Trial, order: str, wanted_s: int | None, forbidden: Collection[str] = ()) -> list[Way]:
    """The best way of each payer, filled up to three with the next best; none when nothing reaches an earlier pick-up.

    ``wanted_s``: the finish that is wanted; without it the earliest is the best. ``forbidden``: orders whose pick-up may not become later.
    Of two ways that reach the wanted finish, the one with fewer later orders, then the cheaper one, then the earlier one is better.
    """
    ranked: list[Way] = []
    for way in sorted(_ways(plant, trial, order, forbidden), key=lambda way: _rank(way, wanted_s)):
        if not any(_same(way, other) for other in ranked):
            ranked.append(way)
    best: list[Way] = []
    for payer in ("nobody", "house", "customers"):
        best += [way for way in ranked if way.payer == payer][:1]
    more = [way for way in ranked if way not in best]
    return sorted([*best, *more[: THREE - len(best)]], key=lambda way: _rank(way, wanted_s))


def _rank(way: Way, wanted_s: int | None) -> tuple[int, int, int, int]:
    missed_s = max(0, way.finish_s - wanted_s) if wanted_s is not None else way.finish_s
    return missed_s, len(way.later), way.tried.cost_minor, way.finish_s


def _ways(plant: Plant, trial: Trial, order: str, forbidden: Collection[str]) -> Iterator[Way]:
    """Those that reach an earlier pick-up. Of an order that has no place yet the ordinary way, into free time, is one of them."""
    before_s = trial.finish_s
    for tried in trial.ways():
        finishes = trial.finishes_with(tried)
        later = {
            other: finish
            for other, finish in finishes.items()
            if other != order and picked_up_at(plant, finish) > picked_up_at(plant, trial.finishes.get(other, finish))
        }
        earlier = picked_up_at(plant, finishes[order]) < picked_up_at(plant, before_s)
        if earlier and not any(other in forbidden for other in later):
            yield Way(tried, finishes[order], _payer(tried, later), later)
        if tried.kind == "free" and order not in trial.finishes:
            before_s = min(before_s, finishes[order])


def _same(one: Way, other: Way) -> bool:
    """Whether they come to the same for everybody."""
    return (one.payer, one.finish_s, one.tried.cost_minor, one.later) == (other.payer, other.finish_s, other.tried.cost_minor, other.later)


def _payer(tried: Tried, later: Mapping[str, int]) -> Payer:
    if later:
        return "customers"
    return "house" if tried.cost_minor else "nobody"
