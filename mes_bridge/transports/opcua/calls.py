"""What happens when a client calls a method of a machine group?"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from asyncua import ua
from pydantic import ValidationError

from contracts.problems import Unavailable
from contracts.work_order import MachineStateReport, MeasurementReport
from mes_bridge.engine.protocols.opcua import Command, ReturnStatus, named_hash, respond
from mes_bridge.job_control import Called, JobControl, Told
from mes_bridge.transports.opcua.model import COMMANDS, WITH_AN_ORDER
from mes_bridge.transports.opcua.nodes import GroupNodes, Methods
from mes_bridge.transports.opcua.sessions import CALLER
from mes_bridge.transports.opcua.structures import aware, job_response, read_job_order, state_number, words

_T = ua.VariantType
_UNCERTAIN, _BUSY = ua.StatusCode(ua.StatusCodes.Uncertain), ua.StatusCode(ua.StatusCodes.BadResourceUnavailable)


def methods_of(nodes: GroupNodes, control: JobControl) -> Methods:
    """Everything that can be called of one machine group."""
    calls = Calls(nodes, control)
    return Methods(
        commands={command: calls.command(command) for command in COMMANDS},
        requests={"RequestJobResponseByJobOrderID": calls.response_of, "RequestJobResponseByJobOrderState": calls.responses_in},
        own={"Measure": calls.measure, "ReportMachineState": calls.machine_state},
    )


class Calls:
    """The library hands over the object and the arguments, which are of the types that the method says (``arguments.checked``);
    what it answers is a result with status and arguments."""

    def __init__(self, nodes: GroupNodes, control: JobControl) -> None:
        self._nodes = nodes
        self._control = control

    def command(self, command: Command) -> Callable[..., Any]:
        """One of the eleven methods."""

        async def called(_: ua.NodeId, *given: ua.Variant) -> ua.CallMethodResult:
            subject, comment = (*(one.Value for one in given), None, None)[:2]
            order = read_job_order(subject) if command in WITH_AN_ORDER else None
            identifier = order.id if order is not None else subject if command not in WITH_AN_ORDER else None
            if identifier is None:
                return _answer(ReturnStatus.INVALID_REQUEST)
            asked = Called(
                command=command,
                plant=self._nodes.plant,
                machine_group=self._nodes.group,
                work_order=identifier,
                comment=words(comment),
                principal=CALLER.get(),
                content_sha256=None if order is None else named_hash(order),
            )
            return await _durable(lambda: _answer(self._control.call(asked)))

        return called

    async def response_of(self, _: ua.NodeId, *given: ua.Variant) -> ua.CallMethodResult:
        """The result so far of one work order, however long it is over."""
        nothing = ua.Variant(None, _T.ExtensionObject)
        identifier = given[0].Value
        if identifier is None:
            return _answer(ReturnStatus.INVALID_REQUEST, nothing)

        def found() -> ua.CallMethodResult:
            result = self._control.result(self._nodes.plant, self._nodes.group, identifier)
            if result is None:
                return _answer(ReturnStatus.UNKNOWN_JOB_ORDER, nothing)
            return _answer(ReturnStatus.NO_ERROR, ua.Variant(job_response(respond(result)), _T.ExtensionObject))

        return await _durable(found)

    async def responses_in(self, _: ua.NodeId, *given: ua.Variant) -> ua.CallMethodResult:
        """Results of the list in a state."""
        state = state_number(given[0].Value)
        found = [] if state is None else self._nodes.responses_in(state)
        status = ReturnStatus.INVALID_REQUEST if state is None else ReturnStatus.NO_ERROR
        return _answer(status, ua.Variant(found, _T.ExtensionObject, is_array=True))

    async def measure(self, _: ua.NodeId, *given: ua.Variant) -> ua.CallMethodResult:
        """A value of a checkpoint. Its identifier is the client's own: repeated, it has one effect."""
        names = ("measurement", "work_order", "checkpoint", "value", "unit", "gauge", "at", "corrects")
        told = _named(names, given) | {"source": "gauge"}
        try:
            measured = MeasurementReport.model_validate(told)
        except ValidationError as wrong:
            return _refused(wrong)
        principal = CALLER.get()
        return await _durable(lambda: _receipt(self._control.measure(measured, principal)))

    async def machine_state(self, _: ua.NodeId, *given: ua.Variant) -> ua.CallMethodResult:
        """What a machine does."""
        try:
            said = MachineStateReport.model_validate(_named(("machine", "state", "at", "reason"), given))
        except ValidationError as wrong:
            return _refused(wrong)
        principal = CALLER.get()
        return await _durable(lambda: _receipt(self._control.machine_state(said, principal)))


async def _durable(work: Callable[[], ua.CallMethodResult]) -> ua.CallMethodResult:
    """In a thread of its own: the server goes on meanwhile. Storage that is busy is told as such: the client calls again."""
    try:
        return await asyncio.to_thread(work)
    except Unavailable:
        return ua.CallMethodResult(StatusCode=_BUSY)


def _answer(status: ReturnStatus, *before: ua.Variant) -> ua.CallMethodResult:
    """Good, or uncertain where the call was not successful: bad ones carry no arguments (annex B.2)."""
    told = [*before, ua.Variant(int(status), _T.UInt64)]
    return ua.CallMethodResult(StatusCode=ua.StatusCode() if status is ReturnStatus.NO_ERROR else _UNCERTAIN, OutputArguments=told)


def _receipt(told: Told) -> ua.CallMethodResult:
    receipt = told.receipt
    said = (
        told.because or (receipt and receipt.reason),
        receipt and receipt.state,
        receipt and receipt.verdict,
        receipt and receipt.nonconformance,
    )
    answer = _answer(told.status)
    answer.OutputArguments += [ua.Variant(str(one or ""), _T.String) for one in said]
    return answer


def _refused(wrong: ValidationError) -> ua.CallMethodResult:
    """The first member at fault is named."""
    return _receipt(Told(ReturnStatus.INVALID_REQUEST, because=f"invalid-input: {wrong.errors()[0]['loc'][0]}"))


def _named(names: tuple[str, ...], given: tuple[ua.Variant, ...]) -> dict[str, Any]:
    """Empty texts say nothing; times are UTC."""
    found: dict[str, Any] = {}
    for name, one in zip(names, given, strict=False):
        value = aware(one.Value) if isinstance(one.Value, datetime) else one.Value
        if value is not None and value != "":
            found[name] = value.astimezone(UTC) if isinstance(value, datetime) else value
    return found
