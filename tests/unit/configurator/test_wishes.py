"""Wishes on price and date: what is missed, what is marked, what a completion does for them, who sees them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from configurator.catalogue import PublishedFamily
from configurator.completing import Completing, Objective
from configurator.engine.decisions import NONE, Decisions, Retract, Select, SetNumber
from configurator.engine.product import Product
from configurator.engine.wishes import NO_WISHES, Figures, Mark, Missed, Wishes, marks, missed
from configurator.quoting import Quoting
from configurator.service import Service
from configurator.state import DesignState, Difference
from configurator.tables import DecisionRow
from contracts.access import Principal, Role
from contracts.problems import DecisionRefused, NotPermitted, StaleRevision, UnitMismatch
from contracts.units import Money
from tests.bicycles import bicycle_shop

OWNER = Principal(id="guest_1", role=Role.CONSUMER)
STRANGER = Principal(id="guest_2", role=Role.CONSUMER)
Scoring = Callable[[Sequence[Product]], Sequence[tuple[int, ...]]]
FRIDAY = date(2026, 12, 4)
ALWAYS_DEAR, NOW_DEAR = Mark(wish="price", always=True), Mark(wish="price", always=False)
ALWAYS_LATE, NOW_LATE = Mark(wish="date", always=True), Mark(wish="date", always=False)


def figures(total: int, days: int | None = 0) -> Figures:
    """A product that comes some days after Friday; None: never."""
    if days is None:
        return Figures(total, None, None)
    day = FRIDAY + timedelta(days=days)
    return Figures(total, datetime(day.year, day.month, day.day, 15, tzinfo=UTC), day)


@pytest.mark.parametrize(
    ("wishes", "product", "misses"),
    [
        (NO_WISHES, figures(10**9, None), Missed(0, 0)),
        (Wishes(most=900), figures(900, None), Missed(0, 0)),
        (Wishes(most=900), figures(912), Missed(12, 0)),
        (Wishes(latest=FRIDAY), figures(912), Missed(0, 0)),
        (Wishes(latest=FRIDAY), figures(912, -3), Missed(0, 0)),
        (Wishes(900, FRIDAY), figures(1000, 3), Missed(100, 3)),
        (Wishes(latest=FRIDAY), figures(1, None), Missed(0, None)),
    ],
)
def test_a_product_misses_what_is_above_the_price_or_after_the_day(wishes: Wishes, product: Figures, misses: Missed) -> None:
    assert missed(wishes, product) == misses
    assert bool(misses) is (misses != Missed(0, 0))


@pytest.mark.parametrize(
    ("now", "then", "affordable", "known", "marked"),
    [
        (880, 900, True, (), ()),
        (880, 920, True, (), (NOW_DEAR,)),
        (880, 920, False, (), (ALWAYS_DEAR,)),
        (1000, 1020, True, (), ()),
        (1000, 1020, False, (), (ALWAYS_DEAR,)),
    ],
)
def test_a_price_is_marked_when_the_click_breaks_it_or_nothing_keeps_it(
    now: int, then: int, affordable: bool, known: tuple[Figures, ...], marked: tuple[Mark, ...]
) -> None:
    assert marks(Wishes(most=900), figures(now, None), figures(then, None), affordable, known) == marked


@pytest.mark.parametrize(
    ("now", "then", "known", "marked"),
    [
        (0, 0, (), ()),
        (0, 1, (figures(1, 1),), (ALWAYS_LATE,)),
        (0, 1, (figures(1, 1), figures(1, 0)), (NOW_LATE,)),
        (1, 1, (figures(1, 0),), ()),
        (None, None, (figures(1, None),), (ALWAYS_LATE,)),
        (0, None, (), (ALWAYS_LATE,)),
    ],
)
def test_a_date_is_marked_when_the_click_breaks_it_or_nothing_known_keeps_it(
    now: int | None, then: int | None, known: tuple[Figures, ...], marked: tuple[Mark, ...]
) -> None:
    assert marks(Wishes(latest=FRIDAY), figures(1, now), figures(1, then), True, known) == marked


def test_the_day_is_the_one_that_customers_are_shown() -> None:
    late = datetime(2026, 12, 4, 23, 30, tzinfo=UTC)
    told = [Quoting(None, zone).told(1, late).day for zone in (UTC, ZoneInfo("Europe/Amsterdam"))]  # type: ignore[arg-type]
    assert told == [FRIDAY, date(2026, 12, 5)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with bicycle_shop(tmp_path_factory.mktemp("wishes")) as service:
        yield service


@pytest.fixture
def bicycle(service: Service) -> DesignState:
    """A measured one; the default costs CN¥10,380.18 and comes as early as any."""
    state = service.create_design("bicycle", OWNER)
    return service.decide(state.design, 0, [SetNumber(set="inseam", value=860), SetNumber(set="body_reach", value=1300)], OWNER)


@pytest.fixture
def wish(service: Service, bicycle: DesignState) -> Callable[..., DesignState]:
    def wished(most: int | None = None, days: int | None = None) -> DesignState:
        """``days``: how many after the date of the design as it stands."""
        now = service.design(bicycle.design, OWNER)
        assert now.promised_at is not None
        latest = None if days is None else now.promised_at.date() + timedelta(days=days)
        return service.wish(now.design, now.revision, None if most is None else Money(amount=most, currency="CNY"), latest, OWNER)

    return wished


def breaking(service: Service, state: DesignState, **want: object) -> set[str]:
    found: list[Difference] = service.differences(state.design, OWNER)
    return {each.name for each in found if any(mark.model_dump().items() >= want.items() for mark in each.breaks)}


def test_a_wish_changes_no_decision_price_or_option(service: Service, bicycle: DesignState, wish: Callable[..., DesignState]) -> None:
    state = wish(most=500_000, days=-9)
    assert state.wishes is not None
    assert not state.wishes.kept
    assert (state.wishes.over, state.wishes.days) == (Money(amount=538_018, currency="CNY"), 9)
    assert (state.options, state.price, state.revision) == (bicycle.options, bicycle.price, bicycle.revision + 1)
    taken = service.decide(state.design, state.revision, [Select(select="material.titanium")], OWNER)
    assert taken.wishes is not None
    assert taken.wishes.price == Money(amount=500_000, currency="CNY")


def test_marks_are_what_no_completion_keeps(service: Service, wish: Callable[..., DesignState]) -> None:
    """Each marked value costs more than the wish in its cheapest completion, each other one does not."""
    state = wish(most=600_000)
    marked = breaking(service, state, wish="price", always=True)
    assert "material.titanium" in marked
    for name in ("material.titanium", "transmission.derailleur_2x", "colour.coral", "tread.slick"):
        if not any(each.name == name for each in service.differences(state.design, OWNER)):
            continue
        chosen = service.decide(state.design, service.design(state.design, OWNER).revision, [Select(select=name)], OWNER)
        done = service.complete(chosen.design, chosen.revision, "cheapest", OWNER)
        assert (done.price.total.amount > 600_000) is (name in marked)
        undone = service.undo(done.design, done.revision, OWNER)
        service.undo(undone.design, undone.revision, OWNER)


def test_what_breaks_a_kept_wish_by_one_click_is_marked_as_such(service: Service, wish: Callable[..., DesignState]) -> None:
    state = wish(most=1_040_000, days=0)
    assert state.wishes is not None
    assert state.wishes.kept
    dearer = {each.name for each in service.differences(state.design, OWNER) if each.price.amount > 1_982}
    assert breaking(service, state, wish="price") == dearer
    assert "material.titanium" in breaking(service, state, wish="date")
    assert breaking(service, service.wish(state.design, state.revision, None, None, OWNER)) == set()


def test_the_earliest_date_keeps_the_price_when_that_can_be(service: Service, wish: Callable[..., DesignState]) -> None:
    state = wish(most=700_000)
    done = service.complete(state.design, state.revision, "earliest", OWNER)
    assert done.wishes is not None
    assert done.wishes.kept
    assert done.price.total.amount <= 700_000
    assert done.promised_at == state.promised_at


def test_the_least_price_keeps_the_date_when_that_can_be(service: Service, bicycle: DesignState) -> None:
    """Titanium takes a day more than the date that is wished for: only choices that take less work make up for it."""
    slow = service.decide(bicycle.design, bicycle.revision, [Select(select="mudguards.full"), Select(select="lights.dynamo")], OWNER)
    assert slow.promised_at is not None
    state = service.wish(slow.design, slow.revision, None, slow.promised_at.date(), OWNER)
    done = service.complete(state.design, state.revision, "cheapest", OWNER)
    assert done.wishes is not None
    assert done.wishes.kept
    assert done.price.total.amount < slow.price.total.amount


def test_what_cannot_be_had_is_said_with_the_best_that_can(service: Service, wish: Callable[..., DesignState]) -> None:
    state = wish(most=500_000)
    done = service.complete(state.design, state.revision, "cheapest", OWNER)
    assert done.wishes is not None
    assert (done.wishes.unreachable, done.wishes.least_price) == (("price",), done.price.total)
    again = service.design(done.design, OWNER).wishes
    assert again is not None
    assert (again.least_price, again.unreachable) == (None, ())
    dated = service.wish(done.design, done.revision, None, date(2026, 11, 24), OWNER)
    fast = service.complete(dated.design, dated.revision, "earliest", OWNER)
    assert fast.wishes is not None
    assert (fast.wishes.unreachable, fast.wishes.earliest_at) == (("date",), fast.promised_at)


@pytest.fixture
def small(service: Service) -> DesignState:
    """A bicycle whose default costs twice the least price and takes no longer."""
    state = service.create_design("bicycle", OWNER)
    return service.decide(state.design, 0, [SetNumber(set="inseam", value=840), SetNumber(set="body_reach", value=1270)], OWNER)


@pytest.mark.parametrize("objective", ["cheapest", "earliest"])
def test_a_price_that_can_be_kept_is_kept_when_the_date_cannot(service: Service, small: DesignState, objective: Objective) -> None:
    early = service.complete(small.design, small.revision, "earliest", OWNER)
    assert early.promised_at is not None
    possible = early.promised_at.date()
    begun = service.undo(early.design, early.revision, OWNER)
    state = service.wish(begun.design, begun.revision, Money(amount=530_000, currency="CNY"), possible - timedelta(days=1), OWNER)
    done = service.complete(state.design, state.revision, objective, OWNER)
    assert done.wishes is not None
    assert done.wishes.over is None
    assert done.wishes.unreachable == ("date",)
    if objective == "earliest":
        assert done.promised_at is not None
        assert done.promised_at.date() == possible
    assert done.wishes.earliest_at is not None
    assert done.wishes.earliest_at.date() == possible


@pytest.mark.parametrize("objective", ["cheapest", "earliest"])
def test_a_date_that_can_be_kept_is_kept_when_the_price_cannot(service: Service, small: DesignState, objective: Objective) -> None:
    assert small.promised_at is not None
    state = service.wish(small.design, small.revision, Money(amount=1, currency="CNY"), small.promised_at.date(), OWNER)
    done = service.complete(state.design, state.revision, objective, OWNER)
    assert done.wishes is not None
    assert (done.wishes.days, done.wishes.no_date, done.wishes.unreachable) == (None, False, ("price",))
    assert done.price.total.amount < small.price.total.amount


class Listed(Quoting):
    """Figures as they are listed for each product's name."""

    def __init__(self, listed: dict[str, Figures]) -> None:
        self._listed = listed

    def figures(self, published: PublishedFamily, products: Sequence[Product]) -> list[Figures]:
        return [self._listed[each.chosen["name"][0]] for each in products]


class Named:
    """A family of products that are their names: the search from any of them tries all."""

    def __init__(self, listed: dict[str, Figures]) -> None:
        self.products = [Product({"name": (name,)}, {}) for name in listed]
        self._listed = listed

    def cheapest(self, decisions: Decisions) -> Product:
        return min(self.products, key=lambda each: self._listed[each.chosen["name"][0]].total)

    def least(self, decisions: Decisions, score: Scoring) -> Product:
        return self.descended(decisions, self.products[0], score)

    def descended(self, decisions: Decisions, start: Product, score: Scoring) -> Product:
        scores = score(self.products)
        return self.products[list(scores).index(min(scores))]


@pytest.mark.parametrize(
    ("objective", "listed", "taken", "reached"),
    [
        ("earliest", {"default": (1038, 1), "steel": (528, 1), "slow": (527, 2)}, "steel", (527, 1)),
        ("cheapest", {"default": (1038, 1), "steel": (528, 1), "slow": (527, 2)}, "slow", (527, 1)),
        ("earliest", {"fast": (1038, 1), "steel": (528, 2), "slow": (527, 3)}, "steel", (527, 2)),
        ("cheapest", {"fast": (1038, 1), "steel": (528, 2), "slow": (527, 3)}, "slow", (527, 2)),
        ("earliest", {"fast": (1038, 0), "steel": (528, 2), "slow": (527, 3)}, "steel", (527, 0)),
        ("cheapest", {"fast": (1038, 0), "steel": (528, 2), "slow": (527, 3)}, "slow", (527, 0)),
        ("earliest", {"fast": (1038, -1), "like": (900, -1), "mid": (800, 0), "slow": (540, 3)}, "like", (540, -1)),
        ("cheapest", {"fast": (1038, -1), "like": (900, -1), "mid": (800, 0), "slow": (540, 3)}, "mid", (540, -1)),
        ("earliest", {"fast": (1038, -1), "mid": (530, 0), "slow": (527, 3)}, "mid", None),
        ("cheapest", {"fast": (1038, -1), "mid": (530, 0), "slow": (527, 3)}, "mid", None),
    ],
)
def test_what_can_be_kept_comes_before_the_objective_and_the_price_before_the_date(
    objective: Objective, listed: dict[str, tuple[int, int]], taken: str, reached: tuple[int, int] | None
) -> None:
    """Wished: 530 on Friday. ``reached``: the least price and the days after Friday that are told."""
    told = {name: figures(*each) for name, each in listed.items()}
    published = SimpleNamespace(compiled=Named(told))
    found = Completing(Listed(told), published, NONE, Wishes(530, FRIDAY)).completed(objective)  # type: ignore[arg-type]
    assert found.product.chosen["name"] == (taken,)
    if reached is None:
        assert (found.cheapest, found.earliest) == (None, None)
    else:
        assert found.cheapest is not None
        assert found.earliest is not None
        assert found.earliest.day is not None
        assert (found.cheapest.total, (found.earliest.day - FRIDAY).days) == reached


def chosen(state: DesignState) -> tuple[object, ...]:
    return state.options, state.price, state.promised_at


def test_a_completion_after_another_fills_in_all_that_the_customer_did_not_choose(service: Service, small: DesignState) -> None:
    early = service.complete(small.design, small.revision, "earliest", OWNER)
    cheap = service.complete(early.design, early.revision, "cheapest", OWNER)
    assert cheap.price.total.amount < early.price.total.amount
    again = service.complete(cheap.design, cheap.revision, "earliest", OWNER)
    assert early.promised_at == cheap.promised_at
    assert chosen(again) == chosen(cheap), "nothing comes earlier, so that nothing gets dearer"
    back = service.undo(again.design, again.revision, OWNER)
    assert chosen(back) == chosen(cheap)
    wished = service.wish(back.design, back.revision, Money(amount=900_000, currency="CNY"), None, OWNER)
    within = service.complete(wished.design, wished.revision, "earliest", OWNER)
    assert within.promised_at == early.promised_at
    for _ in range(4):
        within = service.undo(within.design, within.revision, OWNER)
    assert chosen(within) == chosen(small)


def test_what_was_decided_before_or_after_a_completion_stays(service: Service, small: DesignState) -> None:
    own = service.decide(small.design, small.revision, [Select(select="colour.coral")], OWNER)
    early = service.complete(own.design, own.revision, "earliest", OWNER)
    cheap = service.complete(early.design, early.revision, "cheapest", OWNER)
    assert own_choices(cheap) == {"colour.coral"}
    changed = service.decide(cheap.design, cheap.revision, [Select(select="bell.brass"), Retract(retract="colour.coral")], OWNER)
    done = service.complete(changed.design, changed.revision, "earliest", OWNER)
    assert own_choices(changed) == own_choices(done) == {"bell.brass"}


def test_what_a_completion_filled_in_is_told_apart_until_the_customer_chooses_it(service: Service, small: DesignState) -> None:
    own = service.decide(small.design, small.revision, [Select(select="colour.coral")], OWNER)
    done = service.complete(own.design, own.revision, "cheapest", OWNER)
    by_completion = filled_in(done)
    assert by_completion
    assert not by_completion & own_choices(done)
    made = service.outline(done.design, OWNER).specification
    assert {f"{each.option}.{each.value}" for each in made.choices if each.filled} == by_completion
    assert {f"{each.option}.{each.value}" for each in made.choices if each.own} == {"colour.coral"}
    assert {each.filled for each in service.offer(done.design, OWNER).choices} == {True, False}
    copy = service.copy_design(done.design, STRANGER)
    assert (own_choices(copy), filled_in(copy)) == (own_choices(done), by_completion)
    taken = sorted(by_completion)[0]
    chosen_too = service.decide(done.design, done.revision, [Select(select=taken)], OWNER)
    assert chosen_too.revision > done.revision
    assert (own_choices(chosen_too), filled_in(chosen_too)) == ({"colour.coral", taken}, by_completion - {taken})
    back = service.undo(chosen_too.design, chosen_too.revision, OWNER)
    assert filled_in(back) == by_completion


def test_what_a_completion_filled_in_gives_way_to_a_choice(service: Service, small: DesignState) -> None:
    own = service.decide(small.design, small.revision, [Select(select="colour.coral")], OWNER)
    done = service.complete(own.design, own.revision, "cheapest", OWNER)
    replacing = {f"{option.name}.{value.name}" for option in done.options for value in option.values if value.replaces}
    excluded = {f"{option.name}.{value.name}" for option in done.options for value in option.values if value.status == "excluded"}
    never = {f"{option.name}.{value.name}" for option in own.options for value in option.values if value.status == "excluded"}
    assert "brake.disc_hydraulic" in replacing
    assert excluded == never, "only what the customer chose stands in the way"
    clicked = service.click(done.design, done.revision, [Select(select="brake.disc_hydraulic")], OWNER, "en")
    assert "rotor" in {each.name for each in clicked.also}, "what gave way is told"
    braked = clicked.state
    assert own_choices(braked) == {"colour.coral", "brake.disc_hydraulic"}
    assert filled_in(braked) < filled_in(done), "as much as can be is kept"
    assert len(filled_in(braked)) > len(filled_in(done)) // 2
    city = service.decide(braked.design, braked.revision, [Select(select="style.city")], OWNER)
    with pytest.raises(DecisionRefused):
        service.decide(city.design, city.revision, [Select(select="bar.drop")], OWNER)


def own_choices(state: DesignState) -> set[str]:
    return {value for value, filled in decided(state) if not filled}


def filled_in(state: DesignState) -> set[str]:
    return {value for value, filled in decided(state) if filled}


def decided(state: DesignState) -> list[tuple[str, bool]]:
    """Values that are decided to be had, and whether a completion filled them in."""
    return [
        (f"{option.name}.{value.name}", value.filled)
        for option in state.options
        for value in option.values
        if value.status == "decided" and value.chosen
    ]


def test_undo_takes_a_wish_back(service: Service, bicycle: DesignState, wish: Callable[..., DesignState]) -> None:
    state = wish(most=900_000)
    changed = wish(most=800_000)
    before = service.undo(changed.design, changed.revision, OWNER)
    assert before.wishes == state.wishes
    assert service.undo(before.design, before.revision, OWNER).wishes is None
    assert service.undo(bicycle.design, service.design(bicycle.design, OWNER).revision, OWNER).revision == bicycle.revision + 5


def test_wishes_are_their_owners_alone(service: Service, wish: Callable[..., DesignState]) -> None:
    state = wish(most=900_000, days=0)
    assert service.design(state.design, STRANGER).wishes is None
    assert all(each.breaks == () for each in service.differences(state.design, STRANGER))
    assert service.copy_design(state.design, STRANGER).wishes is None
    own = service.copy_design(state.design, OWNER)
    assert own.wishes is not None
    assert own.wishes.price == Money(amount=900_000, currency="CNY")
    with pytest.raises(NotPermitted):
        service.wish(state.design, state.revision, None, None, STRANGER)
    with service.ledger.reading() as session:
        row = session.get(DecisionRow, (state.design, state.revision))
    assert row is not None
    assert row.decisions == []
    assert b"900000" not in (row.measures or b"")


def test_a_wish_on_an_older_revision_or_in_other_money_is_refused(service: Service, wish: Callable[..., DesignState]) -> None:
    state = wish(most=900_000)
    with pytest.raises(StaleRevision):
        service.wish(state.design, state.revision - 1, None, None, OWNER)
    with pytest.raises(UnitMismatch):
        service.wish(state.design, state.revision, Money(amount=1, currency="EUR"), None, OWNER)
    same = service.wish(state.design, state.revision, Money(amount=900_000, currency="CNY"), None, OWNER)
    assert same.revision == state.revision
