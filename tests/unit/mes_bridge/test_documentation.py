"""The integrator's page says what the interface does: each sample is of the form it shows, no address and no reason is missing."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from flask import Flask
from pydantic import BaseModel

import contracts.bundle
import contracts.work_order
from contracts.bundle import Bundle
from contracts.work_order import MachineStateReport, WorkOrderState
from mes_bridge.engine.protocols import rest, webhook
from mes_bridge.engine.protocols.amqp import EXCHANGE
from mes_bridge.engine.protocols.mqtt import Namespace, encode, encode_machine
from mes_bridge.engine.protocols.opcua import Command, JobState, ReturnStatus
from mes_bridge.engine.work_order_document import content_hash
from mes_bridge.transports.amqp.publisher import QUEUE
from mes_bridge.transports.opcua.nodes import OWN_METHODS
from mes_bridge.web import api
from presentation.texts import sentences
from tests.unit.mes_bridge.shop import Shop

PAGE = (Path(__file__).parents[3] / "docs" / "mes.md").read_text()
SAMPLES = re.findall(r"<!-- (\w+) -->\n```json\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("name", "sample"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_each_sample_is_of_the_form_it_shows(name: str, sample: str) -> None:
    model: type[BaseModel] = getattr(contracts.work_order, name, None) or getattr(contracts.bundle, name, None) or getattr(api, name)
    parsed = model.model_validate_json(sample)
    assert set(parsed.model_dump()) == set(json.loads(sample)), "a sample shows every field"


def test_every_request_body_has_a_sample() -> None:
    bodies = {"LeaseRequest", "LeaseReference", "Report", "Answer", "MeasurementReport", "MachineStateReport", "Bundle"}
    assert bodies | {"Leased", "Lease", "Receipt", "BundleAnswers", "BundledReport", "BundledAnswer"} == {name for name, _ in SAMPLES}


def test_the_hash_of_the_sample_is_the_one_of_its_content() -> None:
    (item,) = json.loads(next(sample for name, sample in SAMPLES if name == "Leased"))["items"]
    assert content_hash(rest.decode(item)) == item["content_sha256"]


def test_every_address_is_on_the_page(shop: Shop) -> None:
    app = Flask("test", static_folder=None)
    app.register_blueprint(api.blueprint(shop.service))
    for rule in app.url_map.iter_rules():
        last = rule.rule.replace("<work_order>", "{id}").replace("<name>", "{name}")
        assert last in PAGE or f"/{last.rsplit('/', 1)[-1]}`" in PAGE, last


def test_every_reason_of_the_quarantine_is_on_the_page_and_in_both_languages() -> None:
    prefix = "mes_bridge.quarantine."
    reasons = {name.removeprefix(prefix) for name in sentences("en") if name.startswith(prefix)}
    assert {name.removeprefix(prefix) for name in sentences("zh") if name.startswith(prefix)} == reasons
    source = (Path(api.__file__).parents[1] / "reporting.py").read_text()
    said = set(re.findall(r'(?:return|letter,) "([a-z-]+)"', source))
    assert said | {WorkOrderState.CANCELLED.value, WorkOrderState.SUPERSEDED.value} == reasons
    for reason in reasons:
        assert f"`{reason}`" in PAGE, reason


def test_what_is_shown_of_the_namespace_is_what_it_holds() -> None:
    """The samples over MQTT are those of REST, encoded."""
    shown = dict(re.findall(r"<!-- over MQTT: (\w+) -->\n```\n(.*?)```", PAGE, re.DOTALL))
    names = Namespace("acme")
    (item,) = json.loads(next(sample for name, sample in SAMPLES if name == "Leased"))["items"]
    message = encode(names, "riverside", "TRUE", rest.decode(item), WorkOrderState.RELEASED, ready=True)
    properties = " ".join(f"{name}:{value}" for name, value in message.properties.items())
    assert shown["read"].splitlines()[1] == f"{message.topic} {properties} {message.body.decode()}"
    said = MachineStateReport.model_validate_json(next(sample for name, sample in SAMPLES if name == "MachineStateReport"))
    state = encode_machine(names, "riverside", "TRUE", said)
    assert shown["machine"].strip() == f"{state.topic} {state.body.decode()}"
    assert f" -t {names.reports_of('hall1')} " in shown["report"]
    assert f" response-topic {names.answers_of('hall1', '1')} " in shown["report"]
    Bundle.model_validate_json(f'{{"messages": [{shown["report"].partition(" -m '")[2].strip().strip("'")}]}}')
    for topic in (names.told, names.status, names.refused("<your user>"), names.reports_of("<your user>")):
        assert f"`{topic}`" in PAGE


def test_what_is_shown_of_a_webhook_is_what_is_sent() -> None:
    """The samples over webhook are those of REST, signed; the sample in Python takes them, and nothing that was changed."""
    shown = dict(re.findall(r"<!-- over webhook: (\w+) -->\n```\n(.*?)\n```", PAGE, re.DOTALL))
    secret = re.search(r"the secret `(whsec_\w+)`", PAGE)[1]  # type: ignore[index]
    verifier = re.search(r"<!-- over webhook: verify -->\n```python\n(.*?)```", PAGE, re.DOTALL)[1]  # type: ignore[index]
    scope: dict[str, Any] = {}
    exec(verifier, scope)
    scope["time"] = SimpleNamespace(time=lambda: 1795505400 + 60)
    (item,) = json.loads(next(sample for name, sample in SAMPLES if name == "Leased"))["items"]
    states: tuple[webhook.State, ...] = ("released", "superseded", "cancelled")
    assert set(shown) == set(states)
    for state in states:
        message = webhook.encode(rest.decode(item), "riverside", "TRUE", state, datetime(2026, 11, 24, 7, 30, tzinfo=UTC))
        headers = webhook.signed(message, [webhook.read_secret(secret)], 1795505400)
        head = "\n".join(f"{name}: {value}" for name, value in headers.items())
        assert shown[state] == f"{head}\n\n{message.body.decode()}"
        assert scope["is_from_lotone"](secret, headers, message.body)
        assert not scope["is_from_lotone"](secret, headers, message.body + b" ")
        assert not scope["is_from_lotone"](secret, headers | {"webhook-timestamp": "1795505401"}, message.body)
    assert all(f"`work_order.{state}`" in PAGE for state in get_args(webhook.State))


def test_the_broker_s_names_are_on_the_page() -> None:
    assert f"exchange `{EXCHANGE}`" in PAGE
    assert f"queue `{QUEUE}`" in PAGE


def test_every_method_state_and_bit_of_job_control_is_on_the_page() -> None:
    section = PAGE.partition("## Job control: OPC UA")[2].partition("\n## ")[0]
    assert all(f"`{command}`" in section for command in Command)
    assert all(f"| {state.text} ({state.value}) |" in section for state in JobState)
    told = {state.value for state in WorkOrderState} - {WorkOrderState.SUPERSEDED.value}
    assert all(f"`{state}`" in section for state in told)
    for bit in (status.value.bit_length() - 1 for status in ReturnStatus):
        assert re.search(rf"\| {bit} \||bit {bit} ", section), bit
    assert all(f"`{name}" in section for name in OWN_METHODS)
