"""The front page: what is made here, and what the shop is doing."""

from flask import Blueprint, render_template

from contracts.access import Permission
from presentation.guard import requires
from presentation.language import current_language
from storefront.service import Service


def add_routes(pages: Blueprint, service: Service) -> None:
    @pages.get("/")
    @requires(Permission.VIEW_CATALOGUE)
    def front() -> str:
        return render_template("storefront/front.html", catalogue=service.catalogue(current_language()), at_work=service.at_work())

    @pages.get("/at-work")
    @requires(Permission.VIEW_CATALOGUE)
    def at_work() -> str:
        return render_template("storefront/at_work.html", at_work=service.at_work())
