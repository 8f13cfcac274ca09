"""Designs over HTTP: the same use cases as the studio's pages."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from pydantic import Field

from configurator.engine.decisions import Change, Name
from configurator.service import Service
from configurator.state import DesignState, Difference, ExplanationState, FamilyState, OwnDesign
from contracts.access import Permission
from contracts.model import Contract, Day
from contracts.ports import CatalogueEntry
from contracts.problems import (
    DecisionRefused,
    FieldProblem,
    InvalidInput,
    NotFound,
    NotPermitted,
    StaleRevision,
    TransitionRefused,
    UnitMismatch,
)
from contracts.units import Currency, Money
from presentation.api import answer, body, describe, query
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.pictures import unlettered


class NewDesign(Contract):
    """``family`` or ``copy_of``: begin with the family's default, or where another design stands (without its body measures)."""

    family: Name | None = None
    copy_of: Name | None = None


class Listed(Contract):
    """``cursor``: the last family of the page before."""

    limit: Annotated[int, Field(ge=1, le=200)] = 200
    cursor: Name | None = None


class Drawn(Contract):
    """``labels``: ``no`` leaves the writing out, for small pictures: an image in a page has no letters of the page's own.

    ``revision`` makes a new address of a changed design; it is drawn as it stands.
    """

    labels: Literal["yes", "no"] = "yes"
    revision: int = Field(default=0, ge=0)


class OwnListed(Contract):
    """``cursor``: the last design of the page before."""

    limit: Annotated[int, Field(ge=1, le=50)] = 20
    cursor: Name | None = None


class Called(Contract):
    """``name``: at most 60 signs; empty takes the name away."""

    name: str


class Changes(Contract):
    decisions: tuple[Change, ...]


class Completion(Contract):
    objective: Literal["cheapest", "earliest"]


class WishedPrice(Contract):
    """With tax, in minor units."""

    amount: Annotated[int, Field(ge=1, le=10**12)]
    currency: Currency


class Wished(Contract):
    """The whole of what is wished: what is left out is wished no more. ``date``: the latest day of delivery."""

    price: WishedPrice | None = None
    date: Day | None = None


class HaveAnyway(Contract):
    select: Name
    give_up: tuple[Name, ...] = ()


def revision_of_request() -> int:
    """The revision in If-Match. Raises InvalidInput when it is missing or no number."""
    text = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 9:
        raise InvalidInput(errors=(FieldProblem("/If-Match", "field.whole_number" if text else "field.missing"),))
    return int(text)


_CHANGING = (InvalidInput, NotFound, NotPermitted, StaleRevision, DecisionRefused)


def _onward(place: str, limit: int, last: str) -> dict[str, str]:
    """The header that names the next page."""
    return {"Link": f'</api/v1/{place}?{urlencode({"limit": limit, "cursor": last})}>; rel="next"'}


def add_routes(pages: Blueprint, service: Service) -> None:
    def told(shown: DesignState, status: int = 200) -> Response:
        state = service.with_reasons(shown, current_principal())
        headers = {"ETag": f'"{state.revision}"'}
        if status == 201:
            headers["Location"] = f"/api/v1/designs/{state.design}"
        return answer(state, status, headers)

    def as_it_stands(_: Mapping[str, Any], design: str) -> Response:
        return told(service.design(design, current_principal()))

    @pages.get("/api/v1/families")
    @requires(Permission.VIEW_CATALOGUE)
    @describe(
        "What can be designed; the Link header names the next page",
        query=Listed,
        answers={200: list[CatalogueEntry]},
        problems=(InvalidInput,),
    )
    def api_families() -> Response:
        asked = query(Listed)
        entries = [entry.model_copy(update={"drawing_svg": ""}) for entry in service.catalogue(current_language())]
        names = [entry.family for entry in entries]
        if asked.cursor is not None and asked.cursor not in names:
            raise InvalidInput(errors=(FieldProblem("/cursor", "field.invalid"),))
        first = 0 if asked.cursor is None else names.index(asked.cursor) + 1
        page = entries[first : first + asked.limit]
        more = first + asked.limit < len(entries)
        return answer(page, headers=_onward("families", asked.limit, page[-1].family) if more else {})

    @pages.get("/api/v1/families/<family>")
    @requires(Permission.VIEW_CATALOGUE)
    @describe("One family: options, dimensions, default", answers={200: FamilyState}, problems=(NotFound,))
    def api_family(family: str) -> Response:
        return answer(service.family(family))

    @pages.post("/api/v1/designs")
    @requires(Permission.DESIGN)
    @describe(
        "A new design",
        body=NewDesign,
        answers={201: DesignState},
        problems=(InvalidInput, NotFound),
        again=lambda outcome: told(service.design(outcome["design"], current_principal()), 201),
    )
    def api_create_design() -> Response:
        wanted = body(NewDesign)
        if (wanted.family is None) == (wanted.copy_of is None):
            raise InvalidInput(errors=(FieldProblem("/family", "field.missing"),))
        if wanted.copy_of is not None:
            return told(service.copy_design(wanted.copy_of, current_principal()), 201)
        return told(service.create_design(str(wanted.family), current_principal()), 201)

    @pages.get("/api/v1/designs")
    @requires(Permission.DESIGN)
    @describe(
        "The caller's designs, the latest changed first; the Link header names the next page",
        query=OwnListed,
        answers={200: list[OwnDesign]},
        problems=(InvalidInput,),
    )
    def api_own_designs() -> Response:
        asked = query(OwnListed)
        page, more = service.own_designs(current_principal(), asked.limit, asked.cursor)
        return answer(page, headers=_onward("designs", asked.limit, page[-1].design) if more else {})

    @pages.put("/api/v1/designs/<design>/name")
    @requires(Permission.DESIGN)
    @describe(
        "What the owner calls a design; an address alone does not do, a session or key does",
        body=Called,
        answers={200: DesignState},
        problems=(NotFound, NotPermitted),
    )
    def api_call_design(design: str) -> Response:
        service.call_design(design, body(Called).name, current_principal())
        return told(service.design(design, current_principal()))

    @pages.delete("/api/v1/designs/<design>")
    @requires(Permission.DESIGN)
    @describe(
        "Take a design out of its owner's list; nobody changes it any more. An address alone does not do, a session or key does",
        answers={204: None},
        problems=(NotFound, NotPermitted),
    )
    def api_let_go(design: str) -> Response:
        service.let_go(design, current_principal())
        return Response(status=204)

    @pages.get("/api/v1/designs/<design>")
    @requires(Permission.DESIGN)
    @describe("A design with its whole state", answers={200: DesignState}, problems=(NotFound,))
    def api_design(design: str) -> Response:
        return told(service.design(design, current_principal()))

    @pages.patch("/api/v1/designs/<design>")
    @requires(Permission.DESIGN)
    @describe("Decide or retract, all or nothing", body=Changes, answers={200: DesignState}, problems=_CHANGING, if_match="required")
    def api_decide(design: str) -> Response:
        return told(service.decide(design, revision_of_request(), body(Changes).decisions, current_principal()))

    @pages.post("/api/v1/designs/<design>/complete")
    @requires(Permission.DESIGN)
    @describe(
        "Fill in the rest, within the wishes when that is found",
        body=Completion,
        answers={200: DesignState},
        problems=_CHANGING,
        if_match="optional",
        again=as_it_stands,
    )
    def api_complete(design: str) -> Response:
        wanted = body(Completion)
        revision = revision_of_request() if "If-Match" in request.headers else service.design(design, current_principal()).revision
        return told(service.complete(design, revision, wanted.objective, current_principal()))

    @pages.put("/api/v1/designs/<design>/wishes")
    @requires(Permission.DESIGN)
    @describe(
        "Wish for a price and a date, in the place of the wishes before; nothing is decided, and no choice refused for it",
        body=Wished,
        answers={200: DesignState},
        problems=(InvalidInput, UnitMismatch, NotFound, NotPermitted, StaleRevision),
        if_match="required",
    )
    def api_wish(design: str) -> Response:
        wanted = body(Wished)
        most = None if wanted.price is None else Money(amount=wanted.price.amount, currency=wanted.price.currency)
        return told(service.wish(design, revision_of_request(), most, wanted.date, current_principal()))

    @pages.post("/api/v1/designs/<design>/undo")
    @requires(Permission.DESIGN)
    @describe(
        "Undo the last change",
        answers={200: DesignState},
        problems=(*_CHANGING, TransitionRefused),
        if_match="required",
        again=as_it_stands,
    )
    def api_undo(design: str) -> Response:
        return told(service.undo(design, revision_of_request(), current_principal()))

    @pages.post("/api/v1/designs/<design>/have-anyway")
    @requires(Permission.DESIGN)
    @describe(
        "Choose a value and give up others",
        body=HaveAnyway,
        answers={200: DesignState},
        problems=_CHANGING,
        if_match="required",
        again=as_it_stands,
    )
    def api_have_anyway(design: str) -> Response:
        wanted = body(HaveAnyway)
        return told(service.have_anyway(design, revision_of_request(), wanted.select, wanted.give_up, current_principal()))

    @pages.get("/api/v1/designs/<design>/differences")
    @requires(Permission.DESIGN)
    @describe(
        "What each open value would do to price and date, and which wishes it would break",
        answers={200: list[Difference]},
        problems=(NotFound,),
    )
    def api_differences(design: str) -> Response:
        return answer(list(service.differences(design, current_principal())))

    @pages.get("/api/v1/designs/<design>/why/<name>")
    @requires(Permission.DESIGN)
    @describe("Why a value is excluded or follows", answers={200: ExplanationState}, problems=(NotFound, InvalidInput))
    def api_why(design: str, name: str) -> Response:
        return answer(service.explain(design, name, current_principal()))

    @pages.get("/api/v1/designs/<design>/drawing.svg")
    @requires(Permission.DESIGN)
    @describe("The reference product, drawn to scale", query=Drawn, answers={200: "image/svg+xml"}, problems=(InvalidInput, NotFound))
    def api_drawing(design: str) -> Response:
        drawing = service.design_drawing(design, current_language(), current_principal())
        return Response(drawing if query(Drawn).labels == "yes" else unlettered(drawing), mimetype="image/svg+xml")
