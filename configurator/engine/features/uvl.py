"""How a text in the Universal Variability Language becomes a model (UVL 2.0: groups, cardinalities, attributes, types, imports).

Source: Benavides et al., UVL: Feature modelling with the Universal Variability Language, Journal of Systems and Software 225 (2025).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from configurator.engine.features.model import Attribute, Constraint, FeatureModel, Group
from configurator.engine.features.source import fault
from configurator.engine.features.uvl_constraint import Names, expression_of, simple_constraint
from configurator.engine.features.uvl_expression import written
from configurator.engine.features.uvl_meaning import Meaning
from configurator.engine.features.uvl_text import Line, lines_of
from configurator.engine.features.uvl_tokens import Reader, Token, tokens
from configurator.engine.features.values import Values

KINDS = {"mandatory", "optional", "or", "alternative"}
TYPES = {"Boolean", "Integer", "Real", "String"}
SECTIONS = {"namespace", "include", "imports", "features", "constraints"}
DEEPEST_IMPORT = 8


def read_uvl(text: str, imported: Callable[[str], str] | None = None) -> FeatureModel:
    """The model. ``imported``: the text of another model by its dotted name. Raises SourceInvalid with line and column."""
    reading = _Reading(imported, 0)
    reading.read(text, "")
    return reading.model()


class _Reading:
    def __init__(self, imported: Callable[[str], str] | None, depth: int) -> None:
        self._imported = imported
        self._depth = depth
        self._folder = ""
        self._names: list[str] = [""]
        self._lines: list[int] = [0]
        self._known: dict[str, int] = {}
        self._groups: list[_OpenGroup] = []
        self._attributes: dict[int, dict[str, Attribute]] = {}
        self._types: dict[int, str] = {}
        self._cardinalities: dict[int, str] = {}
        self._written: list[tuple[str, Line]] = []
        """Constraints, with the prefix of the names within."""

    def model(self) -> FeatureModel:
        groups = tuple(closed for group in self._groups for closed in group.closed())
        names = Names(self._known, self._attributes, self._types, [(group.parent, group.members) for group in groups])
        values = Values(self._names, self._types, self._lines, len(self._names))
        meaning = Meaning(self._types, values.compared)
        constraints = [self._constraint(line, prefix, names, meaning) for prefix, line in self._written]
        background = values.background()
        return FeatureModel(
            tuple(self._names),
            tuple(self._lines),
            groups,
            tuple(constraints),
            self._attributes,
            self._types,
            self._cardinalities,
            values.hidden,
            tuple(background),
        )

    def _constraint(self, line: Line, prefix: str, names: Names, meaning: Meaning) -> Constraint:
        simple = simple_constraint(line.text, names, prefix)
        if simple is not None:
            return Constraint(simple, line.text, line.number, not prefix)
        expression = expression_of(line.text, line.number, line.column, names, prefix)
        text = written(expression, self._names) if prefix else line.text
        return Constraint(meaning.formula(expression, line.number), text, line.number, True)

    def read(self, text: str, prefix: str) -> int:
        """The number of the root."""
        sections: dict[str, list[Line]] = {}
        section = ""
        for line in lines_of(text):
            if line.indent == 0:
                word = line.text.split(None, 1)[0]
                if word not in SECTIONS:
                    raise fault(line.number, 1, "section", word=word)
                section = word
                sections.setdefault(section, [])
            else:
                sections.setdefault(section, []).append(line)
        if not sections.get("features"):
            raise fault(1, 1, "no-features")
        roots = self._imports(sections.get("imports", ()), prefix)
        root = self._tree(sections["features"], prefix, roots)
        self._written += [(prefix, line) for line in sections.get("constraints", ())]
        return root

    # Imports

    def _imports(self, lines: Iterable[Line], prefix: str) -> dict[str, tuple[str, Line]]:
        """Name that stands for another model → (its dotted name, where it is imported)."""
        found = {}
        for line in lines:
            reader = _reader(line)
            source = reader.name()
            alias = source
            if reader.peek("as"):
                reader.next()
                alias = reader.name()
            reader.done()
            found[alias] = (source, line)
        return found

    def _other(self, alias: str, source: str, line: Line, prefix: str) -> int:
        """The root of an imported model, whose names get the alias before them."""
        if self._imported is None or self._depth == DEEPEST_IMPORT:
            raise fault(line.number, line.column, "import", name=source)
        text, folder = self._text(source, line)
        above, self._folder = self._folder, folder
        self._depth += 1
        root = self.read(text, f"{prefix}{alias}.")
        self._depth -= 1
        self._folder = above
        return root

    def _text(self, source: str, line: Line) -> tuple[str, str]:
        """(a model's text, the folder it lies in): beside the importing one, else beside the first."""
        for name in dict.fromkeys((self._folder + source, source)):
            try:
                text = self._imported(name) if self._imported is not None else ""
            except (OSError, LookupError, UnicodeDecodeError):
                continue
            return text, name[: name.rfind(".") + 1]
        raise fault(line.number, line.column, "import", name=source)

    # The tree

    def _tree(self, lines: list[Line], prefix: str, roots: dict[str, tuple[str, Line]]) -> int:
        """Features and group words, one below the other."""
        above: list[tuple[int, int, _OpenGroup | None]] = []
        """(indent, feature, the group that is open below it)"""
        first = 0
        for line in lines:
            while above and above[-1][0] >= line.indent:
                above.pop()
            bounds = _group_of(line)
            if bounds is not None:
                if not above or above[-1][2] is not None:
                    raise fault(line.number, line.column, "group-place")
                self._groups.append(_OpenGroup(above[-1][1], *bounds, line.number))
                above.append((line.indent, above[-1][1], self._groups[-1]))
                continue
            if above and above[-1][2] is None:
                raise fault(line.number, line.column, "feature-place")
            if not above and first:
                raise fault(line.number, line.column, "two-roots")
            feature = self._feature(line, prefix, roots)
            if above:
                group = above[-1][2]
                if group is not None:
                    group.members.append(feature)
            first = first or feature
            above.append((line.indent, feature, None))
        return first

    def _feature(self, line: Line, prefix: str, roots: dict[str, tuple[str, Line]]) -> int:
        reader = _reader(line)
        kind = "Boolean"
        name = reader.name()
        if name in TYPES and reader.kind() == "name":
            kind, name = name, reader.name()
        if name in roots:
            return self._other(name, roots[name][0], roots[name][1], prefix)
        alias, _, rest = name.rpartition(".")
        if alias in roots and rest:
            return self._other(alias, roots[alias][0], roots[alias][1], prefix)
        name = prefix + name
        if name in self._known:
            raise fault(line.number, line.column, "twice", name=name)
        number = len(self._names)
        self._known[name] = number
        self._names.append(name)
        self._lines.append(line.number)
        if kind != "Boolean":
            self._types[number] = kind
        if reader.kind() == "name" and reader.peek("cardinality"):
            reader.next()
            low, high = _cardinality(reader)
            self._cardinalities[number] = f"[{low}..{'*' if high < 0 else high}]"
        if reader.take("{"):
            attributes = self._attributes_in(reader, line, prefix)
            if attributes:
                self._attributes[number] = attributes
        reader.done()
        return number

    def _attributes_in(self, reader: Reader, line: Line, prefix: str) -> dict[str, Attribute]:
        """Up to the closing brace; commas may be missing between two."""
        found: dict[str, Attribute] = {}
        while not reader.take("}"):
            name = reader.name()
            if name in {"constraint", "constraints"}:
                self._inner_constraints(reader, line, prefix)
            elif reader.take("{"):
                found |= {f"{name}.{inner}": value for inner, value in self._attributes_in(reader, line, prefix).items()}
            else:
                value = _value(reader)
                if value is not None:
                    found[name] = value
            reader.take(",")
        return found

    def _inner_constraints(self, reader: Reader, line: Line, prefix: str) -> None:
        """A constraint among the attributes holds like any other."""
        taken: list[Token] = []
        listed = reader.take("[")
        depth = 0
        while True:
            if reader.kind() == "end":
                raise fault(line.number, reader.column, "ends")
            if depth == 0 and (reader.peek("]") if listed else reader.peek("}", ",")):
                break
            token = reader.next()
            depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "sign" else 0
            if listed and depth == 0 and token.kind == "sign" and token.text == ",":
                self._keep(taken, line, prefix)
                taken = []
                continue
            taken.append(token)
        if listed:
            reader.expect("]")
        if taken:
            self._keep(taken, line, prefix)

    def _keep(self, taken: list[Token], line: Line, prefix: str) -> None:
        text = " ".join(
            f'"{each.text}"' if each.kind == "name" else f"'{each.text}'" if each.kind == "text" else each.text for each in taken
        )
        text = text.replace('" . "', '"."')
        self._written.append((prefix, Line(line.number, taken[0].column, line.indent, text)))


@dataclass
class _OpenGroup:
    """A group whose members are still to come; ``high`` below 0: all of them."""

    parent: int
    low: int
    high: int
    each: bool
    """Every member is a group of its own: mandatory and optional ones."""
    line: int
    members: list[int] = field(default_factory=list)

    def closed(self) -> Iterable[Group]:
        """Raises SourceInvalid for a group of nothing."""
        if not self.members:
            raise fault(self.line, 1, "empty-group")
        if self.each:
            return [Group(self.parent, (member,), self.low, self.high, self.line) for member in self.members]
        high = len(self.members) if self.high < 0 else self.high
        return [Group(self.parent, tuple(self.members), self.low, high, self.line)]


def _group_of(line: Line) -> tuple[int, int, bool] | None:
    """The bounds that a group's word says; None for a feature."""
    match line.text:
        case "mandatory":
            return 1, 1, True
        case "optional":
            return 0, 1, True
        case "or":
            return 1, -1, False
        case "alternative":
            return 1, 1, False
    if line.text.startswith("["):
        reader = _reader(line)
        low, high = _cardinality(reader)
        reader.done()
        return low, high, False
    return None


def _cardinality(reader: Reader) -> tuple[int, int]:
    """``[n]``, ``[n..m]`` or ``[n..*]``."""
    reader.expect("[")
    low = _count(reader)
    high = low
    if reader.take(".."):
        high = -1 if reader.take("*") else _count(reader)
    reader.expect("]")
    if 0 <= high < low:
        raise fault(reader.line, reader.column, "bounds", low=low, high=high)
    return low, high


def _count(reader: Reader) -> int:
    if reader.kind() != "number":
        raise fault(reader.line, reader.column, "expected-number")
    return int(Fraction(reader.next().text))


def _value(reader: Reader) -> Attribute | None:
    """An attribute's value; none, and vectors, are left out of every question."""
    if reader.peek(",", "}"):
        return True
    if reader.take("["):
        depth = 1
        while depth:
            depth += {"[": 1, "]": -1}.get(reader.sign(), 0)
            reader.next()
        return None
    minus = reader.take("-")
    token = reader.next()
    if token.kind == "number":
        return -Fraction(token.text) if minus else Fraction(token.text)
    if minus or token.kind == "sign":
        raise fault(reader.line, token.column, "left-over", text=token.text)
    if token.kind == "name" and token.text in {"true", "false"}:
        return token.text == "true"
    return token.text


def _reader(line: Line) -> Reader:
    return Reader(tokens(line.text, line.number, line.column), line.number, line.column + len(line.text))
