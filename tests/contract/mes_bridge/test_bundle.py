"""Messages that come together: each has the answer and the effect of a request of its own, on each database."""

from types import SimpleNamespace
from typing import Any

from flask.testing import FlaskClient

from contracts.events import OperationCompleted, OperationStarted
from ledger.unit_of_work import Ledger
from tests.contract.mes_bridge.test_rest import AT, MES, lease
from tests.unit.mes_bridge.shop import Shop


def bundle(client: FlaskClient, *messages: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    answer = client.post(f"{MES}/bundle", json={"messages": messages})
    assert answer.status_code == 200, answer.json
    return [(one["status"], one["content"]) for one in answer.json["answers"]]


def acknowledgement(item: dict[str, Any]) -> dict[str, Any]:
    reference = {"revision": item["revision"], "fence": item["fence"]}
    return {"type": "acknowledgement", "work_order": item["work_order"], "content": reference}


def report(item: dict[str, Any], kind: str, **fields: Any) -> dict[str, Any]:
    content = {"report": f"{kind}-{item['work_order']}", "revision": item["revision"], "fence": item["fence"], "kind": kind, "at": AT}
    return {"type": "report", "work_order": item["work_order"], "content": content | fields}


def measurement(item: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    content = {"measurement": name, "work_order": item["work_order"], "unit": "mm", "at": AT, "source": "gauge"}
    return {"type": "measurement", "content": content | fields}


def state(machine: str, state: str) -> dict[str, Any]:
    return {"type": "machine-state", "content": {"machine": machine, "state": state, "at": AT}}


def test_messages_are_taken_in_their_order_and_each_is_answered(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item, *_) = lease(client)
    answers = bundle(client, acknowledgement(item), report(item, "started"), state("CUT-1", "down"), report(item, "completed"))
    assert [(status, content.get("state")) for status, content in answers] == [
        (200, "acknowledged"), (200, "in_progress"), (200, None), (200, "closed"),
    ]  # fmt: skip
    assert [type(one) for one in shop.events(OperationStarted) + shop.events(OperationCompleted)] == [OperationStarted, OperationCompleted]


def test_a_refused_message_changes_nothing_and_stops_none_of_the_others(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (cut, true) = lease(client)
    stale = cut | {"fence": cut["fence"] - 1}
    wrong_unit = measurement(true, "m1", checkpoint="runout", value=10, unit="bar")
    right = measurement(true, "m1", checkpoint="runout", value="10.05")
    answers = bundle(
        client,
        report(cut, "started"),
        report(stale, "completed", report="stale"),
        report(true, "started"),
        wrong_unit,
        right,
        acknowledgement(cut | {"work_order": "none"}),
        report(cut | {"work_order": "none"}, "started"),
        report(cut, "completed"),
    )
    assert [status for status, _ in answers] == [200, 409, 200, 422, 200, 404, 202, 200]
    assert [content["type"].rsplit("/", 1)[-1] for status, content in answers if status >= 400] == [
        "stale-fence", "unit-mismatch", "not-found",
    ]  # fmt: skip
    assert answers[3][1]["errors"][0]["pointer"] == "/unit"
    assert answers[4][1]["verdict"] == "in_tolerance"
    assert [event.key.sequence for event in shop.events(OperationStarted)] == [10, 40]
    assert len(shop.service.work_order(cut["work_order"]).reports) == 2
    assert len(shop.service.measurements()) == 1


def test_the_same_bundle_again_has_the_same_answers_and_no_second_effect(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item, *_) = lease(client)
    messages = (report(item, "started"), state("CUT-1", "down"), report(item, "completed"))
    first = bundle(client, *messages)
    assert bundle(client, *messages) == first
    assert len(shop.events(OperationCompleted)) == 1


def test_a_bundle_that_cannot_be_read_says_which_field_and_takes_nothing(client: FlaskClient, shop: Shop) -> None:
    shop.release()
    (item, *_) = lease(client)
    good = report(item, "started")
    for messages, pointer in (
        ([], "/messages"),
        ([good, {"type": "wish", "content": {}}], "/messages/1"),
        ([good, {"content": {}}], "/messages/1"),
        ([good, report(item, "finished")], "/messages/1/content/kind"),
        ([good] * 201, "/messages"),
    ):
        answer = client.post(f"{MES}/bundle", json={"messages": messages})
        assert (answer.status_code, [fault["pointer"] for fault in answer.json["errors"]]) == (422, [pointer])
        assert "{" not in answer.json["errors"][0]["detail"]
    assert shop.events(OperationStarted) == []


def test_what_takes_long_is_more_than_one_commit(client: FlaskClient, shop: Shop, ledger_on: Ledger, monkeypatch: Any) -> None:
    monkeypatch.setattr("mes_bridge.bundles._COMMIT_S", 0.0)
    shop.release()
    (cut, true) = lease(client)
    stale = report(cut | {"fence": cut["fence"] - 1}, "paused")
    answers = bundle(client, report(cut, "started"), report(true, "started"), report(cut, "completed"))
    assert [content["state"] for _, content in answers] == ["in_progress", "in_progress", "closed"]
    again = bundle(client, report(cut, "started"), report(true, "started"), stale, report(cut, "completed"))
    assert [(status, content.get("state")) for status, content in again] == [
        (200, "in_progress"), (200, "in_progress"), (409, None), (200, "closed"),
    ]  # fmt: skip


def test_a_prefix_that_is_taken_again_in_two_commits_leaves_every_answer_in_its_place(
    client: FlaskClient, shop: Shop, monkeypatch: Any
) -> None:
    shop.release()
    (cut, true) = lease(client)
    stale = report(cut | {"fence": cut["fence"] - 1}, "paused")
    slow_at_the_second_try = iter([0.0, 0.0, 0.0, 0.0, 1.0, *[1.0] * 20])
    monkeypatch.setattr("mes_bridge.bundles.time", SimpleNamespace(perf_counter=lambda: next(slow_at_the_second_try)))
    answers = bundle(client, report(cut, "started"), report(true, "started"), stale, report(cut, "completed"))
    assert [(status, content.get("state")) for status, content in answers] == [
        (200, "in_progress"), (200, "in_progress"), (409, None), (200, "closed"),
    ]  # fmt: skip
