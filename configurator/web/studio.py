"""The studio's addresses: a family, a design, and the clicks on them. Each click is a form; a script only swaps the result in place."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.exceptions import BadRequest

from configurator.engine.decisions import Change
from configurator.service import Service
from configurator.web.clicks import Clicks, sheets, shown
from configurator.web.page import Page, page_of_family, refusal_explained
from configurator.web.studio_form import asked, objective_of_form, revision_of_form, side_asked_for, typed_number
from contracts.access import Permission
from contracts.problems import DecisionRefused, NotFound
from contracts.texts import LANGUAGES
from presentation.assets import file_answer
from presentation.by_script import by_script
from presentation.guard import current_principal, requires
from presentation.language import current_language


def add_routes(pages: Blueprint, service: Service) -> None:
    clicks = Clicks(service)

    @pages.get("/studio/<family>")
    @requires(Permission.DESIGN)
    def studio(family: str) -> Any:
        return shown(of_family(family))

    def of_family(family: str) -> Page:
        found = service.family(family)
        earliest = next((entry.earliest_at for entry in service.catalogue(current_language()) if entry.family == family), None)
        page = page_of_family(found, service.family_look(family, current_language()), earliest)
        return clicks.measured_instead(page, found.sha256).turned(side_asked_for())

    @pages.get("/studio/<family>/<action>")
    @requires(Permission.DESIGN)
    def before_a_design(family: str, action: str) -> Any:
        """The address that stands above refused measures: opened by itself it begins anew."""
        return redirect(f"/studio/{family}", 303)

    @pages.post("/studio/<family>/<action>")
    @requires(Permission.DESIGN)
    def begin(family: str, action: str) -> Any:
        """The first click makes the design that it changes; one that cannot be read makes none."""
        revision_of_form()
        changes: Sequence[Change] = ()
        if action == "decide":
            if (wrong := clicks.mistyped_number(of_family(family))) is not None:
                return shown(wrong, 422)
            changes, _ = asked()
        elif action == "complete":
            objective_of_form()
        elif action == "wishes":
            if (wrong := clicks.mistyped_wishes(of_family(family))) is not None:
                return shown(wrong, 422)
        elif action != "measures":
            raise BadRequest
        elif (wrong := clicks.mistyped(of_family(family))) is not None:
            return shown(wrong, 422)
        return clicks.do(action, service.create_design(family, current_principal(), changes).design)

    @pages.get("/studio/<family>/<version>/<language>-<digest>.svg")
    @requires(Permission.DESIGN)
    def pictures(family: str, version: str, language: str, digest: str) -> Any:
        """The small pictures of one version of a family; an old address shows what they have become."""
        if language not in LANGUAGES:
            raise NotFound("language", language)
        sprite = service.sprite(family, version, language)
        return file_answer(sprite.svg.encode(), "image/svg+xml", forever=digest == sprite.digest)

    @pages.get("/d/<design>")
    @requires(Permission.DESIGN)
    def design_page(design: str) -> Any:
        state = service.design(design, current_principal(), for_page=True)
        page = clicks.page(state)
        if not by_script():
            page = page.weighing(service.differences(design, current_principal(), steps=True))
        wanted = request.args.get("why", "")
        if wanted:
            explained = service.explain(design, wanted, current_principal())
            if explained.status == "excluded":
                page = page.refusing(refusal_explained(explained, state))
        return shown(page)

    @pages.get("/d/<design>/sheets")
    @requires(Permission.DESIGN)
    def later_sheets(design: str) -> str:
        """The sides that a click did not bring."""
        return sheets(clicks.page(service.design(design, current_principal(), for_page=True)))

    @pages.get("/d/<design>/differences")
    @requires(Permission.DESIGN)
    def differences(design: str) -> str:
        group = request.args.get("group")
        return render_template(
            "configurator/differences.html", differences=service.differences(design, current_principal(), group, steps=True)
        )

    @pages.get("/d/<design>/typed")
    @requires(Permission.DESIGN)
    def typed(design: str) -> str:
        """What a number that is being typed would do, or the nearest ones that can be built."""
        number = typed_number()
        try:
            return render_template(
                "configurator/typed.html", number=number, differences=service.weigh(design, number, current_principal()) if number else []
            )
        except DecisionRefused as refused:
            return render_template("configurator/typed.html", number=number, refused=refused)

    @pages.get("/d/<design>/<action>")
    @requires(Permission.DESIGN)
    def after_a_refusal(design: str, action: str) -> Any:
        """The address that stands above a refused click: opened by itself it shows the design."""
        return redirect(f"/d/{design}", 303)

    @pages.post("/d/<design>/<action>")
    @requires(Permission.DESIGN)
    def act(design: str, action: str) -> Any:
        return clicks.do(action, design)
