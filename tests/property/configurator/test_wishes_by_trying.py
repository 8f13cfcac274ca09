"""Marks and completions under wishes are what trying all products tells."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from configurator.catalogue import PublishedFamily
from configurator.completing import Completing
from configurator.designs import StoredDesign
from configurator.engine.configurator import CompiledFamily
from configurator.engine.decisions import Decision, Decisions
from configurator.engine.product import Product
from configurator.engine.wishes import Wishes, missed
from configurator.quoting import Quoting
from configurator.weighing import Weighing, named
from contracts.promise import PromiseQuote, PromiseRequest
from contracts.texts import Message
from tests.property.configurator.small_families import SmallFamily, Whole
from tests.property.configurator.test_answers_by_trying import agreeing, begun, whole_of

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


class Days:
    """Dates by the number of letters of what is made: not by the price, and nobody knows them beforehand."""

    def quote(self, requests: Sequence[PromiseRequest]) -> list[PromiseQuote]:
        binding = Message(id="test")
        dates = [NOW + timedelta(days=len(repr(each.materials)) % 5) for each in requests]
        return [
            PromiseQuote(key=each.key, finish_at=at, promised_at=at, binding=binding, country="NL")
            for each, at in zip(requests, dates, strict=True)
        ]


def alike(compiled: CompiledFamily, products: list[Whole], decisions: Decisions, choice: Decision, shown: Product) -> list[Whole]:
    """All products after the choice, with the measures of the one that would be shown."""
    single = [name for name, option in compiled.family.options.items() if option.single]
    option = choice.name.partition(".")[0]
    others = {
        each
        for each in decisions
        if not (each.name == choice.name and each.value is not False)
        and not (option in single and each.name.partition(".")[0] == option and each.value is True)
    }
    measures = {Decision(name, shown.numbers[name]) for name, each in compiled.family.dimensions.items() if each.measure}
    return agreeing(products, frozenset(others | {choice} | measures))


@given(begun(), st.integers(80, 140))
def test_a_choice_can_be_had_at_a_price_when_a_product_with_it_costs_no_more(
    case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions], most: int
) -> None:
    family, products, compiled, decisions = case
    open_now = [Decision(name, True) for name, status in compiled.state(decisions).statuses.items() if status == "open"]
    reachable = compiled.with_decided(decisions, open_now)
    found = compiled.affordable(decisions, reachable, most)
    for choice, shown in reachable.items():
        least = min(family.net(each) for each in alike(compiled, products, decisions, choice, shown))
        assert (choice in found) is (least <= most)


@given(begun(), st.integers(80, 140), st.integers(0, 4))
def test_marks_promise_what_they_say(case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions], most: int, days: int) -> None:
    family, products, compiled, decisions = case
    published, quoting = PublishedFamily(family.text), Quoting(Days(), UTC)
    wishes = Wishes(most, date(2026, 11, 24) + timedelta(days=days))
    design = StoredDesign("design", "sha256", "owner", "person", 1, decisions, None, wishes=wishes)
    now = quoting.figures(published, [compiled.reference(decisions)])[0]
    choices = [Decision(name, True) for name, status in compiled.state(decisions).statuses.items() if status == "open"]
    shown = compiled.with_decided(decisions, choices)
    for difference in Weighing(quoting).weighed(design, published, choices):
        choice = next(each for each in choices if named(each) == difference.name)
        found = {mark.wish: mark.always for mark in difference.breaks}
        then = quoting.figures(published, [shown[choice]])[0]
        least = min(family.net(each) for each in alike(compiled, products, decisions, choice, shown[choice]))
        if least > most:
            assert found["price"] is True
        else:
            assert found.get("price") is (False if now.total <= most < then.total else None)
        late = missed(wishes, then).days != 0
        if not late:
            assert "date" not in found
        if "date" in found and not found["date"]:
            assert missed(wishes, now).days == 0


@given(begun(), st.integers(80, 140), st.integers(0, 4), st.sampled_from(["cheapest", "earliest"]))
def test_a_completion_keeps_the_price_whenever_that_is_all_that_is_wished(
    case: tuple[SmallFamily, list[Whole], CompiledFamily, Decisions], most: int, days: int, objective: str
) -> None:
    """With a wished date too what is found is a product that agrees, and is said to keep the wishes only when it does."""
    family, products, compiled, decisions = case
    published, quoting = PublishedFamily(family.text), Quoting(Days(), UTC)
    measures = {
        Decision(name, compiled.reference(decisions).numbers[name]) for name, each in compiled.family.dimensions.items() if each.measure
    }
    left = agreeing(products, decisions | measures)
    least = min(family.net(each) for each in left)
    for wishes in (Wishes(most), Wishes(most, date(2026, 11, 24) + timedelta(days=days))):
        found = Completing(quoting, published, decisions, wishes).completed("cheapest" if objective == "cheapest" else "earliest")
        assert whole_of(found.product) in left
        kept = not missed(wishes, quoting.figures(published, [found.product])[0])
        assert kept is (found.cheapest is None)
        assert not ("price" in found.unreachable(wishes) and least <= most)
        if wishes.latest is None:
            assert kept is (least <= most)
