"""What a play came to, as one JSON document, as JUnit's XML, and as lines on a terminal."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from lxml import etree

from contracts.model import canonical_json
from contracts.texts import Language, Message
from mes_bridge.engine.conformance.check import Example, Fault
from mes_bridge.engine.conformance.judge import Judged, Outcome, conforms
from mes_bridge.engine.conformance.record import Act
from presentation.texts import render

LONGEST = 1200
"""Signs of a body that a report shows."""
_SIGNS: dict[Outcome, str] = {"passed": "ok", "failed": "FAILED", "blocked": "blocked", "not_shown": "-"}


@dataclass(frozen=True)
class Result:
    """``subject``: whether a client or a host was checked; ``name``: which one, as far as is known."""

    subject: Literal["client", "host"]
    name: str
    protocol: str
    played_at: datetime
    messages: int
    judged: tuple[Judged, ...]

    @property
    def conforms(self) -> bool:
        return conforms(self.judged)

    @property
    def failed(self) -> int:
        return sum(each.outcome == "failed" for each in self.judged)


def said(identifier: str, language: Language, **params: Any) -> str:
    return render(Message.model_construct(id=f"conformance.{identifier}", params=params), language)


def as_document(result: Result, language: Language) -> dict[str, Any]:
    """JSON-ready."""
    return {
        "subject": result.subject,
        "name": result.name,
        "protocol": result.protocol,
        "played_at": result.played_at.isoformat(),
        "messages": result.messages,
        "conforms": result.conforms,
        "outcomes": dict(Counter(each.outcome for each in result.judged)),
        "checks": [
            {
                "check": each.id,
                "title": said(each.id, language),
                "outcome": each.outcome,
                "blocked_by": each.blocked_by,
                "why": None if each.why is None else render(each.why, language),
                "expected": said(f"{each.id}.expected", language),
                "faults": [_fault(fault, language) for fault in each.faults],
            }
            for each in result.judged
        ],
    }


def as_junit(result: Result, language: Language) -> bytes:
    """The form that build servers read: a failure for each failed check, a skipped one for what is blocked or was not shown."""
    red, skipped = result.failed, sum(each.outcome in {"blocked", "not_shown"} for each in result.judged)
    attributes = {"name": "conformance", "tests": str(len(result.judged)), "failures": str(red), "skipped": str(skipped), "errors": "0"}
    suites = etree.Element("testsuites", attributes)
    suite = etree.SubElement(suites, "testsuite", {**attributes, "timestamp": f"{result.played_at:%Y-%m-%dT%H:%M:%S}"})
    for each in result.judged:
        case = etree.SubElement(suite, "testcase", {"classname": f"conformance.{each.chapter}", "name": each.id, "time": "0"})
        told = "\n\n".join(_in_lines(fault, language) for fault in each.faults)
        expected = said(f"{each.id}.expected", language)
        if each.outcome == "failed":
            etree.SubElement(case, "failure", {"message": expected, "type": each.id}).text = _printable(told)
        elif each.outcome == "blocked":
            message = said("outcome.blocked_by", language, check=str(each.blocked_by))
            etree.SubElement(case, "skipped", {"message": message}).text = _printable(told)
        elif each.outcome == "not_shown":
            message = said("unseen", language) if each.why is None else render(each.why, language)
            etree.SubElement(case, "skipped", {"message": message})
    written: bytes = etree.tostring(suites, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written


def as_lines(result: Result, language: Language) -> Iterator[str]:
    """What is wrong, with the message that would have been right."""
    for each in result.judged:
        blocked = f" ({said('outcome.blocked_by', language, check=each.blocked_by)})" if each.blocked_by is not None else ""
        yield f"{_SIGNS[each.outcome]:<8} {each.id:<20} {said(each.id, language)}{blocked}"
        if each.outcome == "failed":
            yield f"         {said('expected', language)}: {said(f'{each.id}.expected', language)}"
            yield from (f"         {line}" for line in _in_lines(each.faults[0], language).splitlines())
    for why in dict.fromkeys(render(each.why, language) for each in result.judged if each.why is not None):
        yield f"{said('outcome.not_shown', language)}: {why}"
    counts = Counter(each.outcome for each in result.judged)
    yield ", ".join(f"{counts[outcome]} {said(f'outcome.{outcome}', language)}" for outcome in _SIGNS if counts[outcome])


def as_text(content: Any) -> str:
    """A body as it travels, short enough to read."""
    written = canonical_json(content)
    return written if len(written) <= LONGEST else f"{written[:LONGEST]}…"


def request_of(example: Example) -> str:
    return "\n".join(_request(example.address, example.body, example.key))


def message_of(act: Act) -> str:
    return "\n".join(_request(act.address, act.content or None, act.key))


def answer_of(act: Act) -> str:
    return f"{act.status} {as_text(act.answer)}" if act.status else ""


def _request(address: str, body: Any, key: str | None) -> Iterator[str]:
    yield address
    if key:
        yield f"Idempotency-Key: {key}"
    if body is not None:
        yield as_text(body)


def _fault(fault: Fault, language: Language) -> dict[str, Any]:
    came = None if fault.came is None else _written(fault.came)
    right = {"address": fault.right.address, "idempotency_key": fault.right.key, "body": fault.right.body}
    return {"finding": render(fault.finding, language), "came": came, "right": right}


def _written(act: Act) -> dict[str, Any]:
    return {
        "request": act.request,
        "address": act.address,
        "idempotency_key": act.key,
        "body": act.content,
        "status": act.status,
        "answer": act.answer,
    }


def _in_lines(fault: Fault, language: Language) -> str:
    lines = [render(fault.finding, language)]
    if fault.came is not None:
        lines += [f"{said('came', language)}:", message_of(fault.came), f"{said('answered', language)}: {answer_of(fault.came)}"]
    return "\n".join([*lines, f"{said('right', language)}:", request_of(fault.right)])


def _printable(text: str) -> str:
    """What XML can hold: a client may have sent anything."""
    return "".join(sign if sign in "\n\t" or sign.isprintable() else "\ufffd" for sign in text)
