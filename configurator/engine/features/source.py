"""Where a model's text is wrong."""

from contracts.problems import SourceInvalid


def fault(line: int, column: int, message: str, **params: str | int) -> SourceInvalid:
    """One fault of a model's text, to be raised; ``line`` and ``column`` count from 1."""
    told = {"line": line, "column": column, "message": f"configurator.model.{message}", "params": params}
    return SourceInvalid(extra={"lines": [told]})
