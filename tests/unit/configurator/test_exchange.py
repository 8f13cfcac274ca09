"""What is written as DXF is read by a library of others as it was meant, and its format finds no fault."""

import io

import ezdxf
import pytest
from ezdxf.document import Drawing

from configurator.engine.exchange import Sheet


def read(sheet: Sheet) -> Drawing:
    document = ezdxf.read(io.StringIO(sheet.written().decode("ascii")))  # type: ignore[attr-defined]
    assert not document.audit().errors
    return document


def test_every_kind_of_entity_stands_where_it_was_put() -> None:
    sheet = Sheet("ONE", "TWO", "ONE")
    sheet.line((0, 1.5), (2, 3, 4.25), "ONE")
    sheet.polyline([(0, 0), (10.0004, 0), (10, 0.0006)], "ONE", closed=True)
    sheet.polyline([(0, 0), (-1, -1)], "TWO")
    sheet.circle((5, -6), 2.5, "TWO")
    sheet.point((7, 8), "TWO")
    sheet.text("side x2", (1, 2), 12, "ONE")
    document = read(sheet)
    assert document.dxfversion == "AC1009"
    assert {"ONE", "TWO"} <= {layer.dxf.name for layer in document.layers}
    line, closed, opened, circle, point, text = document.modelspace()
    assert (tuple(line.dxf.start), tuple(line.dxf.end), line.dxf.layer) == ((0, 1.5, 0), (2, 3, 4.25), "ONE")
    assert [tuple(each)[:2] for each in closed.points()] == [(0, 0), (10, 0), (10, 0.001)]
    assert (closed.is_closed, opened.is_closed, opened.dxf.layer) == (True, False, "TWO")
    assert (tuple(circle.dxf.center), circle.dxf.radius) == ((5, -6, 0), 2.5)
    assert tuple(point.dxf.location) == (7, 8, 0)
    assert (text.dxf.text, tuple(text.dxf.insert), text.dxf.height) == ("side x2", (1, 2, 0), 12)


def test_a_block_is_set_into_the_sheet_with_its_own_origin() -> None:
    sheet = Sheet("CUT")
    sheet.block("FRONT", (100, 0)).line((0, 0), (1, 1), "CUT")
    document = read(sheet)
    (insert,) = document.modelspace()
    assert (insert.dxf.name, tuple(insert.dxf.insert)) == ("FRONT", (100, 0, 0))
    assert [each.dxf.layer for each in document.blocks.get("FRONT")] == ["CUT"]


def test_the_same_drawing_gives_the_same_bytes_and_no_minus_before_zero() -> None:
    def drawn() -> bytes:
        sheet = Sheet("CUT")
        sheet.point((-0.0, -0.0001), "CUT")
        return sheet.written()

    assert drawn() == drawn()
    assert b"-0.0" not in drawn()


def test_what_is_no_ascii_is_refused() -> None:
    sheet = Sheet("CUT")
    sheet.text("侧板", (0, 0), 12, "CUT")
    with pytest.raises(UnicodeEncodeError):
        sheet.written()
