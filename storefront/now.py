"""What is being made of an order at this moment, what comes next, and which picture shows it."""

from collections.abc import Iterator, Sequence

from contracts.model import Contract
from contracts.order import OrderState
from contracts.product import WHOLE, ManufacturingSpecification
from contracts.quality import JudgedMeasurement
from contracts.texts import Localised, Message
from storefront.engine.order_life import CUT
from storefront.steps import DONE, PAUSED, REPEATED, RUNNING, WAITING
from storefront.viewing import OrderView, PieceView, StepView, StoryEntry

_FOUND = frozenset(f"storefront.story.{what}_{decided}" for what in ("failed", "scrapped") for decided in ("rework", "remake"))
_OVER = frozenset(f"storefront.story.{what}" for what in ("closed_rework", "closed_remake", "closed_use_as_is", "corrected"))
_ASKED, _SETTLED = "storefront.story.asked", "storefront.story.concession_"
_FOLLOWING = 2
_VALUES = 3


class Doing(Contract):
    """An operation that has begun and is not done."""

    operation: Localised
    sentence: Localised | None
    """In the customer's words, where the family has them."""
    paused: bool


class Now(Contract):
    doing: tuple[Doing, ...]
    following: tuple[Localised, ...]
    """Operations that may begin when what is under way is done."""
    held: Message | None
    """On hold: what was found and what was decided about it, or what the customer is asked."""
    values: tuple[JudgedMeasurement, ...]
    """The latest, newest first."""
    specification_sha256: str
    picture: str
    """Of that specification: what is worked on, else the whole product."""


def now_of(order: OrderView, specifications: Sequence[ManufacturingSpecification]) -> Now:
    """``specifications`` of the order's pieces, in their order."""
    told = list(zip(order.pieces, specifications, strict=True))
    steps = [(piece, made, step) for piece, made in told for step in piece.steps]
    begun = [each for each in steps if each[2].state in (RUNNING, PAUSED)] if order.state in CUT else []
    begun.sort(key=lambda each: (each[2].state == PAUSED, each[2].sequence))
    piece, made, shown = _worked_on(steps, begun) if order.state in CUT and steps else (*told[0], None)
    values = sorted((value for _, _, step in steps for value in step.measured), key=lambda value: value.at, reverse=True)
    return Now(
        doing=tuple(
            Doing(operation=step.label, sentence=spec.story_of(step.sequence).sentence, paused=step.state == PAUSED)
            for _, spec, step in begun
        ),
        following=tuple(label for each in told for label in _following(*each))[:_FOLLOWING] if _goes_on(order.state) else (),
        held=_held(order.story) if order.state == OrderState.ON_HOLD else None,
        values=tuple(values[:_VALUES]),
        specification_sha256=piece.specification_sha256,
        picture=(made.story_of(shown.sequence).picture if shown is not None else None) or WHOLE,
    )


type _Step = tuple[PieceView, ManufacturingSpecification, StepView]


def _goes_on(state: OrderState) -> bool:
    return state in CUT or state in {OrderState.PLACED, OrderState.PLANNED, OrderState.RELEASED}


def _worked_on(steps: Sequence[_Step], begun: Sequence[_Step]) -> _Step:
    """What is under way, else what was done last, else the first."""
    done = [each for each in steps if each[2].completed_at is not None]
    return next(iter(begun), None) or max(done, key=lambda each: str(each[2].completed_at), default=steps[0])


def _held(story: Sequence[StoryEntry]) -> Message | None:
    """The latest finding on a piece that still waits for its rework or remake; while its customer is asked instead, the question."""
    over, answered = set(), set()
    for entry in reversed(story):
        waits = entry.piece not in over
        if entry.message.id in _OVER:
            over.add(entry.piece)
        elif entry.message.id.startswith(_SETTLED):
            answered.add(entry.piece)
        elif waits and (entry.message.id in _FOUND or (entry.message.id == _ASKED and entry.piece not in answered)):
            return entry.message
    return None


def _following(piece: PieceView, made: ManufacturingSpecification) -> Iterator[Localised]:
    """Operations that wait for nothing but what is done or under way, in the order of the routing."""
    latest = {step.sequence: step for step in piece.steps if step.state != REPEATED}
    for operation in made.routing:
        step = latest.get(operation.sequence)
        before = [latest[each].state for each in operation.after if each in latest]
        if step is not None and step.state == WAITING and all(state in (DONE, RUNNING, PAUSED) for state in before):
            yield step.label
