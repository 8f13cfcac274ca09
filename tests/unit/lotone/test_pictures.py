"""The pictures of the documentation: each page and paper of the product's journeys stands in the index, in both languages."""

import re
from pathlib import Path

from tests.journeys.picture_book import MOST, index
from tests.journeys.views import PAPERS, VIEWS

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
LINK = re.compile(r'(?:\]\(|src="|href=")([^)"]+\.webp)')


def test_every_view_and_paper_has_a_name_of_its_own() -> None:
    names = [each.name for each in (*VIEWS, *PAPERS)]
    assert len(names) == len(set(names))


def test_the_index_shows_one_size_and_links_the_others() -> None:
    first, last = VIEWS[0], PAPERS[-1]
    written = index({(first.name, "en"): ["390", "1280"], (first.name, "zh"): ["390", "1280"], (last.name, "en"): ["sheet1"]})
    (line,) = [each for each in written.splitlines() if first.title in each]
    assert f'src="{first.name}-1280-en.webp"' in line
    assert f"[390]({first.name}-390-zh.webp)" in line
    assert last.title not in written, "a paper that is wanting in one language is no line"


def test_the_documentation_shows_every_page_and_paper_in_both_languages() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    linked = set(LINK.findall(text))
    stored = {file.name for file in FOLDER.glob("*.webp")}
    assert linked == stored
    for each in (*VIEWS, *PAPERS):
        for language in ("en", "zh"):
            assert any(re.fullmatch(rf"{each.name}-(\w+)-{language}\.webp", name) for name in stored), f"{each.name} {language}"
    assert sum(file.stat().st_size for file in FOLDER.glob("*.webp")) <= MOST
