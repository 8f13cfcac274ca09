"""Are the arguments of a call those that the method says it takes?"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from asyncua import ua

from mes_bridge.transports.opcua.model import STRUCTURES

_STRUCTURES = {structure.number: structure.name for structure in STRUCTURES}


def checked(takes: Sequence[ua.Argument], called: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """``called``, reached only with arguments that fit; others are answered as OPC 10000-4, 5.12.2.4 says.

    The last ones may be left out, and any may be null: what that means is the method's to say.
    """

    async def call(subject: ua.NodeId, *given: ua.Variant) -> Any:
        if not given:
            return ua.CallMethodResult(StatusCode=ua.StatusCode(ua.StatusCodes.BadArgumentsMissing))
        if len(given) > len(takes):
            return ua.CallMethodResult(StatusCode=ua.StatusCode(ua.StatusCodes.BadTooManyArguments))
        fits = [_fits(argument, one) for argument, one in zip(takes, given, strict=False)]
        if all(fits):
            return await called(subject, *given)
        results = [ua.StatusCode(ua.StatusCodes.Good if one else ua.StatusCodes.BadTypeMismatch) for one in fits]
        return ua.CallMethodResult(StatusCode=ua.StatusCode(ua.StatusCodes.BadInvalidArgument), InputArgumentResults=results)

    return call


def _fits(argument: ua.Argument, given: ua.Variant) -> bool:
    if given.Value is None:
        return True
    many = argument.ValueRank == ua.ValueRank.OneDimension
    if many is not isinstance(given.Value, list):
        return False
    of = argument.DataType
    if of.NamespaceIndex == 0:
        return bool(given.VariantType.value == of.Identifier)
    structure = getattr(ua, _STRUCTURES[of.Identifier])
    return all(type(one) is structure for one in (given.Value if many else [given.Value]))
