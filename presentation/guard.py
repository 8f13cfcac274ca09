"""Who may see this route."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Literal

from flask import Flask, g

from contracts.access import Permission, Principal, Role
from contracts.problems import NotPermitted, NotSignedIn

View = Callable[..., Any]

ANONYMOUS = Principal(id="anonymous", role=Role.ANONYMOUS)


def current_principal() -> Principal:
    """Who acts in this request; nobody known acts as the anonymous visitor."""
    principal = g.get("principal", ANONYMOUS)
    if not isinstance(principal, Principal):
        raise TypeError("flask.g.principal must be a contracts.access.Principal")
    return principal


def requires(permission: Permission) -> Callable[[View], View]:
    """The view answers only principals with this permission; others get NotSignedIn or NotPermitted."""

    def guarded(view: View) -> View:
        @wraps(view)
        def answer(*args: Any, **kwargs: Any) -> Any:
            principal = current_principal()
            if not principal.may(permission):
                raise NotSignedIn() if principal.role is Role.ANONYMOUS else NotPermitted()
            return view(*args, **kwargs)

        answer.__dict__["permission"] = permission
        return answer

    return guarded


def public(view: View) -> View:
    """The view answers everybody, on purpose."""
    view.__dict__["permission"] = "public"
    return view


def permission_of(view: View) -> Permission | Literal["public"] | None:
    """What the view asks for; None when nobody decided."""
    found = view.__dict__.get("permission")
    return found if isinstance(found, Permission) or found == "public" else None


def undecided_routes(app: Flask) -> Iterator[str]:
    """Routes whose view neither requires a permission nor is public: a fault of the program."""
    for rule in app.url_map.iter_rules():
        if permission_of(app.view_functions[rule.endpoint]) is None:
            yield f"{rule.rule} ({rule.endpoint})"
