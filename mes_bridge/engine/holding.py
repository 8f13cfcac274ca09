"""When an alarm of a control chart holds the machine: does the value that was just taken meet one of the plant's rules?"""

from collections.abc import Collection, Sequence

from mes_bridge.engine.spc.normalising import q_statistics
from mes_bridge.engine.spc.rules import EWMA_RULE, ONE_SIDED, RULES, alarms, drifts, ewma


def holding(places: Sequence[float], rules: Collection[str], one_sided: bool) -> tuple[str, ...]:
    """Those of ``rules`` that the last value meets.

    ``places``: of the values since the machine was last released, within their own tolerances, oldest first: a process that was
    adjusted begins its chart anew. ``one_sided``: no value can be below the lower limit.
    """
    known = [q for q in q_statistics(places) if q is not None]
    if not known:
        return ()
    met = set(alarms(known, ONE_SIDED if one_sided else RULES)[-1])
    smoothed, limit = ewma(known)[-1]
    if drifts(smoothed, limit, one_sided):
        met.add(EWMA_RULE)
    return tuple(sorted(met & set(rules)))
