"""How a family file's text becomes a checked family, with every fault at its line."""

from collections.abc import Mapping

from pydantic import ValidationError

from configurator.engine.boards.sections import read_boards
from configurator.engine.drawing import Drawing
from configurator.engine.expression_text import RESERVED, Scope
from configurator.engine.expressions import Chosen, Condition, Junction, Not, Truth
from configurator.engine.family.drawn import read_drawing, read_pieces
from configurator.engine.family.family import Ask, Derived, Dimension, Family, Garment, Group, Option, Rule, Table, Value
from configurator.engine.family.format import DimensionSection, FamilyFile, OptionSection, RuleSection
from configurator.engine.family.manufacture import read_bom, read_care, read_price, read_quality, read_routing, read_tests
from configurator.engine.family.reader import Reader
from configurator.engine.family.source import Path, faults_of, invalid, read_source
from configurator.engine.pattern.sections import PiecesSection
from contracts.gs1 import check_digit, gtin14, is_gtin
from contracts.model import sha256_of
from contracts.problems import SourceInvalid


def parse_family(text: str) -> Family:
    """The checked family. Raises SourceInvalid with a line and column for every fault."""
    source = read_source(text)
    try:
        file = FamilyFile.model_validate(source.content)
    except ValidationError as error:
        raise invalid(source, faults_of(error, source)) from None
    reader = Reader(source, file)
    _check_names(reader)
    dimensions = {name: _dimension(reader, name, section) for name, section in file.dimensions.items() if section.value is None}
    derived = _derived(reader)
    options = {name: _option(reader, name, section) for name, section in file.options.items()}
    boards = read_boards(reader)
    drawing, pieces = _drawing(reader, options, dimensions, derived)
    cloths = pieces.cloths if pieces is not None else ()
    family = Family(
        name=file.family,
        version=file.version,
        sha256=sha256_of(text),
        label=file.label,
        description=file.description,
        currency=file.currency,
        tax_percent=file.tax_percent,
        gtin=_gtin(reader),
        groups=tuple(Group(name, section.label, section.description) for name, section in file.groups.items()),
        options=options,
        dimensions=dimensions,
        derived=derived,
        headline=_headline(reader),
        example=file.example,
        rules=tuple(_rule(reader, index, section) for index, section in enumerate(file.rules)),
        price=read_price(reader),
        bom=read_bom(reader, cloths, boards.names),
        routing=read_routing(reader, (*drawing.views, *drawing.work) if drawing is not None else (), cloths),
        quality=read_quality(reader),
        care=read_care(reader),
        drawing=drawing,
        pieces=pieces,
        boards=boards,
        tests=read_tests(reader),
    )
    lines = reader.told + (invalid(source, reader.faults).extra["lines"] if reader.faults else [])
    if lines:
        raise SourceInvalid(extra={"lines": sorted(lines, key=lambda each: (each["line"], each["column"]))})
    return family


def _drawing(
    reader: Reader, options: Mapping[str, Option], dimensions: Mapping[str, Dimension], derived: Mapping[str, Derived]
) -> tuple[Drawing | None, PiecesSection | None]:
    try:
        drawing = read_drawing(reader.source, options, dimensions, derived, frozenset(section.id for section in reader.file.quality))
        return drawing, read_pieces(reader.source, drawing)
    except SourceInvalid as faults:
        reader.told.extend(faults.extra["lines"])
        return None, None


def _gtin(reader: Reader) -> str | None:
    gtin = reader.file.gtin
    if gtin is None:
        return None
    if not is_gtin(gtin):
        reader.fault(("gtin",), "gtin", gtin=gtin, wanted=check_digit(gtin[:-1]))
    return gtin14(gtin)


def _check_names(reader: Reader) -> None:
    file = reader.file
    for kind, names in (("options", file.options), ("dimensions", file.dimensions)):
        for name, section in names.items():
            if name in RESERVED:
                reader.fault((kind, name), "reserved", name=name)
            if section.group not in file.groups:
                reader.fault((kind, name, "group"), "unknown_group", name=section.group)
    for name in file.dimensions:
        if name in file.options:
            reader.fault(("dimensions", name), "twice", name=name)
    seen: set[str] = set()
    for index, rule in enumerate(file.rules):
        if rule.id in seen:
            reader.fault(("rules", index, "id"), "twice", name=rule.id)
        seen.add(rule.id)


def _option(reader: Reader, name: str, section: OptionSection) -> Option:
    path: Path = ("options", name)
    fewest, most = section.bounds
    if not 0 <= fewest <= most or most < 1 or fewest > len(section.values):
        reader.fault((*path, "choose"), "choose_impossible", given=section.choose)
    default = (section.default,) if isinstance(section.default, str) else section.default
    if not fewest <= len(default) <= most:
        reader.fault((*path, "default"), "default_count", name=name, count=len(default), given=section.choose)
    for value in default:
        if value not in section.values:
            reader.fault((*path, "default"), "unknown_value", name=name, value=value)
    all_facts = {fact for value in section.values.values() for fact in value.facts}
    for value, content in section.values.items():
        for fact in sorted(all_facts - set(content.facts)):
            reader.fault((*path, "values", value), "fact_missing", name=f"{name}.{fact}", value=value)
    return Option(
        name=name,
        group=section.group,
        label=section.label,
        description=section.description,
        fewest=fewest,
        most=most,
        default=default,
        ask=_ask(reader, name, section, default),
        values={
            value: Value(value, each.label, each.description, each.price, each.facts, reader.line((*path, "values", value)))
            for value, each in section.values.items()
        },
        line=reader.line(path),
    )


def _ask(reader: Reader, name: str, section: OptionSection, default: tuple[str, ...]) -> Ask | None:
    if section.ask is None:
        return None
    path: Path = ("options", name, "ask")
    if section.bounds[1] > 1:
        reader.fault(path, "option_has_several", name=name)
    if not set(section.values) - set(default):
        reader.fault(path, "ask_nothing", name=name)
    return Ask(section.ask.say, reader.condition(section.ask.when, (*path, "when")))


def _dimension(reader: Reader, name: str, section: DimensionSection) -> Dimension:
    path: Path = ("dimensions", name)
    if section.when is not None:
        reader.fault((*path, "when"), "when_not_derived", name=name)
    if section.survey is not None and not section.measure:
        reader.fault((*path, "survey"), "survey_not_measure", name=name)
    garment = _garment(reader, section, path)
    wanted = "example" if section.measure else "default"
    default = section.example if section.measure else section.default
    for key, given in (("min", section.min), ("max", section.max), (wanted, default)):
        if given is None:
            reader.fault(path, "missing", name=key)
    low, high = section.min or 0, section.max or 0
    if low > high:
        reader.fault((*path, "max"), "range_empty", name=name)
    if default is not None and (not low <= default <= high or (default - low) % section.step):
        reader.fault((*path, wanted), "not_in_range", name=name, value=default)
    return Dimension(
        name=name,
        group=section.group,
        label=section.label,
        description=section.description,
        unit=section.unit,
        low=low,
        high=high - (high - low) % section.step if high >= low else high,
        step=section.step,
        default=low if default is None else default,
        measure=section.measure,
        survey=None if section.survey is None else reader.survey(section.survey, (*path, "survey")),
        garment=garment,
        line=reader.line(path),
    )


def _garment(reader: Reader, section: DimensionSection, path: Path) -> Garment | None:
    if section.garment is None:
        return None
    like = reader.file.dimensions.get(section.garment.like)
    if not section.measure or like is None or like.value is None:
        reader.fault((*path, "garment"), "garment_not_derived", name=section.garment.like)
    return Garment(section.garment.like, section.garment.description)


def _headline(reader: Reader) -> tuple[str, ...]:
    for place, name in enumerate(reader.file.headline):
        if name not in reader.file.dimensions or reader.file.dimensions[name].measure:
            reader.fault(("headline", place), "not_a_headline", name=name)
    return reader.file.headline


def _derived(reader: Reader) -> dict[str, Derived]:
    """Derived dimensions; each may speak of those above it in the file."""
    found: dict[str, Derived] = {}
    later = {name for name, section in reader.file.dimensions.items() if section.value is not None}
    whole = reader.scope
    for name, section in reader.file.dimensions.items():
        if section.value is None:
            continue
        path: Path = ("dimensions", name)
        for key in ("min", "max", "default", "example", "survey", "garment"):
            if getattr(section, key) is not None:
                reader.fault((*path, key), "derived_has_no", name=name, key=key)
        if section.measure:
            reader.fault((*path, "measure"), "derived_has_no", name=name, key="measure")
        reader.scope = Scope(whole.options, whole.dimensions - later)
        value, when = reader.number(section.value, (*path, "value")), reader.condition(section.when, (*path, "when"))
        later.discard(name)
        reader.inlined[name] = value
        found[name] = Derived(name, section.group, section.label, section.description, section.unit, value, when, reader.line(path))
    reader.scope = whole
    return found


def _rule(reader: Reader, index: int, section: RuleSection) -> Rule:
    path: Path = ("rules", index)
    kinds = [key for key in ("require", "table", "exclude") if getattr(section, key) is not None]
    if len(kinds) != 1:
        reader.fault(path, "one_kind", name=section.id, keys="require, table, exclude")
    if section.when is not None and section.require is None:
        reader.fault((*path, "when"), "when_without_require", name=section.id)
    condition: Condition | Table = Truth(True)
    if section.require is not None:
        condition = reader.condition(section.require, (*path, "require"))
        if section.when is not None:
            condition = Junction("or", (Not(reader.condition(section.when, (*path, "when"))), condition))
    elif section.table is not None:
        condition = _table(reader, section, path)
    elif section.exclude is not None:
        pairs = [_pair(reader, pair, (*path, "exclude", place)) for place, pair in enumerate(section.exclude)]
        condition = Junction("and", tuple(pairs))
    return Rule(section.id, section.say, condition, reader.line(path))


def _table(reader: Reader, section: RuleSection, path: Path) -> Table:
    assert section.table is not None
    columns = section.table.columns
    for place, column in enumerate(columns):
        if column not in reader.file.options:
            reader.fault((*path, "table", "columns", place), "unknown_name", name=column)
        elif reader.file.options[column].bounds[1] > 1:
            reader.fault((*path, "table", "columns", place), "option_has_several", name=column)
    for row, values in enumerate(section.table.allow):
        if len(values) != len(columns):
            reader.fault((*path, "table", "allow", row), "row_length", count=len(columns))
            continue
        for place, (column, value) in enumerate(zip(columns, values, strict=True)):
            if column in reader.file.options and value not in reader.file.options[column].values:
                reader.fault((*path, "table", "allow", row, place), "unknown_value", name=column, value=value)
    return Table(columns, section.table.allow)


def _pair(reader: Reader, pair: tuple[str, str], path: Path) -> Condition:
    tests: list[Condition] = []
    for place, name in enumerate(pair):
        option, _, value = name.partition(".")
        if option not in reader.file.options:
            reader.fault((*path, place), "unknown_name", name=option)
        elif value not in reader.file.options[option].values:
            reader.fault((*path, place), "unknown_value", name=option, value=value)
        tests.append(Chosen(option, frozenset({value})))
    return Not(Junction("and", tuple(tests)))
