"""The rooms' lists on SQLite and PostgreSQL: every column sorts both ways, every filter and the search are understood."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contracts.listing import Part, Question
from ledger.unit_of_work import Ledger
from mes_bridge.web.lists import MEASUREMENTS, NONCONFORMANCES, SET_ASIDE
from presentation.lists import ListDescription
from scheduler.web.lists import OPERATIONS, VERSIONS
from storefront.web.order_book import ORDERS
from tests.scheduling import opened, placed
from tests.unit.mes_bridge.shop import Shop
from tests.unit.storefront.fakes import GUEST, Shopfront, rider

type Ask = Callable[[Question], Part[Any]]


def planned(ledger: Ledger) -> dict[str, Ask]:
    service = opened(ledger)
    placed(ledger, service, "order_1", "order_2")
    return {OPERATIONS.name: service.operations, VERSIONS.name: service.plan_versions}


def ordered(ledger: Ledger) -> dict[str, Ask]:
    shop = Shopfront(ledger)
    for key in ("k1", "k2"):
        shop.service.place_order(GUEST, shop.wanted(customer=rider()), key)
    return {ORDERS.name: shop.service.listed_orders}


def measured(ledger: Ledger) -> dict[str, Ask]:
    shop = Shop(ledger)
    shop.release()
    shop.make(10, 20)
    shop.report(shop.id_of(30), "started")
    shop.measure(shop.id_of(30), "twist", "10.3")
    shop.measure("nowhere", "twist", "10")
    service = shop.service
    return {
        NONCONFORMANCES.name: service.listed_nonconformances,
        MEASUREMENTS.name: service.listed_measurements,
        SET_ASIDE.name: service.listed_messages,
    }


def questions(description: ListDescription) -> Iterator[Question]:
    for column in description.columns:
        if column.sortable:
            yield from (Question(column.key, descending, size=1) for descending in (False, True))
    for each in description.filters:
        yield from (Question(description.sort, filters={each.key: value}) for value in each.values or ("CUT", "bicycle"))
    if description.search:
        yield from (Question(description.sort, search=words) for words in ("1", "no such thing", "100% \\_"))


@pytest.mark.parametrize("room", [planned, ordered, measured])
def test_every_question_is_answered(ledger_on: Ledger, room: Callable[[Ledger], dict[str, Ask]]) -> None:
    descriptions = {each.name: each for each in (OPERATIONS, VERSIONS, ORDERS, NONCONFORMANCES, MEASUREMENTS, SET_ASIDE)}
    for name, ask in room(ledger_on).items():
        everything = ask(Question(descriptions[name].sort))
        assert everything.total == everything.matching == len(everything.rows) > 0
        assert all(isinstance(row, descriptions[name].row) for row in everything.rows)
        for question in questions(descriptions[name]):
            part = ask(question)
            assert part.total == everything.total
            assert part.matching <= everything.total
            assert all(row in everything.rows for row in part.rows), (name, question)
