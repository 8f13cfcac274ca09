"""How does a request with an Idempotency-Key get exactly one effect and always the same answer?"""

from flask import Flask, Response, g, request

from contracts.access import SYSTEM
from contracts.problems import FieldProblem, InvalidInput, Problem
from ledger import idempotency
from ledger.idempotency import AlreadyAnswered, Claim, Intent, StoredAnswer
from ledger.unit_of_work import Ledger
from ledger.vault import Vault
from presentation.api import IDEMPOTENCY_KEY, Description
from presentation.guard import current_principal

LONGEST_KEY = 200
_KEPT_HEADERS = ("Content-Type", "Location", "ETag")


def init_idempotency(app: Flask, ledger: Ledger) -> None:
    """Claim the key before a POST, store the answer after it; the same key and body again give the stored answer.

    A view that is one transaction (``describe(one_commit=True)``) takes the key and stores the answer in that commit; nothing is
    looked up before it, since a repeated request finds its key there as well.
    """

    @app.before_request
    def claim_key() -> Response | None:
        key = request.headers.get(IDEMPOTENCY_KEY)
        if key is None or request.method != "POST":
            return None
        if not 0 < len(key) <= LONGEST_KEY:
            raise InvalidInput(errors=(FieldProblem(f"/{IDEMPOTENCY_KEY}", "field.too_long", {"max_length": LONGEST_KEY}),))
        intent = Intent(principal=current_principal().id, key=key, body_mark=_fingerprint(ledger.vault), vault=ledger.vault)
        found = intent if _is_one_commit(app) else _claimed(ledger, intent)
        if isinstance(found, StoredAnswer):
            return _given_before(app, found) if found.outcome is None else _told_again(app, ledger, intent, found)
        g.idempotency_claim = found
        g.idempotency_context = idempotency.within(found)
        g.idempotency_context.__enter__()
        return None

    @app.errorhandler(AlreadyAnswered)
    def answered(known: AlreadyAnswered) -> Response:
        return _given_before(app, known.answer)

    @app.after_request
    def keep_answer(response: Response) -> Response:
        mine: Claim | Intent | None = g.pop("idempotency_claim", None)
        if mine is None:
            return response
        g.pop("idempotency_context").__exit__(None, None, None)
        if isinstance(mine, Intent) and mine.settled:
            return response
        try:
            before = _stored(ledger, mine, response)
        except Problem as refusal:
            return app.make_response(app.handle_user_exception(refusal))
        return response if before is None else _given_before(app, before)


def _described(app: Flask) -> Description | None:
    description = app.view_functions[request.endpoint].__dict__.get("description") if request.endpoint else None
    return description if isinstance(description, Description) else None


def _is_one_commit(app: Flask) -> bool:
    description = _described(app)
    return description is not None and description.one_commit


def _told_again(app: Flask, ledger: Ledger, intent: Intent, known: StoredAnswer) -> Response:
    """The first request had its effect and died before it answered: the view says what it would have, from now on."""
    description = _described(app)
    if description is None or description.again is None or known.outcome is None:
        return _given_before(app, known)
    response = description.again(known.outcome, **(request.view_args or {}))
    intent.committed = True
    _stored(ledger, intent, response)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def _given_before(app: Flask, known: StoredAnswer) -> Response:
    return app.response_class(known.body, known.status, {**known.headers, "Idempotent-Replayed": "true"})


def _claimed(ledger: Ledger, intent: Intent) -> StoredAnswer | Claim:
    with ledger.transaction(SYSTEM) as transaction:
        return idempotency.claim(transaction.session, intent, transaction.real_now)


def _stored(ledger: Ledger, mine: Claim | Intent, response: Response) -> StoredAnswer | None:
    """Keep the answer, unless it is no answer to keep; what was answered before, if anything was."""
    final = response.status_code < 500 and response.status_code != 429
    if not final and isinstance(mine, Intent):
        return None
    with ledger.transaction(SYSTEM) as transaction:
        if final:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            return idempotency.store(transaction.session, mine, response.status_code, headers, response.get_data(), transaction.real_now)
        if isinstance(mine, Claim):
            idempotency.abandon(transaction.session, mine)
    return None


def _fingerprint(vault: Vault) -> str:
    """What makes two requests the same: address and body."""
    return vault.mark(request.full_path.encode() + b"\0" + request.get_data(cache=True))
