"""What was found in a family, and at which line?"""

from dataclasses import dataclass
from typing import Any, Literal

from configurator.engine.reasons import Reason

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """An error keeps the family from being published, a warning does not."""

    line: int
    message: str
    params: tuple[tuple[str, Any], ...]
    severity: Severity = "error"
    column: int = 1

    def document(self) -> dict[str, Any]:
        return {"line": self.line, "column": self.column, "message": self.message, "params": dict(self.params)}


def finding(line: int, message: str, severity: Severity = "error", column: int = 1, **params: str | float) -> Finding:
    return Finding(line, f"configurator.fault.{message}", tuple(params.items()), severity, column)


def rules_of(reason: Reason) -> str:
    return ", ".join(rule.id for rule in reason.rules) or "-"
