"""The JSON Schema of family files, for editors."""

import json

from configurator.engine.family.format import FamilyFile


def family_schema() -> str:
    """The schema's text; ``docs/family.schema.json`` is written from it (``lotone family schema``)."""
    schema = FamilyFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "LotOne product family"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
