"""What a system is told about a message that did not come as a request of its own."""

from typing import Any

from contracts.model import Contract
from contracts.problems import Problem
from contracts.texts import Language
from contracts.work_order import Lease, Receipt
from mes_bridge.engine.protocols import rest
from presentation.explaining import document


class BundledAnswer(Contract):
    """``content`` is the body of the answer that the message would have had as a request of its own: receipt, lease or problem."""

    status: int
    content: dict[str, Any]


def answer_to(answered: Receipt | Lease | Problem, language: Language) -> BundledAnswer:
    """The status and the body of the answer over REST."""
    if isinstance(answered, Problem):
        return BundledAnswer(status=answered.status, content=document(answered, language))
    status = rest.status(answered) if isinstance(answered, Receipt) else 200
    return BundledAnswer(status=status, content=answered.model_dump(mode="json"))
