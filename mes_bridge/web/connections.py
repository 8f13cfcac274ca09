"""The administrator's pages of connected systems: keys made and revoked, webhooks, what each told last, parked work."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from pydantic import Field

from contracts.access import Permission
from contracts.model import Contract
from contracts.problems import InvalidInput, NotFound
from contracts.texts import Message
from ledger.outside import Queued
from ledger.parking import Parked
from mes_bridge.connections import Connection, ConnectionMessage
from mes_bridge.service import Service
from mes_bridge.trials import Trial
from presentation.api import answer, body, by_field, describe
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render

ADMINISTER = Permission.ADMINISTER


class ConnectionList(Contract):
    items: tuple[Connection, ...]


class ConnectionDetail(Contract):
    connection: Connection
    messages: tuple[ConnectionMessage, ...]
    sent: tuple[Queued, ...]
    """Over its webhook."""


class BeginTrial(Contract):
    """``machine_group``: one that the key may see; null: the first of them."""

    machine_group: str | None = Field(default=None, min_length=1, max_length=80)


class TrialAnswer(Contract):
    """``trial``: the newest test work order; null before the first."""

    trial: Trial | None


class ParkedList(Contract):
    items: tuple[Parked, ...]


def blueprint(service: Service) -> Blueprint:
    pages = Blueprint("connections", __name__, template_folder="templates")
    _pages(pages, service)
    _webhooks(pages, service)
    _parked(pages, service)

    @pages.get("/api/v1/mes-connections")
    @describe("Every connected system: its key's scope, what it holds, what it told", answers={200: ConnectionList})
    @requires(ADMINISTER)
    def listed() -> Response:
        return answer(ConnectionList(items=tuple(service.connections.all())))

    @pages.get("/api/v1/mes-connections/<identifier>")
    @describe("One connected system with its last messages", answers={200: ConnectionDetail}, problems=(NotFound,))
    @requires(ADMINISTER)
    def detail(identifier: str) -> Response:
        connection, messages = service.connections.one(identifier)
        sent = tuple(service.webhooks.messages(identifier))
        return answer(ConnectionDetail(connection=connection, messages=tuple(messages), sent=sent))

    @pages.get("/api/v1/mes-connections/<identifier>/test-order")
    @describe("How the newest test work order of a connected system stands", answers={200: TrialAnswer}, problems=(NotFound,))
    @requires(ADMINISTER)
    def trial(identifier: str) -> Response:
        service.connections.one(identifier)
        return answer(TrialAnswer(trial=service.connections.last_trial(identifier)))

    @pages.post("/api/v1/mes-connections/<identifier>/test-order")
    @describe(
        "Have a test work order wait for a connected system; nothing follows from it",
        body=BeginTrial,
        answers={201: Trial},
        problems=(NotFound,),
    )
    @requires(ADMINISTER)
    def begin_trial(identifier: str) -> Response:
        return answer(service.connections.try_out(current_principal(), identifier, body(BeginTrial).machine_group), 201)

    @pages.get("/api/v1/parked")
    @describe("Work that failed too often and waits for a decision", answers={200: ParkedList})
    @requires(ADMINISTER)
    def waiting() -> Response:
        return answer(ParkedList(items=tuple(service.connections.parked())))

    return pages


def _pages(pages: Blueprint, service: Service) -> None:
    def overview(typed: dict[str, Any], errors: dict[str, Message], made: tuple[str, str] | None = None) -> str:
        connections = service.connections
        return render_template(
            "mes_bridge/connections.html",
            connections=connections.all(),
            groups=connections.groups(),
            parked=len(connections.parked()),
            typed=typed,
            errors=errors,
            made=made,
        )

    @pages.get("/connections")
    @requires(ADMINISTER)
    def connections() -> str:
        return overview({}, {})

    @pages.post("/connections")
    @requires(ADMINISTER)
    def create() -> Any:
        """The key stands in this one answer; whoever loses it makes another."""
        name, user, days = (request.form.get(field, "").strip() for field in ("client_name", "broker_user", "days"))
        known = set(service.connections.groups())
        groups = [group for group in request.form.getlist("group") if group in known]
        try:
            made = service.connections.create(current_principal(), name, groups, user or None, days)
        except InvalidInput as wrong:
            return overview({"name": name, "broker_user": user, "groups": groups, "days": days}, by_field(wrong)), 422
        return overview({}, {}, made)

    @pages.get("/connections/<identifier>")
    @requires(ADMINISTER)
    def connection(identifier: str) -> str:
        return _drawn(service, identifier)

    @pages.post("/connections/<identifier>/test-order")
    @requires(ADMINISTER)
    def try_out(identifier: str) -> Any:
        try:
            service.connections.try_out(current_principal(), identifier, request.form.get("machine_group") or None)
        except InvalidInput as wrong:
            return _drawn(service, identifier, errors=by_field(wrong)), 422
        return _back(identifier, "connections.trial_waits")

    @pages.post("/connections/<identifier>/revoke")
    @requires(ADMINISTER)
    def revoke(identifier: str) -> Any:
        service.connections.revoke(current_principal(), identifier)
        return _back(identifier, "connections.revoked")


def _drawn(service: Service, identifier: str, secret: str | None = None, url: str = "", errors: dict[str, Message] | None = None) -> str:
    """The connection's page. ``secret``: a new one, which stands in this one answer."""
    found, messages = service.connections.one(identifier)
    return render_template(
        "mes_bridge/connection.html",
        connection=found,
        messages=messages,
        trial=service.connections.last_trial(identifier),
        trial_groups=[(group, group) for group in service.connections.groups_of(found.machine_groups)],
        sent=service.webhooks.messages(identifier),
        secret=secret,
        url=url,
        errors=errors or {},
    )


def _webhooks(pages: Blueprint, service: Service) -> None:
    @pages.post("/connections/<identifier>/webhook")
    @requires(ADMINISTER)
    def add_webhook(identifier: str) -> Any:
        """Its secret stands in this one answer; whoever loses it makes another."""
        url = request.form.get("url", "").strip()
        try:
            secret = service.webhooks.add(current_principal(), identifier, url)
        except InvalidInput as wrong:
            return _drawn(service, identifier, url=url, errors=by_field(wrong)), 422
        return _drawn(service, identifier, secret)

    @pages.post("/connections/<identifier>/webhook/rotate")
    @requires(ADMINISTER)
    def rotate_secret(identifier: str) -> str:
        return _drawn(service, identifier, service.webhooks.rotate(current_principal(), identifier))

    @pages.post("/connections/<identifier>/webhook/remove")
    @requires(ADMINISTER)
    def remove_webhook(identifier: str) -> Any:
        service.webhooks.remove(current_principal(), identifier)
        return _back(identifier, "webhooks.removed")

    @pages.post("/connections/<identifier>/webhook/again")
    @requires(ADMINISTER)
    def send_again(identifier: str) -> Any:
        service.webhooks.again(current_principal(), identifier)
        return _back(identifier, "webhooks.tried_again")

    @pages.post("/connections/<identifier>/webhook/test")
    @requires(ADMINISTER)
    def test_webhook(identifier: str) -> Any:
        service.connections.try_webhook(current_principal(), identifier)
        return _back(identifier, "webhooks.test_waits")


def _back(identifier: str, told: str) -> Any:
    flash(render(Message(id=told), current_language()), "success")
    return redirect(f"/connections/{identifier}", 303)


def _parked(pages: Blueprint, service: Service) -> None:
    @pages.get("/connections/parked")
    @requires(ADMINISTER)
    def parked() -> str:
        return render_template("mes_bridge/parked.html", parked=service.connections.parked())

    @pages.post("/connections/parked")
    @requires(ADMINISTER)
    def decide() -> Any:
        """Somebody else may have decided before: then there is nothing left to do."""
        decision = {"replay": service.connections.replay, "drop": service.connections.drop}.get(request.form.get("decision", ""))
        try:
            if decision is not None:
                decision(current_principal(), request.form.get("parked", ""))
        except NotFound:
            flash(render(Message(id="connections.parked_gone"), current_language()), "info")
        return redirect("/connections/parked", 303)
