"""A layout as a picture for the cutting table: each piece with its cut line, sewn line, grain and name."""

from configurator.engine.drawing.pen import element, line_path, number, spot, text
from configurator.engine.pattern.labels import label_on
from configurator.engine.pattern.marker import Laid, Marker
from configurator.engine.pattern.pieces import Chain
from contracts.texts import Language

CLOTH, PIECE, CUT, SEWN, GRAIN = "#f6f1e7", "#dbe7f3", "#22303f", "#a33a3a", "#2f6b3f"
_WORDS = {"en": "{length} mm of cloth, {width} mm wide", "zh": "用料 {length} mm，幅宽 {width} mm"}


def layout_svg(marker: Marker, language: Language) -> str:
    """1 unit = 1 mm; the cloth runs upwards."""
    said = _WORDS[language].format(length=marker.length_mm, width=round(marker.width_mm))
    cloth = element(
        "rect",
        {
            "x": "0",
            "y": number(-marker.length_mm),
            "width": number(marker.width_mm),
            "height": number(marker.length_mm),
            "fill": CLOTH,
        },
    )
    body = "".join(_piece(laid, language) for laid in marker.laid)
    label = element("text", {"x": "16", "y": "44", "font-size": "34", "fill": CUT}, text(said))
    return element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"-10 {number(-marker.length_mm - 10)} {number(marker.width_mm + 20)} {number(marker.length_mm + 80)}",
            "role": "img",
            "aria-label": said,
            "lang": "zh-CN" if language == "zh" else "en",
            "stroke-linejoin": "round",
        },
        f"<title>{text(said)}</title>{cloth}{body}{label}",
    )


def _piece(laid: Laid, language: Language) -> str:
    piece = laid.piece
    lines = "".join(line_path(list(laid.on_cloth(each))) for each in (*piece.inside, *piece.notches))
    said = piece.label.in_language(language)
    label = label_on(laid.on_cloth(piece.cut), [laid.on_cloth(each) for each in (*piece.inside, piece.grain)], said)
    return (
        element("path", {"d": _outline(laid, piece.cut), "fill": PIECE, "stroke": CUT, "stroke-width": "2.4"})
        + element(
            "path", {"d": _outline(laid, piece.sewn), "fill": "none", "stroke": SEWN, "stroke-width": "1.2", "stroke-dasharray": "7 4"}
        )
        + element("path", {"d": lines, "fill": "none", "stroke": CUT, "stroke-width": "1.6"})
        + element("path", {"d": line_path(list(laid.on_cloth(piece.grain))), "stroke": GRAIN, "stroke-width": "2.4"})
        + element(
            "text",
            {
                "x": number(label.at.real),
                "y": number(-label.at.imag),
                "font-size": number(label.size_mm),
                "text-anchor": "middle",
                "fill": CUT,
                "transform": f"rotate(-90 {spot(label.at)})" if label.upright else "",
            },
            text(said),
        )
    )


def _outline(laid: Laid, way: Chain) -> str:
    return line_path(list(laid.on_cloth(way)), closed=True)
