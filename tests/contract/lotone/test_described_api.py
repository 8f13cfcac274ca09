"""Does every operation keep to its description, whoever sends whatever to it? Schemathesis asks: no fault, no status and no answer unsaid.

Who may do what is test_access.py's question; that each wrong field is named, test_bad_input.py's. A stream has no end and is left out.
"""

import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
import schemathesis
from schemathesis.engine import events, from_schema

from contracts.access import PERMISSIONS, SYSTEM, Principal, Role
from ledger.machine_clients import MachineClients
from ledger.sign_in import SignIns
from lotone.web import create_app
from presentation.openapi import description_of
from tests.contract.lotone.conftest import Installation, fresh_house, in_every_run_on, with_an_order

CUSTOMER = "customer"
"""A visitor with a session in which something was made, and with the key of the order."""
EVERYBODY = (CUSTOMER, *(role for role in Role if role not in {Role.CONSUMER, Role.PARTNER}))
PHASES = ("examples", "coverage", "fuzzing", "stateful")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Nobody asks too often here: what is said of that has its own tests."""
    rates = dict.fromkeys(("visitor_rate", "signed_in_rate", "machine_client_rate", "sign_in_rate"), "1000000 per second")
    with fresh_house(tmp_path_factory.mktemp("home"), "") as house:
        yield with_an_order(house, create_app(house.settings.model_copy(update=rates), house))


@in_every_run_on("postgresql")
@pytest.mark.parametrize("who", [Role.MACHINE_CLIENT, Role.ADMINISTRATOR])
def test_some_requests_of_those_who_may_most(installation: Installation, who: Role) -> None:
    """Between them they may do everything."""
    schema = described(installation, who, examples=2, seed=1, phases=("fuzzing",))
    mine = schema.include(lambda context: context.operation.definition.raw.get("x-permission") in PERMISSIONS[who])
    assert broken_promises(mine) == []


@pytest.mark.long
@pytest.mark.parametrize("who", EVERYBODY)
def test_many_requests_of_everybody(installation: Installation, who: str) -> None:
    seed = random.randrange(10**6)
    assert broken_promises(described(installation, who, examples=20, seed=seed, phases=PHASES)) == [], f"seed {seed}"


def broken_promises(schema: Any) -> list[str]:
    """What went otherwise than the description says, each thing once: operation, what, and a request that shows it."""
    found: dict[tuple[str, str], str] = {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            found[type(event).__name__, str(getattr(event, "info", event))] = ""
        if not isinstance(event, events.ScenarioFinished):
            continue
        for case, checks in event.recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    operation = event.recorder.cases[case].value.operation.label
                    found.setdefault(
                        (operation, check.failure_info.failure.title), f"{check.failure_info.failure}\n{check.failure_info.code_sample}"
                    )
    return [f"{operation}: {title}\n{shown}" for (operation, title), shown in sorted(found.items())]


def described(installation: Installation, who: str, examples: int, seed: int, phases: tuple[str, ...]) -> Any:
    """The description for one caller. Half of the identifiers that are sent name something there is."""
    known = {
        "path.design": [installation.design, installation.own],
        "path.order": [installation.order],
        "path.work_order": [installation.work_order],
        "path.family": ["bicycle"],
        "query.key": [installation.house.storefront.order_key(installation.order)],
    }
    if who == Role.ANONYMOUS:
        del known["query.key"]
    config = schemathesis.Config.from_dict(
        {
            "seed": seed,
            "headers": {"Accept-Encoding": "identity", **credentials(installation, who)},
            "continue-on-failure": True,
            "generation": {"max-examples": examples, "database": "none", "no-shrink": True, "deterministic": True},
            "phases": {name: {"enabled": name in phases} for name in PHASES},
            # A body of the right form may still name what there is not, or say what cannot be.
            "checks": {"positive_data_acceptance": {"enabled": False}},
            "dictionaries": {name: {"values": values} for name, values in known.items()},
            "parameters": {name: {"dictionary": name, "probability": 0.5} for name in known},
        }
    )
    description = description_of(installation.app, "1")
    for operation in (each for path in description["paths"].values() for each in path.values()):
        operation.pop("security", None)
    schema = schemathesis.openapi.from_dict(description, config=config)
    schema.app = installation.app
    return schema.exclude(path_regex="/events$")


def credentials(installation: Installation, who: str) -> dict[str, str]:
    """The header that says who asks."""
    ledger = installation.house.ledger
    if who == Role.ANONYMOUS:
        return {}
    if who == Role.MACHINE_CLIENT:
        _, key = MachineClients(ledger).create(SYSTEM, "schemathesis")
        return {"Authorization": f"Bearer {key}"}
    client = installation.app.test_client()
    with client.session_transaction() as session:
        if who == CUSTOMER:
            session["guest"] = "person_customer"
        else:
            with ledger.transaction(SYSTEM) as transaction:
                session["sign_in"] = SignIns(ledger).start(transaction, Principal(id=f"staff_{who}", role=Role(who), name=who))
    cookie = client.get_cookie("lotone")
    assert cookie is not None
    return {"Cookie": f"lotone={unquote(cookie.value)}"}
