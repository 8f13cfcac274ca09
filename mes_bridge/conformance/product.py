"""What the conformance plant makes: a product of one operation and one of two, measured after the first."""

from collections.abc import Mapping

from contracts.problems import NotFound
from contracts.product import (
    WHOLE,
    ManufacturingSpecification,
    OperationParameter,
    OperationSpec,
    Price,
    StoredFile,
)
from contracts.texts import Language, Localised
from contracts.units import Money
from ledger.files import Files
from mes_bridge.engine.trial import LENGTH

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 40"><path d="M10 20h540" stroke="black"/></svg>'
CUT, FINISH = 10, 20
_FREE = Money(amount=0, currency="EUR")
_LENGTH = LENGTH.model_copy(update={"operation": CUT, "restart": (CUT,), "rework_s": 1})


class Products:
    """The frozen specifications by their hash, as work orders name them."""

    def __init__(self, files: Files, machine_group: str) -> None:
        drawing = StoredFile(name="drawing.svg", sha256=files.put(DRAWING), media_type="image/svg+xml")
        self.plain, self.finished = (_specification(machine_group, steps, drawing) for steps in ((CUT,), (CUT, FINISH)))
        self._known: Mapping[str, ManufacturingSpecification] = {each.sha256(): each for each in (self.plain, self.finished)}

    def specification(self, sha256: str) -> ManufacturingSpecification:
        """Raises NotFound."""
        if sha256 not in self._known:
            raise NotFound("specification", sha256)
        return self._known[sha256]

    def drawing_svg(self, sha256: str, language: Language, picture: str = WHOLE) -> str:
        """The drawing is a file only. Raises NotFound."""
        raise NotFound("drawing", sha256)


def _specification(machine_group: str, steps: tuple[int, ...], drawing: StoredFile) -> ManufacturingSpecification:
    return ManufacturingSpecification(
        family="conformance",
        family_label=Localised(en="Test bar", zh="测试杆"),
        family_version="1",
        family_sha256="0" * 64,
        choices=(),
        dimensions=(),
        materials=(),
        routing=tuple(_operation(machine_group, step) for step in steps),
        quality=(_LENGTH,),
        files=(drawing,),
        price=Price(lines=(), net=_FREE, tax_percent=0, tax=_FREE, total=_FREE),
    )


def _operation(machine_group: str, sequence: int) -> OperationSpec:
    name, label = {CUT: ("cut", Localised(en="Cut", zh="切断")), FINISH: ("finish", Localised(en="Finish", zh="精加工"))}[sequence]
    return OperationSpec(
        sequence=sequence,
        name=name,
        label=label,
        machine_group=machine_group,
        setup_family="-",
        run_s=1,
        after=(CUT,) if sequence == FINISH else (),
        parameters=(OperationParameter(name="length", label=Localised(en="Length", zh="长度"), value=540, unit="mm"),),
    )
