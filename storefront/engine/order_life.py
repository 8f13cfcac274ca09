"""How the facts that reach an order move it through its life."""

from contracts.model import Contract
from contracts.order import OrderState, moved

_ROAD = (
    OrderState.PLACED,
    OrderState.PLANNED,
    OrderState.RELEASED,
    OrderState.IN_PRODUCTION,
    OrderState.INSPECTED,
    OrderState.SHIPPED,
)
CUT = frozenset({OrderState.IN_PRODUCTION, OrderState.ON_HOLD})
"""Material is cut."""
OPEN = frozenset({OrderState.PLACED, OrderState.PLANNED, OrderState.RELEASED}) | CUT


class OpenNonConformance(Contract):
    """A piece that waits for its rework or remake."""

    nonconformance: str
    piece: str


class Standing(Contract):
    """Where an order and its pieces stand."""

    state: OrderState
    pieces: frozenset[str]
    completed: frozenset[str] = frozenset()
    nonconformances: frozenset[OpenNonConformance] = frozenset()


def _forward(state: OrderState, wanted: OrderState) -> OrderState:
    """``wanted``, reached step by step along the road, or ``state`` when it lies behind. Facts may skip steps, an order may not."""
    if state not in _ROAD or _ROAD.index(state) >= _ROAD.index(wanted):
        return state
    for step in _ROAD[_ROAD.index(state) + 1 : _ROAD.index(wanted) + 1]:
        state = moved(state, step)
    return state


def is_open(state: OrderState) -> bool:
    """Placed and not yet finished, given up or sent."""
    return state in OPEN


def planned(standing: Standing) -> Standing:
    return standing.model_copy(update={"state": _forward(standing.state, OrderState.PLANNED)})


def released(standing: Standing) -> Standing:
    return standing.model_copy(update={"state": _forward(standing.state, OrderState.RELEASED)})


def started(standing: Standing) -> Standing:
    return standing.model_copy(update={"state": _forward(standing.state, OrderState.IN_PRODUCTION)})


def held(standing: Standing, nonconformance: OpenNonConformance) -> Standing:
    """A piece failed a checkpoint. Facts about pieces that are not of the order (any more) change nothing."""
    if not is_open(standing.state) or nonconformance.piece not in standing.pieces:
        return standing
    state = started(standing).state
    return standing.model_copy(
        update={
            "state": state if state is OrderState.ON_HOLD else moved(state, OrderState.ON_HOLD),
            "nonconformances": standing.nonconformances | {nonconformance},
        }
    )


def resumed(standing: Standing, nonconformance: str) -> Standing:
    """A non-conformance is closed; production goes on when none is left."""
    left = frozenset(each for each in standing.nonconformances if each.nonconformance != nonconformance)
    return _settled(standing.model_copy(update={"nonconformances": left}))


def completed(standing: Standing, piece: str) -> Standing:
    """Every operation of the piece is done and every checkpoint passed; the last piece makes the order inspected."""
    if not is_open(standing.state) or piece not in standing.pieces:
        return standing
    left = frozenset(each for each in standing.nonconformances if each.piece != piece)
    begun = started(standing)
    return _settled(begun.model_copy(update={"completed": begun.completed | {piece}, "nonconformances": left}))


def shipped(standing: Standing) -> Standing:
    return standing.model_copy(update={"state": moved(standing.state, OrderState.SHIPPED)})


def delivered(standing: Standing) -> Standing:
    return standing.model_copy(update={"state": moved(standing.state, OrderState.IN_SERVICE)})


def _settled(standing: Standing) -> Standing:
    state = standing.state
    if state is OrderState.ON_HOLD and not standing.nonconformances:
        state = moved(state, OrderState.IN_PRODUCTION)
    if state is OrderState.IN_PRODUCTION and standing.completed == standing.pieces:
        state = moved(state, OrderState.INSPECTED)
    return standing.model_copy(update={"state": state})
