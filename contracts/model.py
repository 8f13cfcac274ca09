"""What every contract is: frozen, closed to unknown fields, hashed in one canonical way."""

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Contract(BaseModel):
    """A frozen value. A change makes a new value (``model_copy(update=…)``). Its error texts hide what was given: it may be personal."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _to_utc(moment: AwareDatetime) -> AwareDatetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment outside the calendar") from None


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A timezone-aware moment, always UTC."""

Day = Annotated[date, Field(strict=True)]
"""A day of the calendar, as ``2026-12-04``: of whoever a date is for."""


EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)


def _plausible(moment: AwareDatetime) -> AwareDatetime:
    if moment < EARLIEST:
        raise PydanticCustomError("datetime_parsing", "a moment before there was anything to report")
    return moment


ReportedInstant = Annotated[Instant, AfterValidator(_plausible)]
"""A moment that others report. A bare year or count, which would be read as seconds since 1970, is none."""


def canonical_json(value: Contract | dict[str, Any] | list[Any]) -> str:
    """One text for one content: sorted keys, no spaces, UTF-8 as it is."""
    plain = value.model_dump(mode="json") if isinstance(value, Contract) else value
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(value: Contract | dict[str, Any] | list[Any] | str | bytes) -> str:
    """The SHA-256 (lower-case hex) of a content's canonical text."""
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    text = value if isinstance(value, str) else canonical_json(value)
    return hashlib.sha256(text.encode()).hexdigest()
