"""How much later than planned may an order finish, so that the wanted share of promises holds?"""

LEARNED_FROM = 200
"""The last so many finished orders count."""
STEP_S = 3600
"""What one broken promise adds to the margin, less the share of promises that may break."""


def margin_s(late: int, kept: int, service_level_percent: int, first_s: int) -> int:
    """Open seconds between an order's planned finish and the one its promise allows. Not booked capacity.

    ``late`` and ``kept`` are the last finished orders by how their promises ended: breakdowns, rework and remakes of whole routings
    and waiting for others are all in that. Each broken promise lengthens the margin and each kept one shortens it, so that it tracks
    the quantile at which the wanted share holds (adaptive conformal inference, Gibbs and Candès 2021). How early an order finished is
    not asked: plans spend slack that they have, and a margin that learned from that would feed itself.
    """
    return max(0, first_s + STEP_S * (service_level_percent * late - (100 - service_level_percent) * kept) // 100)
