"""What does a click of the studio do, and which page answers it?"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask import redirect, render_template, request
from werkzeug.exceptions import BadRequest

from configurator.catalogue import Look
from configurator.engine.decisions import Change, SetNumber
from configurator.engine.garment import OutOfRange
from configurator.engine.plausible import Doubt
from configurator.service import Clicked, Service
from configurator.state import DesignState, DimensionState
from configurator.web.blocks import SHOWN, Blocks
from configurator.web.garment import (
    as_typed,
    asked_at_garment,
    garment_fields,
    garment_numbers,
    garment_readings,
    settled_at_garment,
    typed_garment,
    wrong_at_garment,
)
from configurator.web.measuring import NOTHING_TYPED, Typed, proposals, questions, typed_measures, whole, wrong_measures
from configurator.web.page import (
    MEASURES,
    REST,
    SIZE,
    UNDO,
    WISHES,
    Overtaken,
    Page,
    Refusal,
    followed,
    overtaken_by_another,
    page_of_design,
    refusal_of,
)
from configurator.web.studio_form import (
    ABOVE,
    asked,
    button_again,
    objective_of_form,
    revision_of_form,
    side_asked_for,
    typed_beside,
)
from configurator.web.wishing import typed_wishes, wishes_of
from contracts.problems import DecisionRefused, StaleRevision, TransitionRefused
from contracts.texts import Message
from presentation import errands
from presentation.by_script import by_script, refused_in
from presentation.guard import current_principal
from presentation.language import current_language


def _history(page: Page) -> str:
    """Another design is another step of the browser's history; a click on the same one is none, so that Back leads out of the studio."""
    return "HX-Replace-Url" if urlsplit(request.headers.get("HX-Current-URL", "")).path == page.address else "HX-Push-Url"


def shown(page: Page, status: int = 200) -> Any:
    """The whole page; for a click what it changed of the design, or all of it when the page shows another one."""
    outline = (current_language(), page.outline)
    if not by_script():
        return render_template("configurator/studio.html", page=page, block=Blocks(outline)), status
    headers = {_history(page): page.address} | (refused_in("#studio") if status >= 400 else {})
    blocks = Blocks(outline, request.headers.get(SHOWN, ""))
    design = render_template("configurator/design.html", page=page, block=blocks)
    if not blocks.whole:
        design = render_template("configurator/changed.html", page=page, changed=blocks.changed)
    return design, status, headers


def sheets(page: Page) -> str:
    """The sides of the drawing that are not turned to the front, as far as the page shows them otherwise."""
    blocks = Blocks((current_language(), page.outline), request.headers.get(SHOWN, ""))
    render_template("configurator/sheets.html", page=page, block=blocks)
    return render_template("configurator/blocks.html", changed=() if blocks.whole else blocks.changed)


def _after(page: Page) -> Any:
    """What follows a change: the new design in place, or (without a script) the browser's own way to it."""
    return shown(page) if by_script() else redirect(page.seen_from, 303)


class Clicks:
    """The studio's clicks on stored designs; ``do`` one by its name."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._actions: dict[str, Callable[[str], Any]] = {
            "decide": self._decide,
            "measures": self._measure,
            "size": self._resize,
            "wishes": self._wish,
            "undo": self._undo,
            "complete": self._complete,
            "copy": self._copy,
        }

    def do(self, action: str, design: str) -> Any:
        """Raises BadRequest for a click that there is not, NotFound."""
        if action not in self._actions:
            raise BadRequest
        return self._actions[action](design)

    def page(self, state: DesignState, look: Look | None = None) -> Page:
        """A design with its drawings, which are made anew when they are not at hand."""
        look = look or self._service.design_look(state.design, current_language(), current_principal())
        page = page_of_design(state, look, errands.way_back(state.design))
        return self.measured_instead(page, state.family_sha256).turned(side_asked_for())

    def mistyped(self, page: Page) -> Page | None:
        """The page with what is wrong in the typed measures and what is asked about them, all at once; None when all is well.

        Nobody is asked about measures that cannot be built together: the refusal says so at once.
        """
        if garment := typed_garment():
            readings, settled = garment_readings(garment), settled_at_garment(garment)
            meant = self._service.garment_slips(page.family, page.design, readings, current_principal())
            slips = {name: slip for name, slip in meant.items() if name not in settled}
            wrong_there = wrong_at_garment(garment, self._body(page), slips, readings)
            if wrong_there or slips:
                asked_there = asked_at_garment(garment, wrong_there, slips, readings)
                return page.wearing(as_typed(page.at_garment, garment, wrong_there, asked_there), tuple(settled.values()))
        typed = self._typed(page)
        measures, doubts = self._doubts(page, typed)
        wrong = wrong_measures(measures, typed, doubts)
        asked = questions(measures, typed, doubts, wrong)
        if not wrong and not (asked and self._service.can_have(page.family, page.design, typed.numbers, current_principal())):
            return None
        return page.typed(typed, wrong, asked).measured_at_garment(bool(garment))

    def measured_instead(self, page: Page, family_sha256: str) -> Page:
        """The page as it is asked for: with the body's fields, or those of a garment that fits."""
        fields = garment_fields(self._service.garment_measures(family_sha256)) if page.measures else ()
        page = page.with_garment(fields)
        return page.wearing(fields) if request.args.get("measure") == "garment" else page

    def _doubts(self, page: Page, typed: Typed) -> tuple[list[DimensionState], list[Doubt]]:
        measures = [each for each in self._service.family(page.family).dimensions if each.name in typed.values]
        return measures, self._service.doubts(page.family, typed.readings, typed.settled_names)

    def _body(self, page: Page) -> dict[str, int | OutOfRange]:
        return self._service.body_of(page.family, page.design, garment_numbers(typed_garment()), current_principal())

    def _typed(self, page: Page) -> Typed:
        """The measures of the form: those of the body, or of the one that fits the garment which was measured."""
        typed = typed_measures(page.measures_shown, page.lengths)
        garment = typed_garment()
        if not garment:
            return typed
        body = {name: str(each) for name, each in self._body(page).items()}
        return typed.having(body).settling(name for name in settled_at_garment(garment) if name in body)

    def mistyped_number(self, page: Page) -> Page | None:
        """The page with what is wrong in the number whose "Set" was pressed; None when it can be tried."""
        name, text = typed_beside()
        if whole(text) or not any(each.name == name for group in page.groups for each in group.numbers):
            return None
        return page.refusing(Refusal(name, (), Message(id="studio.typed.whole"), ()))

    def mistyped_wishes(self, page: Page) -> Page | None:
        """The page with what is wrong in the typed wishes; None when all is well."""
        typed = typed_wishes(self._service.today())
        return page.wished(typed) if any(each.error is not None for each in typed.values()) else None

    def _stands(self, design: str) -> DesignState:
        return self._service.design(design, current_principal(), for_page=True)

    def _decide(self, design: str) -> Any:
        """The design after the changes, or as it is with the reason why not."""
        if "typed" in request.form and (wrong := self.mistyped_number(self.page(self._stands(design)))) is not None:
            return shown(wrong, 422)
        changes, place = asked()
        try:
            clicked = self._click(design, changes)
            return _after(self.page(clicked.state, clicked.look).following(followed(clicked.also, place)))
        except StaleRevision:
            state = self._stands(design)
            return shown(self.page(state).overtaking(overtaken_by_another(changes, place, button_again(), state)), 412)
        except DecisionRefused as refused:
            state = self._stands(design)
            return shown(self.page(state).refusing(refusal_of(refused, changes, place, state)), 409)

    def _measure(self, design: str) -> Any:
        page = self.page(self._stands(design))
        typed = self._typed(page)
        if (wrong := self.mistyped(page)) is not None:
            return shown(wrong, 422)
        changes = [SetNumber(set=name, value=value) for name, value in typed.numbers.items()]
        try:
            clicked = self._click(design, changes, at_garment=bool(typed_garment()) or "worked_out" in request.form)
            options = {option.name for option in clicked.state.options}
            also = followed([each for each in clicked.also if each.name in options], ABOVE)
            return _after(self.page(clicked.state, clicked.look).telling("success", Message(id="studio.measures.used")).following(also))
        except StaleRevision:
            return self._stale(design, MEASURES, "measure", typed)
        except DecisionRefused as refused:
            state = self._stands(design)
            measures, doubts = self._doubts(page, typed)
            refused_page = self.page(state).typed(typed, questions=proposals(measures, typed, doubts))
            return shown(refused_page.refusing(refusal_of(refused, changes, ABOVE, state)), 409)

    def _resize(self, design: str) -> Any:
        size = request.form.get("size", "")
        if size not in ("garment", "new"):
            raise BadRequest
        try:
            state = self._service.resize(design, revision_of_form(), current_principal(), to_garment=size == "garment")
        except StaleRevision:
            return shown(self.page(self._stands(design)).overtaking(Overtaken(SIZE, (), "resize", "size", size)), 412)
        except TransitionRefused:
            return shown(self.page(self._stands(design)), 409)
        except DecisionRefused as refused:
            state = self._stands(design)
            return shown(self.page(state).refusing(refusal_of(refused, (), ABOVE, state)), 409)
        page = self.page(state)
        missed = size == "garment" and state.resized
        return _after(page if missed else page.telling("success", Message(id=f"studio.resized.{size}")))

    def _wish(self, design: str) -> Any:
        page = self.page(self._stands(design))
        if (wrong := self.mistyped_wishes(page)) is not None:
            return shown(wrong, 422)
        typed = typed_wishes(self._service.today())
        most, latest = wishes_of(typed, page.price.total.currency)
        try:
            state = self._service.wish(design, revision_of_form(), most, latest, current_principal())
        except StaleRevision:
            overtaken = Overtaken(WISHES, (), "wish")
            return shown(self.page(self._stands(design)).wished(typed).overtaking(overtaken), 412)
        said = "none" if state.wishes is None else "kept" if state.wishes.kept else "missed"
        return _after(self.page(state).telling("warning" if said == "missed" else "success", Message(id=f"studio.wishes.told.{said}")))

    def _undo(self, design: str) -> Any:
        try:
            state = self._service.undo(design, revision_of_form(), current_principal())
        except StaleRevision:
            return self._stale(design, UNDO, "undo")
        except TransitionRefused:
            return shown(self.page(self._stands(design)), 409)
        return _after(self.page(state).telling("info", Message(id="studio.undone")))

    def _complete(self, design: str) -> Any:
        objective = objective_of_form()
        before = self._stands(design) if objective == "earliest" else None
        try:
            state = self._service.complete(design, revision_of_form(), objective, current_principal())
        except StaleRevision:
            return self._stale(design, REST, f"complete-{objective}")
        done = self.page(state)
        if state.wishes is None:
            same = before is not None and (before.price, before.promised_at) == (state.price, state.promised_at)
            return _after(done.telling("success", Message(id=f"studio.completed.{objective}{'.same' if same else ''}")))
        if state.wishes.kept:
            return _after(done.telling("success", Message(id=f"studio.completed.{objective}.kept")))
        both = state.wishes.price is not None and state.wishes.date is not None
        partly = ".partly" if both and len(state.wishes.unreachable) < 2 else ""
        return shown(done.telling("warning", Message(id=f"studio.completed.{objective}{partly}")))

    def _copy(self, design: str) -> Any:
        return redirect(self.page(self._service.copy_design(design, current_principal())).seen_from, 303)

    def _click(self, design: str, changes: Sequence[Change], *, at_garment: bool = False) -> Clicked:
        return self._service.click(design, revision_of_form(), changes, current_principal(), current_language(), at_garment=at_garment)

    def _stale(self, design: str, place: str, form: str, typed: Typed = NOTHING_TYPED) -> Any:
        """The design as it stands now; what the click wanted is done again by the same form."""
        return shown(self.page(self._stands(design)).typed(typed).overtaking(Overtaken(place, (), form)), 412)
