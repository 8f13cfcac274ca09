"""Named errors: what went wrong, where, and what to do; the edges make problem+json or a sentence of them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FieldProblem:
    """One fault at a JSON pointer (RFC 6901), told by a message id and parameters."""

    pointer: str
    message: str
    params: dict[str, Any] = field(default_factory=dict)


class Problem(Exception):
    """A refusal that somebody can answer.

    ``type`` is the last part of the problem's URI (RFC 9457), ``status`` the HTTP status,
    ``problem.<type>`` and ``problem.<type>.detail`` the message ids of title and detail.
    ``extra`` holds further members of the problem document (JSON-ready).
    """

    type = "problem"
    status = 400

    def __init__(
        self, params: dict[str, Any] | None = None, errors: tuple[FieldProblem, ...] = (), extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(f"{self.type} {params or ''} {errors or ''}")
        self.params = params or {}
        self.errors = errors
        self.extra = extra or {}


class InvalidInput(Problem):
    """The request is not of the agreed form; ``errors`` name each field."""

    type = "invalid-input"
    status = 422


class NotFound(Problem):
    """No such thing, or none that the caller may know of."""

    type = "not-found"
    status = 404

    def __init__(self, kind: str, identifier: str) -> None:
        super().__init__({"kind": kind, "identifier": identifier})


class NotYet(Problem):
    """It is not there yet; ``params['comes']`` is a Message that says when it will be."""

    type = "not-yet"
    status = 404


class NotSignedIn(Problem):
    """The caller must sign in first."""

    type = "not-signed-in"
    status = 401


class NotPermitted(Problem):
    """The caller's role does not permit this."""

    type = "not-permitted"
    status = 403


class StaleRevision(Problem):
    """Somebody (or another tab) changed the thing since it was read."""

    type = "stale-revision"
    status = 412

    def __init__(self, given: int, current: int) -> None:
        super().__init__({"given": given, "current": current}, extra={"current": current})


class DecisionRefused(Problem):
    """The decision leaves no buildable product; ``extra`` holds reasons and repairs."""

    type = "decision-refused"
    status = 409


class DesignIncomplete(Problem):
    """The design lacks what only the customer can tell, ``missing`` measures or choices; it cannot be ordered yet."""

    type = "design-incomplete"
    status = 409


class PromiseMoved(Problem):
    """Price or date got worse than what the buyer saw; ``extra`` holds the new values and the hold."""

    type = "promise-moved"
    status = 409


class NoPromise(Problem):
    """The plant cannot make this within its horizon; ``extra`` holds the binding reason."""

    type = "no-promise"
    status = 409


class TransitionRefused(Problem):
    """The thing is in a state in which this cannot happen any more (or yet)."""

    type = "transition-refused"
    status = 409

    def __init__(self, thing: str, state: str, wanted: str) -> None:
        super().__init__({"thing": thing, "state": state, "wanted": wanted})


class TooLate(Problem):
    """The customer can no longer cancel or change this; ``params['reason']`` is a Message that says why."""

    type = "too-late"
    status = 409


class ConcessionRefused(Problem):
    """A failed piece cannot be conceded, or this answer cannot be given; ``params['reason']`` is a Message that says why."""

    type = "concession-refused"
    status = 409


class GaugeOverdue(Problem):
    """The gauge's calibration is over and the plant's rule is to refuse its values; nothing was recorded."""

    type = "gauge-overdue"
    status = 409


class MachineHeld(Problem):
    """An alarm of a control chart holds the machine: nothing new is begun on it until a person of quality releases it."""

    type = "machine-held"
    status = 409


class PaymentRefused(Problem):
    """The payment provider refused the authorisation."""

    type = "payment-refused"
    status = 402


class StaleFence(Problem):
    """Another holder has the lease; the caller's fencing number is out of date."""

    type = "stale-fence"
    status = 409


class IdempotencyMismatch(Problem):
    """The idempotency key was used before with another body."""

    type = "idempotency-mismatch"
    status = 422


class IdempotencyInFlight(Problem):
    """The first request with this key is still being answered."""

    type = "idempotency-in-flight"
    status = 409


class PlanInvalid(Problem):
    """A plan or a move breaks a rule of the plant; ``errors`` name each."""

    type = "plan-invalid"
    status = 409


class PlanChanged(Problem):
    """Another planner was first, or the plan changed otherwise, so that a move would not do what its planner saw; ``extra`` says what."""

    type = "plan-changed"
    status = 409


class UnitMismatch(Problem):
    """A value came in a unit that does not measure the same thing."""

    type = "unit-mismatch"
    status = 422

    def __init__(self, given: str, expected: str) -> None:
        super().__init__({"given": given, "expected": expected})


class SourceInvalid(Problem):
    """A family or plant file is wrong; ``extra['lines']`` lists {line, column, message, params}."""

    type = "source-invalid"
    status = 422


class TooLarge(Problem):
    """The input is larger than the bound."""

    type = "too-large"
    status = 413


class TooManyRequests(Problem):
    """The caller asks too often."""

    type = "too-many-requests"
    status = 429


class Unavailable(Problem):
    """The service cannot do this now (storage full, PDFs without Pango); nothing was changed."""

    type = "unavailable"
    status = 503


class SettingInvalid(Problem):
    """A setting of the installation cannot be used; its name and value are named."""

    type = "setting-invalid"
    status = 500

    def __init__(self, setting: str, value: str) -> None:
        super().__init__({"setting": setting, "value": value})


class DatabaseForeign(Problem):
    """The database was written by a version of the program that this one does not know."""

    type = "database-foreign"
    status = 500
