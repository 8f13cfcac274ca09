"""What do the contracts look like to programs in other languages? JSON Schema, one file a contract."""

import importlib
import json
import pkgutil
from pathlib import Path

from pydantic import TypeAdapter

import contracts
from contracts.model import Contract
from contracts.plan import OperationKey


def contract_classes() -> list[type]:
    """Every public contract, by name."""
    found: dict[str, type] = {OperationKey.__name__: OperationKey}
    for module in pkgutil.iter_modules(contracts.__path__):
        names = vars(importlib.import_module(f"contracts.{module.name}"))
        found.update(
            (name, thing)
            for name, thing in names.items()
            if isinstance(thing, type) and issubclass(thing, Contract) and thing is not Contract and not name.startswith("_")
        )
    return [found[name] for name in sorted(found)]


def write_schemas(directory: Path) -> int:
    """Write ``Name.schema.json`` for each contract; how many."""
    directory.mkdir(parents=True, exist_ok=True)
    classes = contract_classes()
    for contract in classes:
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(contract).json_schema()}
        text = json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True)
        (directory / f"{contract.__name__}.schema.json").write_text(text + "\n", encoding="utf-8")
    return len(classes)
