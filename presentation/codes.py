"""How a code for scanners is drawn on paper."""

import segno


def qr_svg(content: str, title: str) -> str:
    """A QR code (ISO/IEC 18004, error correction M) as an inline SVG; ``title`` is read to who does not see it."""
    return str(segno.make(content, error="m", micro=False).svg_inline(border=2, dark="#000", light=None, omitsize=True, title=title))
