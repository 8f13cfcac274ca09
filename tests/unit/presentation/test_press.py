"""HTML becomes an accessible PDF that fetches nothing."""

import builtins
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from contracts.problems import Unavailable
from presentation.press import press

PAPER = '<!doctype html><html lang="en"><head><title>Try</title></head><body><h1>Certificate 合格证</h1>{}</body></html>'


def fonts(reader: PdfReader) -> set[str]:
    found = set()
    for page in reader.pages:
        for font in page["/Resources"].get_object().get("/Font", {}).values():
            found.add(str(font.get_object()["/BaseFont"]).partition("+")[2])
    return found


def test_a_paper_is_an_accessible_pdf_in_our_fonts() -> None:
    drawing = '<svg viewBox="0 0 90 20" role="img" aria-label="a"><text x="1" y="9">1012 车架</text></svg>'
    written = press(PAPER.format(f"<p>31.6 mm ± 0.05 ≤ 合格 <b>合格</b></p>{drawing}"))
    reader = PdfReader(BytesIO(written))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "Certificate 合格证" in reader.pages[0].extract_text()
    assert fonts(reader)
    assert all(name.startswith("LotOne") for name in fonts(reader)), fonts(reader)
    assert "LotOne-Han-Semi-Bold" in fonts(reader)
    assert len(written) < 400_000


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/x.png"])
def test_a_paper_opens_no_address(address: str, caplog: pytest.LogCaptureFixture) -> None:
    press(PAPER.format(f'<img src="{address}" alt="x">'))
    assert any("disallowed protocol" in record.getMessage() for record in caplog.records)


def test_without_pango_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Unavailable):
        press(PAPER.format(""))
