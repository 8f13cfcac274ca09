"""What does this process refuse for being too much? Counted for whoever watches it."""

from dataclasses import dataclass

from presentation.capacity import Places
from presentation.rates import RateLimits


@dataclass(frozen=True)
class Refusals:
    places: Places
    rates: RateLimits

    def counts(self) -> dict[str, int]:
        """By reason: no place was free, a caller asked too often."""
        return {"capacity": self.places.refused, "rate": self.rates.refused}
