"""The pages around the studio: a visitor's own designs, two of them compared, one on a sheet of paper."""

import re
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request

from configurator.own_designs import LONGEST_NAME
from configurator.service import Service
from configurator.state import DesignState
from configurator.web.lines import differing, paired, sections_of
from contracts.access import Permission
from contracts.problems import InvalidInput, NotFound
from contracts.texts import Message
from contracts.units import Money
from presentation.codes import qr_svg
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render

A_PAGE = 12
"""Designs on one page of the list."""
_DESIGN = re.compile(r"design_[0-9A-Z]{25}", re.IGNORECASE)


def add_routes(pages: Blueprint, service: Service) -> None:
    @pages.get("/designs")
    @requires(Permission.DESIGN)
    def own_designs() -> Any:
        designs, more = service.own_designs(current_principal(), A_PAGE, request.args.get("after"))
        return render_template("configurator/designs.html", designs=designs, more=more, longest=LONGEST_NAME)

    @pages.post("/designs/<design>/name")
    @requires(Permission.DESIGN)
    def call_design(design: str) -> Any:
        try:
            service.call_design(design, request.form.get("name", ""), current_principal())
        except InvalidInput:
            return _to_list("refusal", Message(id="designs.name.long", params={"most": LONGEST_NAME}))
        return _to_list("success", Message(id="designs.name.kept"))

    @pages.post("/designs/<design>/remove")
    @requires(Permission.DESIGN)
    def let_go(design: str) -> Any:
        service.let_go(design, current_principal())
        return _to_list("success", Message(id="designs.removed"))

    @pages.get("/designs/compare")
    @requires(Permission.DESIGN)
    def compare() -> Any:
        """``a`` beside ``b``, which may be a pasted link; without ``b``: the choice of it."""
        first = service.design(_named(request.args.get("a", "")) or "", current_principal())
        typed = request.args.get("b", "").strip()
        second = _found(typed)
        if second is None:
            mine, _ = service.own_designs(current_principal(), A_PAGE)
            others = [each for each in mine if each.family == first.family and each.design != first.design]
            return render_template("configurator/compare_with.html", first=first, others=others, typed=typed), 422 if typed else 200
        sections = paired(first, second) if first.family == second.family else ()
        told = sections if "all" in request.args else differing(sections)
        dearer = Money(amount=second.price.total.amount - first.price.total.amount, currency=second.price.total.currency)
        days = None
        if first.promised_at is not None and second.promised_at is not None:
            days = round((second.promised_at - first.promised_at).total_seconds() / 86_400)
        return render_template(
            "configurator/compare.html", first=first, second=second, sections=told, dearer=dearer, days=days, all="all" in request.args
        )

    @pages.get("/d/<design>/print")
    @requires(Permission.DESIGN)
    def on_paper(design: str) -> Any:
        state = service.design(design, current_principal())
        address, sections = f"{request.host_url}d/{state.design}", sections_of(state)
        return render_template(
            "configurator/print.html",
            design=state,
            sections=sections,
            filled=any(line.filled for section in sections for line in section.lines),
            sides=service.design_look(design, current_language(), current_principal()).sides,
            amount=lambda minor: Money(amount=minor, currency=state.price.total.currency),
            address=address,
            printed_at=service.ledger.clock.now(),
            code=qr_svg(address, render(Message(id="designs.code"), current_language())),
        )

    def _found(typed: str) -> DesignState | None:
        try:
            return service.design(_named(typed) or "", current_principal())
        except NotFound:
            return None


def _named(typed: str) -> str | None:
    """The design that a link or an identifier names."""
    found = _DESIGN.search(typed)
    return None if found is None else found[0]


def _to_list(tone: str, message: Message) -> Any:
    flash(render(message, current_language()), tone)
    return redirect("/designs", 303)
