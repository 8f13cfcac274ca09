"""The sessions and the second factor of whoever works here."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, session

from contracts.access import Permission
from contracts.problems import InvalidInput, NotFound, TooManyRequests
from contracts.texts import Message
from ledger import totp
from ledger.second_factor import SecondFactor
from presentation.api import by_field
from presentation.codes import qr_svg
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render
from storefront.service import Service

PLACE = "/account/sign-ins"
OWN = Permission.KEEP_OWN_ACCOUNT


def add_routes(pages: Blueprint, service: Service) -> None:
    def page(error: Message | None = None, codes: tuple[str, ...] = (), wrong: dict[str, Message] | None = None) -> str:
        principal = current_principal()
        try:
            factor: SecondFactor | None = service.second_factors().of(principal.id)
        except NotFound:
            factor = None
        sessions = service.open_sessions(principal, session.get("sign_in", ""))
        return render_template("storefront/sign_ins.html", sessions=sessions, factor=factor, error=error, codes=codes, wrong=wrong or {})

    def setting_up(error: Message | None = None) -> Any:
        principal = current_principal()
        secret = service.second_factors().secret(principal)
        if secret is None:
            return redirect(PLACE, 303)
        code = qr_svg(totp.address(secret, principal.name), render(Message(id="storefront.factor.qr"), current_language()))
        return render_template("storefront/second_factor.html", code=code, secret=totp.written(secret), error=error)

    @pages.get("/account/sign-ins")
    @requires(OWN)
    def sign_ins() -> str:
        return page()

    @pages.post("/account/sign-ins/end")
    @requires(OWN)
    def end_session() -> Any:
        """Another tab may have ended it before: then there is nothing left to do."""
        try:
            service.end_session(current_principal(), request.form.get("session", ""))
        except NotFound:
            return redirect(PLACE, 303)
        flash(render(Message(id="storefront.sign_ins.ended"), current_language()), "success")
        return redirect(PLACE, 303)

    @pages.post("/account/sign-ins/end-others")
    @requires(OWN)
    def end_others() -> Any:
        count = service.end_other_sessions(current_principal(), session.get("sign_in", ""))
        flash(render(Message(id="storefront.sign_ins.others_ended", params={"count": count}), current_language()), "success")
        return redirect(PLACE, 303)

    @pages.post("/account/password")
    @requires(OWN)
    def change_password() -> Any:
        token, current, new = session.get("sign_in", ""), request.form.get("current", ""), request.form.get("new_password", "")
        try:
            service.change_password(current_principal(), token, current, new)
        except InvalidInput as refused:
            return page(wrong=by_field(refused)), refused.status
        except TooManyRequests as slow:
            return page(wrong={"current": Message(id="storefront.sign_in.slow", params=slow.params)}), slow.status
        flash(render(Message(id="storefront.password.changed"), current_language()), "success")
        return redirect(PLACE, 303)

    @pages.post("/account/second-factor/begin")
    @requires(OWN)
    def begin() -> Any:
        service.second_factors().begin(current_principal())
        return redirect("/account/second-factor", 303)

    @pages.get("/account/second-factor")
    @requires(OWN)
    def second_factor() -> Any:
        return setting_up()

    @pages.post("/account/second-factor")
    @requires(OWN)
    def confirm() -> Any:
        """The recovery codes stand in this one answer."""
        try:
            codes = service.second_factors().confirm(current_principal(), request.form.get("code", ""))
        except InvalidInput as refused:
            return setting_up(Message(id=refused.errors[0].message)), refused.status
        return page(codes=codes)

    @pages.post("/account/second-factor/off")
    @requires(OWN)
    def off() -> Any:
        try:
            service.give_up_second_factor(current_principal(), request.form.get("code", ""))
        except InvalidInput as refused:
            return page(error=Message(id=refused.errors[0].message)), refused.status
        except TooManyRequests as slow:
            return page(error=Message(id="storefront.sign_in.slow", params=slow.params)), slow.status
        flash(render(Message(id="storefront.factor.is_off"), current_language()), "success")
        return redirect(PLACE, 303)
