"""How the sections that price and make a product are checked: price, bill of materials, routing, quality plan, care, tests."""

from collections.abc import Collection, Sequence

from configurator.engine.expression_text import Scope
from configurator.engine.expressions import Dimension as DimensionName
from configurator.engine.family.family import BomRule, CareRule, Checkpoint, Operation, Parameter, PriceRule, Proof
from configurator.engine.family.format import (
    CareSection,
    OperationSection,
    ParameterSection,
    PriceSection,
    ProofSection,
    ReworkSection,
    ToleranceSection,
)
from configurator.engine.family.reader import Reader
from configurator.engine.family.source import Path
from contracts.product import WHOLE


def read_price(reader: Reader) -> tuple[PriceRule, ...]:
    return tuple(_price(reader, section, ("price", index)) for index, section in enumerate(reader.file.price))


def _price(reader: Reader, section: PriceSection, path: Path) -> PriceRule:
    if (section.base is None) == (section.add is None):
        reader.fault(path, "one_kind", name="price", keys="base, add")
    if section.base is not None and (section.when is not None or section.per is not None):
        reader.fault(path, "base_alone")
    if (section.per is None) != (section.step is None):
        reader.fault(path, "per_with_step")
    return PriceRule(
        label=section.label,
        add=section.base if section.base is not None else section.add or 0,
        when=reader.condition(section.when, (*path, "when")),
        per=None if section.per is None else reader.number(section.per, (*path, "per")),
        step=section.step or 1,
        line=reader.line(path),
    )


def read_bom(reader: Reader, cloths: Collection[str], of_boards: frozenset[str]) -> tuple[BomRule, ...]:
    """``cloths``: those of the pieces section; ``of_boards``: the numbers that the boards section names, for quantities."""
    found = []
    whole = reader.scope
    counting = Scope(whole.options, whole.dimensions | of_boards)
    operations = {section.op for section in reader.file.routing}
    for index, section in enumerate(reader.file.bom):
        path: Path = ("bom", index)
        if section.at not in operations:
            reader.fault((*path, "at"), "unknown_operation", name=section.at)
        if section.marker is not None and (section.marker not in cloths or section.unit != "mm"):
            reader.fault((*path, "marker"), "unknown_cloth", name=section.marker)
        item = reader.pattern(section.item, (*path, "item"))
        if section.label is None and item.option is None:
            reader.fault(path, "missing", name="label")
        reader.scope = counting
        quantity = reader.number(section.quantity, (*path, "quantity"))
        reader.scope = whole
        found.append(
            BomRule(
                item=item,
                label=section.label,
                quantity=quantity,
                marker=section.marker,
                unit=section.unit,
                at=section.at,
                when=reader.condition(section.when, (*path, "when")),
                line=reader.line(path),
            )
        )
    return tuple(found)


def read_routing(reader: Reader, views: Sequence[str], cloths: Collection[str]) -> tuple[Operation, ...]:
    """``views`` of the drawing, the whole product first; ``cloths`` of the pieces section."""
    found: dict[str, Operation] = {}
    for index, section in enumerate(reader.file.routing):
        path: Path = ("routing", index)
        if section.op in found:
            reader.fault((*path, "op"), "twice", name=section.op)
        for place, before in enumerate(section.after):
            if before not in found:
                reader.fault((*path, "after", place), "operation_not_above", name=before)
        found[section.op] = Operation(
            name=section.op,
            label=section.label,
            group=section.group,
            setup=reader.pattern(section.setup, (*path, "setup")),
            run_s=reader.number(section.run, (*path, "run")),
            after=section.after,
            branch=section.branch,
            when=reader.condition(section.when, (*path, "when")),
            parameters=_parameters(reader, section, path),
            picture=_picture(reader, section, path, views, cloths),
            story=section.story,
            line=reader.line(path),
        )
    return tuple(found.values())


def _picture(reader: Reader, section: OperationSection, path: Path, views: Sequence[str], cloths: Collection[str]) -> str | None:
    if section.view is not None and section.layout is not None:
        reader.fault(path, "one_kind", name=section.op, keys="view, layout")
    if section.layout is not None:
        if section.layout not in cloths:
            reader.fault((*path, "layout"), "unknown_name", name=section.layout)
        return f"marker.{section.layout}"
    if section.view is None:
        return None
    if section.view not in views:
        reader.fault((*path, "view"), "unknown_name", name=section.view)
    return f"{WHOLE}.{section.view}" if section.view in views[1:] else None


def _parameters(reader: Reader, section: OperationSection, path: Path) -> tuple[Parameter, ...]:
    found = []
    for index, each in enumerate(section.parameters):
        place: Path = (*path, "parameters", index)
        if isinstance(each, ParameterSection):
            found.append(Parameter(each.name, each.label, None, reader.number(each.value, (*place, "value")), each.unit))
        elif each in reader.file.options:
            found.append(Parameter(each, reader.file.options[each].label, each, None, None))
        elif each in reader.file.dimensions:
            dimension = reader.file.dimensions[each]
            if dimension.measure:
                reader.fault(place, "measure_is_private", name=each)
            found.append(Parameter(each, dimension.label, None, reader.inlined.get(each, DimensionName(each)), dimension.unit))
        else:
            reader.fault(place, "unknown_name", name=each)
    return tuple(found)


def read_quality(reader: Reader) -> tuple[Checkpoint, ...]:
    found: dict[str, Checkpoint] = {}
    operations = {section.op for section in reader.file.routing}
    for index, section in enumerate(reader.file.quality):
        path: Path = ("quality", index)
        if section.id in found:
            reader.fault((*path, "id"), "twice", name=section.id)
        if section.at not in operations:
            reader.fault((*path, "at"), "unknown_operation", name=section.at)
        gauge_label = reader.file.gauges.get(section.gauge)
        if gauge_label is None:
            reader.fault((*path, "gauge"), "unknown_name", name=section.gauge)
        tolerance = section.tolerance
        if isinstance(tolerance, ToleranceSection):
            minus = reader.number(tolerance.minus, (*path, "tolerance", "minus"))
            plus = reader.number(tolerance.plus, (*path, "tolerance", "plus"))
        else:
            minus = plus = reader.number(tolerance, (*path, "tolerance"))
        rework = section.on_failure.rework if isinstance(section.on_failure, ReworkSection) else None
        found[section.id] = Checkpoint(
            id=section.id,
            at=section.at,
            characteristic=section.characteristic,
            label=section.label,
            nominal=reader.number(section.nominal, (*path, "nominal")),
            unit=section.unit,
            minus=minus,
            plus=plus,
            least=None if section.physical_minimum is None else reader.number(section.physical_minimum, (*path, "physical_minimum")),
            gauge=section.gauge,
            gauge_label=gauge_label or section.label,
            critical=section.critical,
            when=reader.condition(section.when, (*path, "when")),
            rework_s=None if rework is None else reader.number(rework, (*path, "on_failure", "rework")),
            line=reader.line(path),
        )
    return tuple(found.values())


def read_care(reader: Reader) -> tuple[CareRule, ...]:
    return tuple(_care(reader, section, ("care", index)) for index, section in enumerate(reader.file.care))


def _care(reader: Reader, section: CareSection, path: Path) -> CareRule:
    return CareRule(section.say, reader.condition(section.when, (*path, "when")), reader.line(path))


def read_tests(reader: Reader) -> tuple[Proof, ...]:
    return tuple(_proof(reader, section, ("tests", index)) for index, section in enumerate(reader.file.tests))


def _proof(reader: Reader, section: ProofSection, path: Path) -> Proof:
    rules = {rule.id for rule in reader.file.rules}
    for place, rule in enumerate(section.because):
        if rule not in rules:
            reader.fault((*path, "because", place), "unknown_name", name=rule)
    given: dict[str, str | int | tuple[str, ...]] = {}
    for name, content in section.given.items():
        if isinstance(content, tuple):
            given[name] = tuple(str(_tested(reader, name, each, (*path, "given", name))) for each in content)
        else:
            given[name] = _tested(reader, name, content, (*path, "given", name))
    follows: dict[str, str | int] = {}
    if isinstance(section.expect, dict):
        follows = {name: _tested(reader, name, content, (*path, "expect", name)) for name, content in section.expect.items()}
    expect = section.expect if isinstance(section.expect, str) else "possible"
    for place, asked in enumerate(section.asks or ()):
        if asked not in reader.file.options or reader.file.options[asked].ask is None:
            reader.fault((*path, "asks", place), "unknown_ask", name=asked)
    return Proof(given, expect, follows, section.because, section.price, section.asks, reader.line(path))


def _tested(reader: Reader, name: str, content: str, path: Path) -> str | int:
    """An option's value or a dimension's number."""
    option, dimension = reader.file.options.get(name), reader.file.dimensions.get(name)
    if option is not None:
        if content not in option.values:
            reader.fault(path, "unknown_value", name=name, value=content)
        return content
    if dimension is None or dimension.value is not None:
        reader.fault(path, "unknown_name", name=name)
    elif not content.isdecimal() or int(content) not in range(dimension.min or 0, (dimension.max or 0) + 1, dimension.step):
        reader.fault(path, "not_in_range", name=name, value=content)
    else:
        return int(content)
    return content
