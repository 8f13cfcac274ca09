"""A better proof than the linear model's: each setup is divided among the orders of its slot where that raises the bound most."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduler.engine.daychoices import Choices, Floats
from scheduler.engine.daymodel import Relaxed
from scheduler.engine.daysupply import Market

SHARPNESS = 1.5
"""How strongly a setup moves towards the orders that would use it."""
SMOOTH = 0.1
"""At first an order leans towards all choices that cost so much of a mean setup more than its cheapest, at last a tenth of it."""
STEP = 0.01
"""By how much of the mean price of an hour a cell's price moves when it is asked for twice what it gives."""
COOLED = 0.9
"""Part of these three that is gone in the last round."""


@dataclass(frozen=True)
class Proof:
    """``relaxed``: what the linear model proves; ``bound``: what the best prices and division of setups do."""

    relaxed: float
    bound: float


def raised(choices: Choices, market: Market, relaxed: Relaxed, carried: Floats, rounds: int, left_s: Callable[[], float]) -> Proof:
    """A bound for every plan.

    At any prices of capacity each order takes its cheapest choice and the hours are offered where they earn most; what is left is a
    bound (Lagrangian relaxation: Fisher, *The Lagrangian relaxation method*, 1981). An order in a slot implies the slot's setup; hence
    any parts of a setup for the slot's entries that sum to one make a valid row. Parts are bettered by exponentiated gradients
    (Kivinen and Warmuth 1997), prices by subgradients, from the linear model's.
    """
    cell = choices.slot_cell[choices.slot]
    choice, column = np.nonzero(choices.setup_h[choices.slot] > 0)
    slot, begins = choices.slot[choice, column], choices.first[:-1]
    price, parts = relaxed.cell_price, (carried * choices.hours)[choice, column]
    setups = np.zeros(choices.hours.shape)
    mean = float(price[price > 0].mean()) if (price > 0).any() else 0.0
    first = best = 0.0
    for number in range(rounds + 1):
        warm = 1 - COOLED * number / max(1, rounds)
        earned = market.worth(price)
        if earned is None:
            break
        value, offered = earned
        dear = choices.setup_price + choices.setup_h * price[choices.slot_cell]
        base = choices.price + (choices.hours * price[cell]).sum(axis=1)
        cost = base + np.bincount(choice, parts * dear[slot], minlength=len(base))
        cheapest = np.minimum.reduceat(cost, begins)
        found = value + float(cheapest.sum())
        first, best = (found if number == 0 else first), max(best, found)
        if left_s() <= 0 or not dear.any():
            break
        smooth = SMOOTH * warm * float(dear[dear > 0].mean())
        lean = np.exp((cheapest[choices.order] - cost) / smooth)
        lean /= np.add.reduceat(lean, begins)[choices.order]
        setups[choice, column] = parts * choices.setup_h[slot]
        asked = np.bincount(cell.ravel(), ((choices.hours + setups) * lean[:, None]).ravel(), minlength=choices.cells + 1)
        price = np.maximum(0.0, price + STEP * warm * mean * (asked - offered) / np.maximum(offered, 1.0))
        price[-1] = 0.0
        parts = parts * np.exp(SHARPNESS * warm * lean)[choice]
        parts /= np.bincount(slot, parts, minlength=len(dear))[slot]
    return Proof(first, best)
