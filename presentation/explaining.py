"""How is a refusal put into words: its sentences, and the document that a program gets?"""

import warnings
from datetime import UTC, tzinfo
from typing import Any

from contracts.problems import FieldProblem, Problem, TransitionRefused
from contracts.texts import Language, Message
from presentation.texts import MissingParameter, UnknownMessage, render


def document(problem: Problem, language: Language, zone: tzinfo = UTC) -> dict[str, Any]:
    """The problem as RFC 9457 describes it; moments in ``zone``."""
    title, detail = explained(problem, language, zone)
    content = {
        "type": f"/problems/{problem.type}",
        "title": title,
        "status": problem.status,
        "detail": detail,
        "errors": [{"pointer": fault.pointer, "detail": field_sentence(fault, language, zone)} for fault in problem.errors],
    }
    return {**problem.extra, **content}


def explained(problem: Problem, language: Language, zone: tzinfo = UTC) -> tuple[str, str]:
    """Title and detail of a problem."""
    params = problem.params
    if isinstance(problem, TransitionRefused):
        thing = str(params["thing"]).replace(" ", "_")
        params = {"state": Message(id=f"state.{thing}.{params['state']}"), "wanted": Message(id=f"state.{thing}.{params['wanted']}")}
    return _said(f"problem.{problem.type}", params, language, zone), _said(f"problem.{problem.type}.detail", params, language, zone)


def field_sentence(fault: FieldProblem, language: Language, zone: tzinfo = UTC) -> str:
    """One fault of one field."""
    return _said(fault.message, fault.params, language, zone)


def _said(identifier: str, params: dict[str, Any], language: Language, zone: tzinfo) -> str:
    """The sentence; its identifier when it is missing, so that the refusal itself still reaches its reader."""
    try:
        return render(Message.model_construct(id=identifier, params=params), language, zone)
    except (UnknownMessage, MissingParameter) as missing:
        warnings.warn(str(missing), RuntimeWarning, stacklevel=3)
        return identifier
