"""How what is traced is called: pieces by their GS1 keys, what has none by its address at this installation."""

from dataclasses import dataclass
from urllib.parse import quote

from contracts.gs1 import piece_uri, serial_of


@dataclass(frozen=True)
class Names:
    """``address``: of this installation, without a slash at the end."""

    address: str

    def piece(self, piece: str, gtin: str | None) -> str:
        return self._own("pieces", piece) if gtin is None else piece_uri(gtin, serial_of(piece))

    def material(self, item: str, lot: str | None) -> str:
        return self._own("materials", item) if lot is None else self._own("materials", item, "lots", lot)

    def machine(self, machine: str) -> str:
        return self._own("machines", machine)

    def gauge(self, gauge: str) -> str:
        return self._own("gauges", gauge)

    def plant(self, plant: str) -> str:
        return self._own("plants", plant)

    def work_order(self, work_order: str) -> str:
        return self._own("work-orders", work_order)

    def _own(self, *steps: str) -> str:
        return "/".join((self.address, "trace", *(quote(step, safe="") for step in steps)))
