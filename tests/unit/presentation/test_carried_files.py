"""Files that others made are those of the lock, and the fonts can show what we write."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from contracts.texts import LANGUAGES
from presentation.assets import OWN
from presentation.texts import sentences

ROOT = Path(__file__).parents[3]
PACKAGES = json.loads((OWN / "vendor.lock.json").read_text())["packages"]
FIRST_CHINESE = 0x2E80
FILES = [(package["package"], name, digest) for package in PACKAGES for name, digest in package["files"].items()]


def sha384(path: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


@pytest.mark.parametrize(("package", "name", "digest"), FILES, ids=[name for _, name, _ in FILES])
def test_a_carried_file_is_the_one_of_the_lock(package: str, name: str, digest: str) -> None:
    assert sha384(OWN / name) == digest, package


def test_every_carried_file_is_in_the_lock() -> None:
    carried = {path.relative_to(OWN).as_posix() for folder in ("vendor", "fonts") for path in (OWN / folder).iterdir()}
    made_here = {"fonts/README.md"} | {f"fonts/{path.name}" for path in (OWN / "fonts").glob("room.*.woff2")}
    assert carried - made_here == {name for _, name, _ in FILES}


def test_every_carried_package_has_its_licence_beside_it() -> None:
    for package in PACKAGES:
        licences = [name for name in package["files"] if "LICENSE" in name or "OFL" in name]
        assert licences or package["licence"] == "OFL-1.1", package["package"]


def test_the_large_fonts_are_read_without_undoing_a_glyph_transform() -> None:
    """A press reads them at its first paper; the transform costs it seconds and saves a browser a sixth of the file."""
    for path in (OWN / "fonts").glob("noto-sans-sc-?00.*.woff2"):
        tables = TTFont(path).reader.tables
        assert "glyf" not in tables or not tables["glyf"].transformed, path.name


def test_font_names_bear_their_hash() -> None:
    for path in (OWN / "fonts").glob("*.woff2"):
        assert path.name.split(".")[1] == hashlib.sha256(path.read_bytes()).hexdigest()[:8]


def test_every_font_of_the_style_exists() -> None:
    named = re.findall(r'url\("/static/presentation/fonts/([^"]+)"\)', (OWN / "fonts.css").read_text())
    assert sorted(named) == sorted(path.name for path in (OWN / "fonts").glob("*.woff2"))


def test_pages_ask_early_for_fonts_that_exist() -> None:
    layout = (OWN.parent / "layout" / "templates" / "layout.html").read_text()
    asked = re.findall(r"'([\w-]+\.[0-9a-f]{8})'", layout)
    assert len(asked) == 4
    assert all((OWN / "fonts" / f"{name}.woff2").exists() for name in asked)


def drawable() -> set[int]:
    """Characters that the regular faces of pages and papers have together."""
    faces = list((OWN / "fonts").glob("*-400.*.woff2"))
    assert len(faces) == 2
    return {code for path in faces for code in TTFont(path).getBestCmap()}


def test_the_fonts_show_every_character_of_the_catalogues_and_the_data() -> None:
    written = {character for language in LANGUAGES for forms in sentences(language).values() for form in forms for character in form}
    for folder in (ROOT / "configurator" / "families", ROOT / "scheduler" / "plants"):
        for path in folder.rglob("*.yaml"):
            written |= set(path.read_text())
    known = drawable()
    missing = {character for character in written if character.isprintable() and ord(character) not in known}
    assert missing == set()


def test_an_english_page_needs_the_latin_letters_alone() -> None:
    """A sign that the Latin face lacks would fetch the large Chinese files; templates, styles and scripts draw such signs."""
    written = {character for forms in sentences("en").values() for form in forms for character in form}
    rooms = [path for path in ROOT.glob("*/") if (path / "web").is_dir()] + [ROOT / "presentation"]
    for path in (path for room in rooms for kind in ("html", "css", "js") for path in room.rglob(f"*.{kind}")):
        if "vendor" not in path.parts:
            written |= set(path.read_text())
    for path in (ROOT / "configurator" / "families").rglob("*.yaml"):
        written |= {character for character in path.read_text() if ord(character) < FIRST_CHINESE}
    (latin,) = (OWN / "fonts").glob("barlow-400.*.woff2")
    known = set(TTFont(latin).getBestCmap()) | {ord(character) for character in "中文"}
    assert {character for character in written if character.isprintable() and ord(character) not in known} == set()


def test_empty_squares_keep_the_room_of_chinese_that_is_still_on_its_way() -> None:
    """Nothing moves when the letters come: each is as wide as the square that stood for it, and every ideograph has a square."""
    (path,) = (OWN / "fonts").glob("room.*.woff2")
    room = TTFont(path)
    squares, wide = room.getBestCmap(), room["hmtx"]
    for face in (TTFont(each) for each in (OWN / "fonts").glob("noto-sans-sc-?00.*.woff2")):
        letters, widths = face.getBestCmap(), face["hmtx"]
        assert {code for code, name in letters.items() if code in squares and widths[name][0] != wide[squares[code]][0]} == set()
        assert {code for code in letters if 0x4E00 <= code <= 0x9FFF or 0xFF01 <= code <= 0xFF60} <= squares.keys()
        assert (face["hhea"].ascent, face["hhea"].descent) == (room["hhea"].ascent, room["hhea"].descent)


def test_the_chinese_faces_leave_to_the_latin_one_what_it_draws() -> None:
    (latin,) = (OWN / "fonts").glob("barlow-400.*.woff2")
    drawn = TTFont(latin).getBestCmap()
    for stretch in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", (OWN / "fonts.css").read_text()):
        first, last = (int(end or stretch[0], 16) for end in stretch)
        assert [hex(code) for code in drawn if first <= code <= last] == []
