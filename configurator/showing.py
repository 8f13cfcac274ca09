"""How a design's state is put into words and figures."""

from collections.abc import Mapping

from configurator.catalogue import PublishedFamily
from configurator.designs import StoredDesign
from configurator.engine.configurator import Explanation, State, neighbours
from configurator.engine.decisions import NONE, Decisions
from configurator.engine.family.family import Ask, Derived, Dimension, Option, Value
from configurator.engine.garment import garment_measures, sizes
from configurator.engine.reasons import Reason
from configurator.engine.wishes import Figures, Wishes, missed
from configurator.engine.words import label_of, reason_text
from configurator.state import (
    DesignState,
    DimensionState,
    ExplanationState,
    GroupState,
    OptionState,
    OwnDesign,
    RepairState,
    Resized,
    Status,
    ValueState,
    WishesState,
)
from contracts.access import Principal
from contracts.model import Instant
from contracts.problems import DesignIncomplete
from contracts.promise import PromiseQuote
from contracts.texts import Message
from contracts.units import Currency, Money


def missing_measures(published: PublishedFamily, state: State) -> list[str]:
    """Body measures that the customer has not given."""
    own = {each.name for each in state.decisions}
    return [name for name, dimension in published.family.dimensions.items() if dimension.measure and name not in own]


def incomplete(published: PublishedFamily, design: str, state: State) -> DesignIncomplete | None:
    """The refusal of an order that lacks what only the customer can tell; it says the first thing and names all."""
    measures = missing_measures(published, state)
    asks = published.compiled.asking.open(state.reference, state.decisions)
    if not measures and not asks:
        return None
    first = Message(id="problem.design-incomplete.measures") if measures else next(iter(asks.values())).say
    return DesignIncomplete({"design": design, "first": first}, extra={"missing": [*measures, *asks]})


def steps_of(state: State, dimension: str) -> list[int]:
    """The next numbers below and above the one that stands."""
    return [each for each in neighbours(state.numbers[dimension], state.reference.numbers[dimension]) if each is not None]


def groups_of(published: PublishedFamily) -> tuple[GroupState, ...]:
    return tuple(GroupState(name=group.name, label=group.label, description=group.description) for group in published.family.groups)


def options_of(published: PublishedFamily, state: State, filled: Decisions = NONE) -> tuple[OptionState, ...]:
    """``filled``: those of the decisions that a completion made, which give way to what the customer chooses."""
    asks = published.compiled.asking.open(state.reference, state.decisions)
    freely = published.compiled.state(state.decisions - filled).statuses if filled else state.statuses
    return tuple(_option(published, state, freely, filled, option, asks.get(option.name)) for option in published.family.options.values())


def reasoned(published: PublishedFamily, state: DesignState, reasons: Mapping[str, Reason]) -> DesignState:
    """The state with why each value is excluded or forced."""
    said = {name: reason_text(published.family, reason) for name, reason in reasons.items()}
    options = tuple(
        option.model_copy(
            update={
                "values": tuple(
                    value.model_copy(update={"reason": said.get(f"{option.name}.{value.name}")})
                    if value.status in ("excluded", "forced")
                    else value
                    for value in option.values
                )
            }
        )
        for option in state.options
    )
    return state.model_copy(update={"options": options})


def dimensions_of(
    published: PublishedFamily, state: State, filled: Decisions = NONE, *, for_page: bool = False
) -> tuple[DimensionState, ...]:
    """``for_page``: without the ranges of body measures, which no page shows."""
    family = published.family
    manufacture = published.compiled.manufacture
    numbers, absent = manufacture.numbers(state.reference), manufacture.absent(state.reference)
    own, by_completion = {each.name for each in state.decisions - filled}, {each.name for each in filled}
    shown: list[Dimension | Derived] = [*family.dimensions.values(), *family.derived.values()]
    return tuple(
        DimensionState(
            name=each.name,
            group=each.group,
            label=each.label,
            description=each.description,
            unit=each.unit,
            measure=isinstance(each, Dimension) and each.measure,
            derived=isinstance(each, Derived),
            value=numbers[each.name],
            own=each.name in own,
            filled=each.name in by_completion,
            domain=(each.low, each.high, each.step) if isinstance(each, Dimension) else None,
            allowed=() if for_page and isinstance(each, Dimension) and each.measure else state.numbers.get(each.name, ()),
        )
        for each in shown
        if each.name not in absent
    )


def design_state(
    published: PublishedFamily, stored: StoredDesign, state: State, quote: PromiseQuote, principal: Principal, *, for_page: bool = False
) -> DesignState:
    """Everything there is to tell of a design; ``for_page`` leaves out what only programs read."""
    family = published.family
    missing = missing_measures(published, state)
    mine = stored.belongs_to(principal)
    return DesignState(
        design=stored.id,
        revision=stored.revision,
        family=family.name,
        family_version=family.version,
        family_sha256=family.sha256,
        family_label=family.label,
        name=stored.name if mine else "",
        example=family.example if missing else None,
        orderable=incomplete(published, stored.id, state) is None and quote.promised_at is not None,
        mine=mine,
        may_undo=mine and stored.undoes_to is not None,
        groups=groups_of(published),
        options=options_of(published, state, stored.filled),
        dimensions=dimensions_of(published, state, stored.filled, for_page=for_page),
        headline=family.headline,
        price=published.compiled.pricing.price(state.reference),
        finish_at=quote.finish_at,
        promised_at=quote.promised_at,
        binding=quote.binding,
        promised_for=quote.country,
        resized=_resized(published, stored, state) if mine else (),
    )


def _resized(published: PublishedFamily, stored: StoredDesign, state: State) -> tuple[Resized, ...]:
    """Where the product is no longer as large as the garment that was measured."""
    if not stored.garment:
        return ()
    now = sizes(published.family, state.reference)
    return tuple(
        Resized(
            name=each.name,
            label=each.label,
            unit=published.family.dimensions[each.name].unit,
            was=stored.garment[each.name],
            now=now[each.name],
        )
        for each in garment_measures(published.family)
        if stored.garment.get(each.name) not in (None, now[each.name])
    )


def wishes_state(wishes: Wishes, figures: Figures, currency: Currency) -> WishesState:
    """The wishes beside what a design misses of them."""
    misses = missed(wishes, figures)
    return WishesState(
        price=None if wishes.most is None else Money(amount=wishes.most, currency=currency),
        date=wishes.latest,
        kept=not misses,
        over=Money(amount=misses.over, currency=currency) if misses.over else None,
        days=misses.days or None,
        no_date=misses.days is None,
    )


def own_design(state: DesignState, changed_at: Instant) -> OwnDesign:
    """A design's line in its owner's list."""
    return OwnDesign(
        design=state.design,
        revision=state.revision,
        family=state.family,
        family_label=state.family_label,
        name=state.name,
        price=state.price.total,
        promised_at=state.promised_at,
        changed_at=changed_at,
    )


def explanation_state(published: PublishedFamily, found: Explanation) -> ExplanationState:
    """Why, and what to give up, in words."""
    family = published.family
    repairs = tuple(
        RepairState(give_up=tuple(each.name for each in way.give_up), text=tuple(label_of(family, each) for each in way.give_up))
        for way in found.repairs
    )
    return ExplanationState(
        name=found.name,
        status=found.status,
        decisions=() if found.reason is None else tuple(each.name for each in found.reason.decisions),
        reason=None if found.reason is None else reason_text(family, found.reason),
        rules=() if found.reason is None else tuple(rule.id for rule in found.reason.rules),
        repairs=repairs,
    )


def _option(
    published: PublishedFamily, state: State, freely: Mapping[str, Status], filled: Decisions, option: Option, ask: Ask | None
) -> OptionState:
    chosen = state.reference.chosen[option.name]
    names = {f"{option.name}.{value}" for value in option.values}
    own = any(each.name in names for each in state.decisions - filled)
    by_completion = {each.name for each in filled if each.name in names and each.value is True}
    replacing = {name for name in names if state.statuses[name] == "excluded" and freely[name] != "excluded"}
    return OptionState(
        name=option.name,
        group=option.group,
        label=option.label,
        description=option.description,
        fewest=option.fewest,
        most=option.most,
        own=own,
        filled=bool(by_completion) and not own,
        ask=None if ask is None else ask.say,
        values=tuple(
            ValueState(
                name=value.name,
                label=value.label,
                description=value.description,
                status="open" if (name := f"{option.name}.{value.name}") in replacing else state.statuses[name],
                chosen=value.name in chosen,
                filled=name in by_completion,
                replaces=name in replacing,
                price=Money(amount=value.price, currency=published.family.currency),
                swatch=_swatch(value),
            )
            for value in option.values.values()
        ),
    )


def _swatch(value: Value) -> str | None:
    colour = value.facts.get("swatch")
    return colour if isinstance(colour, str) else None
