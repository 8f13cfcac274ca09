"""How much later than planned may an order finish, so that the wanted share of promises holds?"""

from collections.abc import Sequence

ENOUGH = 40
"""Finished orders from which on their overruns say more than the plant file's first margin."""
LEARNED_FROM = 200
"""The last so many finished orders count."""


def margin_s(overruns_s: Sequence[int], service_level_percent: int, first_s: int) -> int:
    """Open seconds between an order's planned finish and the one its promise allows. Not booked capacity.

    ``overruns_s``: how much later (negative: earlier) finished orders were than planned when the shop got them, their whole
    routing with breakdowns, rework and remakes in it. The quantile is the smallest value that as many of them and the next one stay
    within (order statistics, David and Nagaraja 2003, ch. 7).
    """
    if len(overruns_s) < ENOUGH:
        return first_s
    rank = -(-service_level_percent * (len(overruns_s) + 1) // 100)
    return max(0, sorted(overruns_s)[min(rank, len(overruns_s)) - 1])
