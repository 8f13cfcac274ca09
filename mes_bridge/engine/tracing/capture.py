"""What others may tell of their things: EPCIS 2.0 documents in JSON, checked before they are kept (EPCIS 2.0, 7.4 and 9)."""

from math import isfinite
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from contracts.model import Instant
from mes_bridge.engine.tracing.vocabulary import BIZ_STEPS, DISPOSITIONS

MOST_EVENTS = 200

_Uri = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>\"{}|\\^`]+$", max_length=500)]


def _countable(value: Any) -> Any:
    """The same value, of whose numbers each is one: JSON knows neither infinity nor what is no number."""
    if isinstance(value, float) and not isfinite(value):
        raise PydanticCustomError("finite", "a number that is none")
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _countable(inner)
    return value


_Anything = Annotated[Any, AfterValidator(_countable)]
_Object = Annotated[dict[str, Any], AfterValidator(_countable)]


def _step(word: str) -> str:
    return _known(word, BIZ_STEPS)


def _disposition(word: str) -> str:
    return _known(word, DISPOSITIONS)


def _known(word: str, words: frozenset[str]) -> str:
    """A word of the vocabulary, or the address of somebody's own."""
    if word not in words and ":" not in word:
        raise PydanticCustomError("vocabulary", "no word of the vocabulary")
    return word


class _Part(BaseModel):
    """Part of a document; what has a colon in its name is somebody's extension and is kept as it is."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    @model_validator(mode="after")
    def _extensions_have_a_namespace(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            if ":" not in name:
                raise PydanticCustomError("extension", "an unknown name without a namespace")
            _countable(value)
        return self


class Place(_Part):
    id: _Uri


class Quantity(_Part):
    epcClass: _Uri
    quantity: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] | None = None
    uom: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,3}$")] | None = None


class BizTransaction(_Part):
    type: Annotated[str, StringConstraints(max_length=200)] | None = None
    bizTransaction: _Uri


class _Happened(_Part):
    eventID: _Uri | None = None
    eventTime: Instant
    eventTimeZoneOffset: Annotated[str, StringConstraints(pattern=r"^[+-](0\d|1[0-4]):[0-5]\d$")]
    recordTime: Instant | None = None
    bizStep: Annotated[str, StringConstraints(max_length=200), AfterValidator(_step)] | None = None
    disposition: Annotated[str, StringConstraints(max_length=200), AfterValidator(_disposition)] | None = None
    persistentDisposition: _Object | None = None
    readPoint: Place | None = None
    bizLocation: Place | None = None
    bizTransactionList: Annotated[list[BizTransaction], Field(max_length=200)] | None = None
    sourceList: Annotated[list[_Object], Field(max_length=200)] | None = None
    destinationList: Annotated[list[_Object], Field(max_length=200)] | None = None
    sensorElementList: Annotated[list[_Object], Field(max_length=200)] | None = None
    certificationInfo: _Anything = None
    errorDeclaration: _Object | None = None
    context: _Anything = Field(default=None, alias="@context")


_Epcs = Annotated[list[_Uri], Field(max_length=2000)]
_Quantities = Annotated[list[Quantity], Field(max_length=2000)]
_Action = Literal["ADD", "OBSERVE", "DELETE"]


class ObjectEvent(_Happened):
    type: Literal["ObjectEvent"]
    action: _Action
    epcList: _Epcs | None = None
    quantityList: _Quantities | None = None
    ilmd: _Object | None = None


class _Grouping(_Happened):
    action: _Action
    parentID: _Uri | None = None
    childEPCs: _Epcs | None = None
    childQuantityList: _Quantities | None = None


class AggregationEvent(_Grouping):
    type: Literal["AggregationEvent"]


class AssociationEvent(_Grouping):
    type: Literal["AssociationEvent"]


class TransactionEvent(_Happened):
    type: Literal["TransactionEvent"]
    action: _Action
    bizTransactionList: Annotated[list[BizTransaction], Field(min_length=1, max_length=200)]
    parentID: _Uri | None = None
    epcList: _Epcs | None = None
    quantityList: _Quantities | None = None


class TransformationEvent(_Happened):
    type: Literal["TransformationEvent"]
    inputEPCList: _Epcs | None = None
    inputQuantityList: _Quantities | None = None
    outputEPCList: _Epcs | None = None
    outputQuantityList: _Quantities | None = None
    transformationID: _Uri | None = None
    ilmd: _Object | None = None


AnyEvent = Annotated[
    ObjectEvent | AggregationEvent | AssociationEvent | TransactionEvent | TransformationEvent, Field(discriminator="type")
]


class Body(_Part):
    eventList: Annotated[list[AnyEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class EpcisDocument(_Part):
    """A document to capture; its events are kept one by one."""

    context: _Anything = Field(alias="@context")
    type: Literal["EPCISDocument"]
    schemaVersion: Annotated[str, StringConstraints(pattern=r"^2(\.\d+)*$")]
    creationDate: Instant
    id: _Uri | None = None
    instanceIdentifier: str | None = None
    sender: str | None = None
    receiver: str | None = None
    epcisHeader: _Object | None = None
    epcisBody: Body

    def events(self) -> list[dict[str, Any]]:
        """As they are kept: without what was not said, each with an identifier of its own when it came with none."""
        return [event.model_dump(mode="json", by_alias=True, exclude_none=True) for event in self.epcisBody.eventList]
