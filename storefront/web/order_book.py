"""The order book for staff: a page, a spreadsheet and the API's list of orders."""

from flask import Blueprint, render_template

from contracts.access import Permission
from presentation.guard import requires
from presentation.lists import Column, Filter, ListDescription, add_list, list_page
from storefront.listing import SHOWN_STATES, ListedOrder
from storefront.service import Service

ORDERS = ListDescription(
    name="orders",
    title="storefront.book.title",
    path="/order-book",
    api="/api/v1/orders",
    summary="Every order",
    permission=Permission.VIEW_ALL_ORDERS,
    row=ListedOrder,
    columns=(
        Column("order", "storefront.book.order", "name", href="/orders/{order}"),
        Column("product", "storefront.book.product", "words", sortable=False),
        Column("state", "storefront.book.state", "state", "order"),
        Column("placed_at", "storefront.book.placed", "time"),
        Column("promised_at", "storefront.book.promised", "day"),
        Column("expected_at", "storefront.book.expected", "day"),
        Column("late", "storefront.book.late", "mark", "storefront.book.late."),
        Column("total", "storefront.book.total", "money"),
    ),
    sort="order",
    descending=True,
    empty="storefront.book.empty",
    search="storefront.book.search",
    filters=(
        Filter("state", "storefront.book.state", "state.order.", SHOWN_STATES),
        Filter("family", "storefront.book.product"),
        Filter("late", "storefront.book.late", "storefront.book.late.", ("yes", "no")),
    ),
)


def add_routes(pages: Blueprint, service: Service) -> None:
    @pages.get(ORDERS.path)
    @requires(ORDERS.permission)
    def order_book() -> str:
        view = list_page(ORDERS, service.listed_orders, {"family": service.ordered_families()})
        return render_template("list.html", view=view)

    add_list(pages, ORDERS, service.listed_orders)
