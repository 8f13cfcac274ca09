"""The storefront's pages and API: read, call the service, render."""

from flask import Blueprint

from contracts.texts import Message
from presentation.language import current_language
from storefront.documents.wording import with_days
from storefront.service import Service
from storefront.web import account, api, basket, changes, checkout, complaints, front, order_book, orders, own_account, sign_in


def blueprint(service: Service) -> Blueprint:
    """Front page, basket, checkout, orders, account; the order API."""
    pages = Blueprint("storefront", __name__, template_folder="templates")
    zone = service.shop.time_zone

    @pages.app_template_filter()
    def in_days(message: Message) -> Message:
        return with_days(message, current_language(), zone)

    for part in (front, basket, checkout, changes, orders, order_book, complaints, account, sign_in, own_account, api):
        part.add_routes(pages, service)
    return pages
