"""The pages of a change: opening the design on whatever device, seeing what differs, agreeing to it."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, redirect, render_template, request
from pydantic import ValidationError
from werkzeug.wrappers import Response

from contracts.access import Permission
from contracts.problems import DesignIncomplete, NoPromise, PaymentRefused, PromiseMoved, StaleRevision, TooLate
from contracts.texts import Message
from presentation import errands
from presentation.api import invalid
from presentation.errands import Errand
from presentation.guard import current_principal, requires
from storefront.drafts import PieceDraft
from storefront.requests import ChangeOrder
from storefront.service import Service


def add_routes(pages: Blueprint, service: Service) -> None:
    def _key() -> str | None:
        return request.values.get("key")

    def _opened(address: str) -> str:
        key = _key()
        return f"{address}?key={key}" if key else address

    def _drafts(order: str) -> list[PieceDraft]:
        principal = current_principal()
        view = service.order(principal, order, _key())
        begun = {piece.piece: design for piece in view.pieces if (design := errands.subject_for(piece.piece)) is not None}
        return service.drafts(principal, view, begun)

    def _page(order: str, **more: Any) -> str:
        view = service.order(current_principal(), order, _key())
        facts = {"effect": None, "notice": None, **more}
        return render_template("storefront/change.html", order=view, drafts=_drafts(order), key=_key(), **facts)

    @pages.get("/orders/<order>/change")
    @requires(Permission.VIEW_OWN_ORDER)
    def change(order: str) -> str:
        return _page(order)

    @pages.get("/orders/<order>/change/open")
    @requires(Permission.VIEW_OWN_ORDER)
    def before_opening(order: str) -> Response:
        """The address that stands above a refused form: opened by itself it shows the change."""
        return redirect(_opened(f"/orders/{order}/change"), 303)

    @pages.post("/orders/<order>/change/open")
    @requires(Permission.VIEW_OWN_ORDER)
    def open_design(order: str) -> Response:
        """The design of a piece, for this visitor to change; the studio then leads back here."""
        piece = request.form.get("piece", "")
        begun = next((each.design for each in _drafts(order) if each.piece.piece == piece and each.revision is not None), None)
        design = begun or service.open_draft(current_principal(), order, _key(), piece)
        errands.set_out(Errand(subject=design, purpose=piece, back=_opened(f"/orders/{order}/change")))
        return redirect(f"/d/{design}", 303)

    @pages.post("/orders/<order>/change")
    @requires(Permission.VIEW_OWN_ORDER)
    def change_it(order: str) -> Any:
        """From the studio nothing is named yet: then it is about everything that differs."""
        preview = request.form.get("do") != "change"
        rows = request.form.getlist("design") or _rows(_drafts(order))
        if not rows:
            return redirect(_opened(f"/orders/{order}/change"), 303)
        wanted = _wanted(rows, preview)
        try:
            effect = service.change_order(current_principal(), order, _key(), wanted)
        except PromiseMoved:
            return _page(order, notice=Message(id="storefront.change.moved")), 409
        except PaymentRefused:
            return _page(order, notice=Message(id="storefront.change.payment_refused")), 402
        except TooLate:
            return _page(order), 409
        except (DesignIncomplete, NoPromise, StaleRevision) as refused:
            return _page(order, notice=Message(id=f"problem.{refused.type}")), refused.status
        if preview:
            return _page(order, effect=effect)
        for wish in wanted.designs:
            errands.done(wish.piece or "")
        return redirect(_opened(f"/orders/{order}"), 303)


def _rows(drafts: Iterable[PieceDraft]) -> list[str]:
    return [f"{draft.piece.piece} {draft.design} {draft.revision}" for draft in drafts if draft.changes]


def _wanted(rows: list[str], preview: bool) -> ChangeOrder:
    """Each row is ``piece design revision``. Raises InvalidInput when the hidden fields were tampered with."""
    named = [dict(zip(("piece", "design", "revision"), row.split(" "), strict=False)) for row in rows]
    try:
        return ChangeOrder.model_validate({"designs": named, "preview": preview})
    except ValidationError as fault:
        raise invalid(fault) from None
