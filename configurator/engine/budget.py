"""Can a product be had at a price? The question of a hundred choices at once, so it is asked of the solver that is at hand."""

from collections.abc import Sequence

from configurator.engine import completion
from configurator.engine.columns import Columns
from configurator.engine.solver.lease import Lease


def affordable(columns: Columns, lease: Lease, assumptions: Sequence[int], most_net: int) -> bool:
    """Whether a product that agrees with the assumptions has a net price of at most ``most_net``, in minor units; exact.

    All that would cost something is assumed away. Each set of it that cannot be had away costs at least its least amount, which is
    split off; what remains is asked again. That ends when the sum of the parts is too much, or with a product. (Core-guided lower bound,
    as the first phase of Morgado, Dodaro, Marques-Silva 2014.) Where the product costs too much and the sum does not, the optimum decides.
    """
    prices = columns.encoding.prices
    least = sum(min(0, price.amount) for price in prices)
    away: dict[int, int] = {}
    for price in prices:
        if price.amount:
            literal = -price.literal if price.amount > 0 else price.literal
            away[literal] = away.get(literal, 0) + abs(price.amount)
    while least <= most_net:
        if lease.holds([*assumptions, *sorted(away, key=lambda literal: (-away[literal], literal))]):
            return completion.net(columns, lease.model()) <= most_net or _optimum(columns, assumptions) <= most_net
        core = [literal for literal in lease.core() if literal in away]
        if not core:
            return False
        part = min(away[literal] for literal in core)
        least += part
        for literal in core:
            away[literal] -= part
            if not away[literal]:
                del away[literal]
    return False


def _optimum(columns: Columns, assumptions: Sequence[int]) -> int:
    found = completion.least(columns, assumptions)
    if found is None:
        raise AssertionError("a product was there, and is not for the optimum")
    return completion.net(columns, found)
