"""A page's script travels with what it imports."""

import re

import pytest

from presentation.scripts import with_imports

FILES = {
    "page.js": b'import { open } from "./door.js";\nimport "./bell.js";\nopen(1);\n',
    "bell.js": b"const LIMIT = 3;\nexport const ring = () => LIMIT;\n",
    "door.js": b'import { ring } from "./bell.js";\nconst LIMIT = 2;\nexport function open() { return ring(); }\nexport class Door {}\n',
}


def test_what_is_imported_stands_once_in_its_own_scope_before_whoever_needs_it() -> None:
    joined = with_imports("page.js", FILES).decode()
    assert re.findall(r"^const (module\d) = \(\(\) => \{$", joined, re.MULTILINE) == ["module0", "module1", "module2"]
    assert joined.index("return { ring };") < joined.index("const { ring } = module0;") < joined.index("const { open } = module1;")
    assert "return { open, Door };" in joined
    assert not re.search(r"^(import|export)\b", joined, re.MULTILINE)


def test_a_script_that_imports_nothing_stays_as_it_is() -> None:
    assert with_imports("bell.js", FILES) == FILES["bell.js"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b'import all from "./bell.js";', "no import or export that can be joined"),
        (b'import * as all from "./bell.js";', "no import or export that can be joined"),
        (b'import "./bell.js";\nexport { ring } from "./bell.js";', "no import or export that can be joined"),
        (b'import "./nowhere.js";', "imports nowhere.js, which does not exist"),
        (b'import "./page.js";', "page.js → page.js"),
        (b'import "https://elsewhere.example/x.js";', "no import or export that can be joined"),
    ],
)
def test_what_cannot_be_joined_is_said(text: bytes, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        with_imports("page.js", {**FILES, "page.js": text + b'\nimport "./bell.js";\n'})
