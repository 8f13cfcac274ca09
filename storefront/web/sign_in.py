"""Signing in, with a second factor where the account has one, and out."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, session
from werkzeug.wrappers import Response

from contracts.access import Principal, Role
from contracts.problems import InvalidInput, NotSignedIn, TooManyRequests
from contracts.texts import Message
from presentation.guard import public
from storefront.service import Service
from storefront.web.device import device_of

_HOME = {Role.PLANNER: "/planner", Role.OPERATOR: "/terminal", Role.QUALITY: "/quality"}
_WAITS = "sign_in_waits"


def _local(address: str | None) -> str | None:
    """An address of ours to go on to; anything else is dropped."""
    if address is None or not address.startswith("/") or address.startswith("//") or "\\" in address or not address.isprintable():
        return None
    return address


def add_routes(pages: Blueprint, service: Service) -> None:
    def begun(principal: Principal | None, token: str, onward: str | None) -> Response:
        """On to where the person wanted to be; to the second factor first when nobody is signed in yet. No earlier session is left."""
        if principal is None:
            session[_WAITS] = token
            return redirect(f"/sign-in/code?{urlencode({'next': onward})}" if onward else "/sign-in/code", 303)
        session.pop(_WAITS, None)
        if (before := session.get("sign_in")) is not None:
            service.sign_out(before)
        session["sign_in"] = token
        return redirect(onward or _HOME.get(principal.role, "/"), 303)

    @pages.get("/sign-in")
    @public
    def sign_in() -> str:
        return render_template("storefront/sign_in.html", next=_local(request.args.get("next")), name="", error=None)

    @pages.post("/sign-in")
    @public
    def signed_in() -> Any:
        name, onward = request.form.get("name", ""), _local(request.form.get("next"))
        try:
            principal, token = service.sign_in(name, request.form.get("password", ""), device_of(request.user_agent.string))
        except NotSignedIn as refused:
            error, status = Message(id="storefront.sign_in.refused"), refused.status
        except TooManyRequests as slow:
            error, status = Message(id="storefront.sign_in.slow", params=slow.params), slow.status
        else:
            return begun(principal, token, onward)
        return render_template("storefront/sign_in.html", next=onward, name=name, error=error), status

    @pages.get("/sign-in/code")
    @public
    def code() -> Any:
        onward = _local(request.args.get("next"))
        if not service.waits_for_code(session.get(_WAITS, "")):
            return redirect("/sign-in", 303)
        return render_template("storefront/sign_in_code.html", next=onward, error=None)

    @pages.post("/sign-in/code")
    @public
    def code_given() -> Any:
        onward = _local(request.form.get("next"))
        try:
            principal, token = service.give_code(
                session.get(_WAITS, ""), request.form.get("code", ""), device_of(request.user_agent.string)
            )
        except NotSignedIn:
            session.pop(_WAITS, None)
            return redirect("/sign-in", 303)
        except InvalidInput as refused:
            error, status = Message(id=refused.errors[0].message), refused.status
        except TooManyRequests as slow:
            error, status = Message(id="storefront.sign_in.slow", params=slow.params), slow.status
        else:
            return begun(principal, token, onward)
        return render_template("storefront/sign_in_code.html", next=onward, error=error), status

    @pages.post("/sign-out")
    @public
    def sign_out() -> Response:
        token = session.pop("sign_in", None)
        if token is not None:
            service.sign_out(token)
        return redirect("/", 303)
