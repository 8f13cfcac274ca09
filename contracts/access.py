"""Who may do what: one table of roles and permissions."""

from enum import StrEnum

from contracts.model import Contract


class Role(StrEnum):
    ANONYMOUS = "anonymous"
    CONSUMER = "consumer"
    ENGINEER = "engineer"
    PLANNER = "planner"
    OPERATOR = "operator"
    QUALITY = "quality"
    SERVICE = "service"
    PARTNER = "partner"
    MACHINE_CLIENT = "machine_client"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    VIEW_CATALOGUE = "view-catalogue"
    DESIGN = "design"
    ORDER = "order"
    VIEW_OWN_ORDER = "view-own-order"
    VIEW_ALL_ORDERS = "view-all-orders"
    VIEW_PLAN = "view-plan"
    CHANGE_PLAN = "change-plan"
    OPERATE = "operate"
    """Work at the operator's terminal."""
    EXCHANGE_WORK_ORDERS = "exchange-work-orders"
    """Lease, acknowledge, report and measure over a protocol."""
    VIEW_QUALITY = "view-quality"
    DECIDE_QUALITY = "decide-quality"
    """Decide what is done with what failed; two persons have to agree where the product says so."""
    TRACE = "trace"
    """Ask and tell where things come from and where they went."""
    ANSWER_COMPLAINTS = "answer-complaints"
    PUBLISH_FAMILY = "publish-family"
    STEP_CLOCK = "step-clock"
    """Advance business time; honoured in stepped mode only."""
    KEEP_OWN_ACCOUNT = "keep-own-account"
    """See and end one's own sessions, and set up a second factor: whoever signs in with a password."""
    ADMINISTER = "administer"


_P = Permission
_BUY = frozenset({_P.VIEW_CATALOGUE, _P.DESIGN, _P.ORDER, _P.VIEW_OWN_ORDER})
_WORK = frozenset({_P.VIEW_CATALOGUE, _P.KEEP_OWN_ACCOUNT})

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ANONYMOUS: _BUY,
    Role.CONSUMER: _BUY,
    Role.ENGINEER: _BUY | _WORK | {_P.PUBLISH_FAMILY},
    Role.PLANNER: _BUY | _WORK | {_P.VIEW_ALL_ORDERS, _P.VIEW_PLAN, _P.CHANGE_PLAN, _P.VIEW_QUALITY, _P.TRACE},
    Role.OPERATOR: _WORK | {_P.OPERATE},
    Role.QUALITY: _WORK | {_P.VIEW_QUALITY, _P.DECIDE_QUALITY, _P.TRACE, _P.OPERATE, _P.VIEW_ALL_ORDERS},
    Role.SERVICE: _BUY | _WORK | {_P.VIEW_ALL_ORDERS, _P.VIEW_QUALITY, _P.TRACE, _P.ANSWER_COMPLAINTS},
    Role.PARTNER: _WORK,
    Role.MACHINE_CLIENT: frozenset({_P.EXCHANGE_WORK_ORDERS, _P.TRACE, _P.STEP_CLOCK}),
    Role.ADMINISTRATOR: frozenset(_P) - {_P.EXCHANGE_WORK_ORDERS, _P.STEP_CLOCK},
}


class Principal(Contract):
    """Who acts: a signed-in person, a guest (``person`` set once they own a design or order), or a machine client."""

    id: str
    """Identifier of the person, guest or machine client; goes to the audit trail."""
    role: Role
    name: str = ""
    """Sign-in name of staff or client; never a customer's name."""
    machine_groups: frozenset[str] | None = None
    """Machine clients: groups the key is scoped to; None means all."""

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]


SYSTEM = Principal(id="system", role=Role.ADMINISTRATOR, name="system")
"""The product itself: dispatcher, agenda, seeding."""
