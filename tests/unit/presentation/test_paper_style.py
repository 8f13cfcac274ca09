"""Papers wear the pages' colours."""

import re
from pathlib import Path

import presentation.press
from presentation.press import _style

STATIC = Path(presentation.press.__file__).parent / "static"


def test_a_paper_s_colours_are_the_design_s_tokens() -> None:
    assert re.findall(r"#[0-9a-f]{3,8}\b", (STATIC / "paper.css").read_text()) == []
    style = _style()
    assert "var(" not in style
    ink = re.search(r"--ink: (#\w+);", (STATIC / "tokens.css").read_text())
    assert ink is not None
    assert f"color: {ink[1]};" in style
