"""The checkout: the offer as it stands, where it goes, how it is paid."""

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from contracts.access import Permission
from contracts.problems import InvalidInput, PaymentRefused, PromiseMoved, StaleRevision, TransitionRefused
from contracts.texts import Message
from presentation import formats
from presentation.by_script import by_script, refused_in
from presentation.guard import current_principal, requires
from presentation.language import current_language
from presentation.texts import render
from storefront.addresses import region_kind, regions
from storefront.service import Service
from storefront.web.checkout_form import Shown, held_or_now, read_form, shown_now
from storefront.web.request_keys import scoped
from storefront.web.whereabouts import country_of

FIELDS = ("name", "email", "street", "postcode", "city", "country", "region", "payment")
"""As they stand on the page."""


def add_routes(pages: Blueprint, service: Service) -> None:
    def _at_home() -> str:
        """Where a visitor seems to live, by the language that their browser likes best; where we do not deliver, our own country."""
        found = country_of(next(iter(request.accept_languages.values()), ""))
        return found if found in service.countries() else service.home()

    def _country() -> str:
        return request.args.get("country") or _at_home()

    def _address_before() -> dict[str, str]:
        """What a returning customer typed last; whoever is new has it sent to where they seem to live."""
        last = service.last_address(current_principal())
        typed = last.model_dump(include=set(FIELDS)) if last is not None and last.country in service.countries() else {}
        return {**typed, "country": request.args.get("country") or typed.get("country") or _at_home()}

    def _regions(country: str, chosen: str) -> dict[str, Any]:
        """The country's states or provinces to choose from; none where an address needs none."""
        named = [(each.key, render(each.label, current_language())) for each in regions(country)]
        kind = region_kind(country)
        return {"regions": [("", "–"), *named] if named else [], "region_label": f"storefront.field.{kind}", "region": chosen}

    @pages.get("/checkout")
    @requires(Permission.ORDER)
    def checkout() -> Response | str:
        designs = request.args.getlist("design") or [offer.design for offer in service.basket(current_principal()).offers]
        if not designs:
            return redirect("/basket", 303)
        values = _address_before()
        shown = held_or_now(service, current_principal(), designs, values["country"])
        asked = request.args.get("revision", type=int)
        newer = asked is not None and len(shown.designs) == 1 and shown.designs[0].revision != asked
        notice = ("warning", Message(id="storefront.checkout.newer")) if newer else None
        return _page(shown, values, notice=notice)

    @pages.get("/checkout/summary")
    @requires(Permission.ORDER)
    def checkout_summary() -> str:
        shown = held_or_now(service, current_principal(), request.args.getlist("design"), _country())
        return render_template(
            "storefront/checkout_elsewhere.html", **_offer(shown), offered_for=_country(), **_regions(_country(), ""), before=None
        )

    @pages.post("/checkout")
    @requires(Permission.ORDER)
    def place_order() -> Any:
        principal, form = current_principal(), read_form(request.form)
        try:
            wanted = form.wanted(current_language())
            if form.goes_elsewhere:
                notice = ("warning", Message(id="storefront.checkout.other_country"))
                now, before = form.shown_elsewhere(service, principal), form.shown(service, principal)
                return _refused(_page(now, request.form, notice=notice, before=before), 409)
            order = service.place_order(principal, wanted, scoped(request.form.get("request", "")))
        except InvalidInput as invalid:
            known = form.goes_elsewhere and form.customer["country"] in service.countries()
            shown = form.shown_elsewhere(service, principal) if known else form.shown(service, principal)
            return _refused(_page(shown, request.form, errors=form.errors(invalid)), 422)
        except PromiseMoved as moved:
            notice = ("warning", Message(id="storefront.checkout.moved"))
            terms = Shown.from_terms(service, principal, moved.extra)
            return _refused(_page(terms, request.form, notice=notice, before=form.shown(service, principal)), 409)
        except PaymentRefused as unpaid:
            notice = ("refusal", Message(id="storefront.checkout.refused"))
            return _refused(_page(form.shown(service, principal).held(unpaid.extra), request.form, notice=notice), 402)
        except (TransitionRefused, StaleRevision) as refused:
            designs = [design.design for design in form.designs]
            shown = shown_now(service, principal, designs, request.form.get("country", _country()))
            why = "newer" if isinstance(refused, StaleRevision) else "ran_out"
            return _refused(_page(shown, request.form, notice=("warning", Message(id=f"storefront.checkout.{why}"))), refused.status)
        service.take_out_of_basket(principal, *(design.design for design in wanted.designs))
        return redirect(f"/orders/{order}?key={service.order_key(order)}", 303)

    def _refused(page: str, status: int) -> Any:
        return page, status, refused_in("#checkout")

    def _offer(shown: Shown) -> dict[str, Any]:
        """What the summary is drawn from; an order comes as a whole, so that each wish is held against its date."""
        wished = [(each, each.wished) for each in shown.designs if each.wished is not None]
        return {
            "shown": shown,
            "wishes": {each.design: service.wish_kept(wish, each.price, shown.promised_at) for each, wish in wished},
            "held_minutes": shown.held_until and service.minutes_until(shown.held_until),
        }

    def _page(shown: Shown, values: Any, *, notice: Any = None, errors: Any = None, before: Shown | None = None) -> str:
        found: dict[str, Message] = errors or {}
        return render_template(
            "storefront/checkout_form.html" if by_script() else "storefront/checkout.html",
            **_offer(shown),
            offered_for=values["country"],
            **_regions(values["country"], values.get("region", "")),
            address=_address(shown),
            ordered=service.orders_with(current_principal(), [design.design for design in shown.designs]),
            values=values,
            errors=found,
            faults=[(name, _fault(name, found[name])) for name in sorted(found, key=_place)],
            notice=notice,
            before=before,
            countries=sorted(((each, formats.country(each, current_language())) for each in service.countries()), key=lambda pair: pair[1]),
            methods=[(each, _say(Message(id=f"storefront.payment.{each}"))) for each in service.payment_methods()],
            request_token=uuid4().hex,
        )


def _address(shown: Shown) -> str:
    """The checkout of these designs: opened anew (in the other language, say) it is still theirs."""
    return f"/checkout?{urlencode([('design', design.design) for design in shown.designs])}"


def _place(field: str) -> int:
    return FIELDS.index(field) if field in FIELDS else len(FIELDS)


def _fault(field: str, message: Message) -> str:
    """A field that the page shows is named as there; of the hidden ones only the sentence helps."""
    if field not in FIELDS:
        return _say(message)
    labels = {
        "email": "storefront.field.email_label",
        "payment": "storefront.checkout.method",
        "region": f"storefront.field.{region_kind(request.form.get('country', ''))}",
    }
    label = labels.get(field, f"storefront.field.{field}")
    return f"{_say(Message(id=label))}{_say(Message(id='layout.colon'))}{_say(message)}"


def _say(message: Message) -> str:
    return render(message, current_language())
