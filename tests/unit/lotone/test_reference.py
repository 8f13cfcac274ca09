"""Does docs/reference.md name everything that others rely on?"""

from pathlib import Path

from lotone.reference import reference

PAGE = Path(__file__).parents[3] / "docs" / "reference.md"


def test_the_reference_page_is_what_the_program_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m lotone.reference > docs/reference.md"
