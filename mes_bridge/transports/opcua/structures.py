"""How do job orders and responses look as values of OPC UA, and back?"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from asyncua import ua

from mes_bridge.engine.protocols.opcua import JobOrder, JobResponse, JobState, Material, Parameter

UNECE = "http://www.opcfoundation.org/UA/units/un/cefact"
_CODES = {
    "nm": "C45",
    "um": "4H",
    "mm": "MMT",
    "cm": "CMT",
    "m": "MTR",
    "s": "SEC",
    "min": "MIN",
    "h": "HUR",
    "g": "GRM",
    "kg": "KGM",
    "piece": "C62",
    "ml": "MLT",
    "l": "LTR",
    "mNm": "D83",
    "Nm": "NU",
    "kPa": "KPA",
    "bar": "BAR",
    "deg": "DD",
    "N": "NEW",
    "cm2": "CMK",
    "m2": "MTK",
}
"""Our units → UNECE recommendation 20, whose codes are the identifiers of OPC UA's units (OPC 10000-8, 5.6.3)."""


def job_order(given: JobOrder) -> Any:
    """``ISA95JobOrderDataType``."""
    return ua.ISA95JobOrderDataType(
        JobOrderID=given.id,
        WorkMasterID=[ua.ISA95WorkMasterDataType(ID=given.work_master)],
        StartTime=given.start_time,
        EndTime=given.end_time,
        JobOrderParameters=[_parameter(one) for one in given.parameters],
        EquipmentRequirements=[ua.ISA95EquipmentDataType(ID=name) for name in given.equipment],
        MaterialRequirements=[_material(one) for one in given.materials],
    )


def job_order_and_state(given: JobOrder, state: JobState) -> Any:
    """``ISA95JobOrderAndStateDataType``."""
    return ua.ISA95JobOrderAndStateDataType(JobOrder=job_order(given), State=states(state))


def job_response(given: JobResponse) -> Any:
    """``ISA95JobResponseDataType``."""
    return ua.ISA95JobResponseDataType(
        JobResponseID=given.id,
        JobOrderID=given.job_order,
        StartTime=given.start_time,
        EndTime=given.end_time,
        JobState=states(given.state),
        JobResponseData=[_parameter(one) for one in given.data],
        EquipmentActuals=[ua.ISA95EquipmentDataType(ID=name) for name in given.equipment],
        MaterialActuals=[_material(one) for one in given.materials],
    )


def states(state: JobState) -> list[Any]:
    """The state alone, without a substate: its browse path is empty."""
    text = ua.LocalizedText(Text=state.text, Locale="en")
    return [ua.ISA95StateDataType(BrowsePath=ua.RelativePath(), StateText=text, StateNumber=ua.UInt32(state.value))]


def state_number(given: Any) -> int | None:
    """Of the first state in what a client sent; None when there is none."""
    first = next(iter(given or []), None)
    number = getattr(first, "StateNumber", None)
    return None if number is None else int(number)


def read_job_order(given: Any) -> JobOrder | None:
    """What a client sent as a job order; None when it is none."""
    if type(given) is not ua.ISA95JobOrderDataType or not given.JobOrderID:
        return None
    return JobOrder(
        id=str(given.JobOrderID),
        work_master=next((str(one.ID) for one in given.WorkMasterID or []), ""),
        start_time=aware(given.StartTime),
        end_time=aware(given.EndTime),
        parameters=tuple(_read_parameters(given.JobOrderParameters)),
        equipment=tuple(str(one.ID) for one in given.EquipmentRequirements or []),
        materials=tuple(_read_materials(given.MaterialRequirements)),
    )


def aware(given: datetime | None) -> datetime | None:
    """A time of OPC UA is UTC, whether or not it says so; its first instant, 1601, means none."""
    if given is None or given.year <= 1601:
        return None
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


def words(comment: Any) -> str | None:
    """The first text of a comment that says something, at most as long as a reason may be."""
    for text in comment or []:
        said = (text.Text or "").replace("\0", "").strip()
        if said:
            return str(said[:200])
    return None


def _parameter(given: Parameter) -> Any:
    inner = [_parameter(one) for one in given.subparameters]
    return ua.ISA95ParameterDataType(
        ID=given.id, Value=_value(given.value), EngineeringUnits=_unit(given.unit), Subparameters=inner or None
    )


def _value(value: int | str | None) -> ua.Variant:
    if value is None:
        return ua.Variant(None)
    return ua.Variant(value, ua.VariantType.Int64 if isinstance(value, int) else ua.VariantType.String)


def _material(given: Material) -> Any:
    return ua.ISA95MaterialDataType(
        MaterialDefinitionID=given.definition,
        MaterialLotID=given.lot,
        MaterialUse=given.use,
        Quantity=str(given.quantity),
        EngineeringUnits=_unit(given.unit),
    )


def _unit(unit: str | None) -> Any:
    if unit is None:
        return None
    code = _CODES.get(unit)
    number = -1 if code is None else int.from_bytes(code.encode(), "big")
    name = ua.LocalizedText(Text=unit)
    return ua.EUInformation(NamespaceUri=UNECE, UnitId=ua.Int32(number), DisplayName=name, Description=name)


def _read_parameters(given: Iterable[Any] | None) -> Iterable[Parameter]:
    for one in given or []:
        value = one.Value.Value if isinstance(one.Value, ua.Variant) else one.Value
        plain = value if value is None or isinstance(value, int | str) else str(value)
        yield Parameter(str(one.ID), plain, _unit_name(one.EngineeringUnits), tuple(_read_parameters(one.Subparameters)))


def _read_materials(given: Iterable[Any] | None) -> Iterable[Material]:
    for one in given or []:
        quantity = str(one.Quantity or "")
        amount = int(quantity) if quantity.isascii() and quantity.isdecimal() and len(quantity) < 10 else 0
        yield Material(
            str(one.MaterialDefinitionID or ""),
            one.MaterialLotID,
            str(one.MaterialUse or ""),
            amount,
            _unit_name(one.EngineeringUnits) or "",
        )


def _unit_name(given: Any) -> str | None:
    return None if given is None or given.DisplayName is None else given.DisplayName.Text
