"""How a family file's drawing section becomes a checked drawing."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

from yaml.nodes import MappingNode, Node, ScalarNode

from configurator.engine.drawing.formulas import NOTHING, STYLE_KEYS, Reader, read_colours, types_of
from configurator.engine.drawing.functions import Kind
from configurator.engine.drawing.let_text import read_lets
from configurator.engine.drawing.shapes import (
    Arc,
    Balloon,
    Box,
    Circle,
    Drawing,
    Hatch,
    Measure,
    Part,
    Path,
    Picture,
    Points,
    Segments,
    Shape,
    Step,
    Use,
    View,
    Writing,
)
from configurator.engine.drawing.source import Entry, Faults, Names, entries, fields, items, word
from contracts.texts import Localised

_COMMON = STYLE_KEYS | {"when", "style"}
_KEYS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "line": (frozenset(), frozenset()),
    "polygon": (frozenset(), frozenset()),
    "circle": (frozenset({"radius"}), frozenset()),
    "arc": (frozenset({"radius", "from", "to"}), frozenset()),
    "path": (frozenset(), frozenset()),
    "hatch": (frozenset({"angle", "every", "through"}), frozenset()),
    "segments": (frozenset({"times", "from", "to"}), frozenset()),
    "text": (frozenset({"at", "size"}), frozenset({"anchor", "turn", "scaled"})),
    "measure": (frozenset({"from", "to", "along", "at", "size"}), frozenset({"beside"})),
    "balloon": (frozenset({"at", "to", "size"}), frozenset()),
    "use": (frozenset(), frozenset({"with", "mirror", "move"})),
}
"""Each shape's required and further keys, beside its own."""

Given = Mapping[str, Literal["number", "point", "colour"]]


def parse_drawing(node: Node, names: Names) -> Drawing:
    """The checked drawing of a family file's ``drawing`` node. Raises SourceInvalid with a line for every fault."""
    faults = Faults()
    allowed = frozenset({"title", "description", "let", "colours", "styles", "parts", "views", "work", "pictures"})
    found = fields(node, allowed, faults)
    for key in ("title", "description", "views"):
        if key not in found:
            faults.add(node, "key_missing", name=key)
    colours = read_colours(found.get("colours"), names, faults)
    reader = Reader(faults, types_of(names), frozenset(colours), {})
    lets, reader = read_lets(found.get("let"), reader)
    styles = {entry.key: reader.style(fields(entry.value, STYLE_KEYS, faults)) for entry in entries(found.get("styles"), faults)}
    reader = Reader(faults, reader.types, reader.colours, styles)
    parts: dict[str, Part] = {}
    for entry in entries(found.get("parts"), faults):
        parts[entry.key] = _read_part(entry.key, entry.value, reader, parts)
    reader = Reader(faults, reader.types, reader.colours, styles, names.checkpoints)
    views = {entry.key: _read_view(entry.key, entry.value, reader, parts) for entry in entries(found.get("views"), faults)}
    if "views" in found and not views:
        faults.add(found["views"], "views_wanted")
    work = {entry.key: _read_view(entry.key, entry.value, reader, parts) for entry in entries(found.get("work"), faults)}
    for name in views.keys() & work.keys():
        faults.add(found["work"], "view_twice", name=name)
    pictures = {entry.key: _read_picture(entry, names, reader, parts) for entry in entries(found.get("pictures"), faults)}
    empty = Localised(en="", zh="")
    title = reader.say(found["title"]) if "title" in found else empty
    description = reader.say(found["description"]) if "description" in found else empty
    faults.raise_any()
    return Drawing(title, description, names, lets, colours, parts, views, work, pictures, reader.types)


def _read_part(name: str, node: Node, reader: Reader, parts: Mapping[str, Part]) -> Part:
    found = fields(node, frozenset({"given", "let", "shapes"}), reader.faults)
    given: dict[str, Literal["number", "point", "colour"]] = {}
    for entry in entries(found.get("given"), reader.faults):
        kind = word(entry.value, reader.faults)
        if kind not in ("number", "point", "colour"):
            reader.faults.add(entry.value, "unknown_value", option=entry.key, value=kind)
            continue
        given[entry.key] = cast(Literal["number", "point", "colour"], kind)
    types: dict[str, Kind] = {key: cast(Kind, kind) for key, kind in given.items() if kind != "colour"}
    inner = reader.within(types, frozenset(key for key, kind in given.items() if kind == "colour"))
    lets, inner = read_lets(found.get("let"), inner)
    return Part(name, given, lets, _read_shapes(found.get("shapes"), inner, parts))


def _read_view(name: str, node: Node, reader: Reader, parts: Mapping[str, Part]) -> View:
    found = fields(node, frozenset({"label", "box", "shapes"}), reader.faults)
    label = reader.say(found["label"]) if "label" in found else Localised(en=name, zh=name)
    shapes = _read_shapes(found.get("shapes"), reader, parts)
    return View(name, label, _read_box(node, found, reader), shapes, node.start_mark.line + 1)


def _read_picture(entry: Entry, names: Names, reader: Reader, parts: Mapping[str, Part]) -> Picture:
    if entry.key not in names.options and entry.key not in names.dimensions | names.measures:
        reader.faults.add(entry.key_node, "unknown_name", name=entry.key)
    found = fields(entry.value, frozenset({"box", "let", "shapes"}), reader.faults)
    lets, inner = read_lets(found.get("let"), reader)
    shapes = _read_shapes(found.get("shapes"), inner, parts)
    return Picture(entry.key, _read_box(entry.value, found, inner), lets, shapes, entry.value.start_mark.line + 1)


def _read_box(node: Node, found: Mapping[str, Node], reader: Reader) -> Box:
    sides = items(found.get("box"), reader.faults)
    if len(sides) != 4:
        reader.faults.add(found.get("box", node), "box_wanted")
        return (NOTHING["number"],) * 4
    return cast(Box, tuple(reader.formula(side, "number") for side in sides))


def _read_shapes(node: Node | None, reader: Reader, parts: Mapping[str, Part]) -> tuple[Shape, ...]:
    shapes = (_read_shape(item, reader, parts) for item in items(node, reader.faults))
    return tuple(shape for shape in shapes if shape is not None)


def _read_shape(node: Node, reader: Reader, parts: Mapping[str, Part]) -> Shape | None:
    if not isinstance(node, MappingNode):
        reader.faults.add(node, "mapping_wanted")
        return None
    kinds = [key.value for key, _ in node.value if isinstance(key, ScalarNode) and key.value in _KEYS]
    if "text" in kinds or "measure" in kinds or len(kinds) == 1:
        kind = next(iter(kinds))
    else:
        reader.faults.add(node, "shape_wanted", allowed=", ".join(sorted(_KEYS)))
        return None
    required, further = _KEYS[kind]
    found = fields(node, _COMMON | {kind} | required | further, reader.faults)
    missing = sorted(required - set(found))
    for key in missing:
        reader.faults.add(node, "key_missing", name=key)
    if missing:
        return None
    common = {
        "line": node.start_mark.line + 1,
        "when": reader.formula(found["when"], "condition") if "when" in found else None,
        "style": reader.style(found),
    }
    if kind == "use":
        return _read_use(found, common, reader, parts)
    if kind == "balloon":
        return _read_balloon(found, common, reader)
    return _READ[kind](found, common, reader)


def _read_points(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    kind = "polygon" if "polygon" in found else "line"
    at = tuple(reader.place(item) for item in items(found[kind], reader.faults))
    if len(at) < (3 if kind == "polygon" else 2):
        reader.faults.add(found[kind], "points_missing")
    return Points(**common, at=at, closed=kind == "polygon")


def _read_circle(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    return Circle(**common, at=reader.place(found["circle"]), radius=reader.formula(found["radius"], "number"))


def _read_arc(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    radius, start, end = (reader.formula(found[key], "number") for key in ("radius", "from", "to"))
    return Arc(**common, at=reader.place(found["arc"]), radius=radius, start=start, end=end)


def _read_path(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    return Path(**common, steps=_read_steps(found["path"], reader))


def _read_hatch(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    return Hatch(
        **common,
        steps=_read_steps(found["hatch"], reader),
        angle=reader.formula(found["angle"], "number"),
        every=reader.formula(found["every"], "number"),
        through=reader.place(found["through"]),
    )


def _read_steps(node: Node, reader: Reader) -> tuple[Step, ...]:
    steps: list[Step] = []
    for item in items(node, reader.faults):
        if isinstance(item, ScalarNode) and item.value == "close":
            steps.append(Step("close", ()))
            continue
        for key, content in fields(item, frozenset({"move", "line", "curve", "along"}), reader.faults).items():
            if key == "along":
                steps.append(Step("along", (), reader.formula(content, "curve")))
                continue
            nodes = items(content, reader.faults) if key == "curve" else [content]
            if key == "curve" and len(nodes) != 3:
                reader.faults.add(content, "curve_wanted", found=len(nodes))
            steps.append(Step(cast(Any, key), tuple(reader.place(point) for point in nodes)))
    if not steps or steps[0].kind not in ("move", "along"):
        reader.faults.add(node, "move_wanted")
    return tuple(steps)


def _read_segments(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    index = word(found["segments"], reader.faults)
    inner = reader.within({index: "number"})
    times = reader.formula(found["times"], "number")
    return Segments(**common, index=index, times=times, start=inner.place(found["from"]), end=inner.place(found["to"]))


def _read_writing(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    anchor = word(found["anchor"], reader.faults) if "anchor" in found else "middle"
    if anchor not in ("start", "middle", "end"):
        reader.faults.add(found["anchor"], "unknown_value", option="anchor", value=anchor)
    return Writing(
        **common,
        at=reader.place(found["at"]),
        say=reader.say(found["text"]),
        size=reader.formula(found["size"], "number"),
        anchor=cast(Any, anchor),
        turn=reader.formula(found["turn"], "number") if "turn" in found else None,
        scaled=_read_scaled(found, reader),
    )


def _read_scaled(found: Mapping[str, Node], reader: Reader) -> bool:
    said = word(found["scaled"], reader.faults) if "scaled" in found else "no"
    if said not in ("yes", "no"):
        reader.faults.add(found["scaled"], "unknown_value", option="scaled", value=said)
    return said == "yes"


def _read_measure(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    along = word(found["along"], reader.faults)
    if along not in ("horizontal", "vertical", "straight"):
        reader.faults.add(found["along"], "unknown_value", option="along", value=along)
    return Measure(
        **common,
        start=reader.place(found["from"]),
        end=reader.place(found["to"]),
        along=cast(Any, along),
        offset=reader.formula(found["at"], "number"),
        size=reader.formula(found["size"], "number"),
        say=reader.say(found["measure"]),
        beside=_read_beside(found, reader),
    )


def _read_beside(found: Mapping[str, Node], reader: Reader) -> Literal["left", "right"] | None:
    side = word(found["beside"], reader.faults) if "beside" in found else None
    if side not in (None, "left", "right"):
        reader.faults.add(found["beside"], "unknown_value", option="beside", value=str(side))
    return cast(Literal["left", "right"] | None, side)


def _read_balloon(found: Mapping[str, Node], common: dict[str, Any], reader: Reader) -> Shape:
    checkpoint = word(found["balloon"], reader.faults)
    if checkpoint not in reader.checkpoints:
        reader.faults.add(found["balloon"], "unknown_checkpoint", name=checkpoint)
    at, to = reader.place(found["at"]), reader.place(found["to"])
    return Balloon(**common, checkpoint=checkpoint, at=at, to=to, size=reader.formula(found["size"], "number"))


def _read_use(found: Mapping[str, Node], common: dict[str, Any], reader: Reader, parts: Mapping[str, Part]) -> Shape | None:
    name = word(found["use"], reader.faults)
    part = parts.get(name)
    if part is None:
        reader.faults.add(found["use"], "unknown_part", name=name)
        return None
    arguments = fields(found["with"], frozenset(part.given), reader.faults) if "with" in found else {}
    for key in part.given:
        if key not in arguments:
            reader.faults.add(found.get("with", found["use"]), "key_missing", name=key)
    values: dict[str, Any] = {}
    colours: dict[str, str] = {}
    for key, node in arguments.items():
        kind = part.given[key]
        if kind == "colour":
            colours[key] = reader.colour(node)
        else:
            values[key] = reader.place(node) if kind == "point" else reader.formula(node, "number")
    line = tuple(reader.place(point) for point in items(found.get("mirror"), reader.faults))
    if len(line) not in (0, 2):
        reader.faults.add(found["mirror"], "mirror_wanted")
    mirror = (line[0], line[1]) if len(line) == 2 else None
    move = reader.place(found["move"]) if "move" in found else None
    return Use(**common, part=name, values=values, colours=colours, mirror=mirror, move=move)


_READ: dict[str, Callable[[Mapping[str, Node], dict[str, Any], Reader], Shape]] = {
    "line": _read_points,
    "polygon": _read_points,
    "circle": _read_circle,
    "arc": _read_arc,
    "path": _read_path,
    "hatch": _read_hatch,
    "segments": _read_segments,
    "text": _read_writing,
    "measure": _read_measure,
}
