"""A bill of materials as a table to pick from: one row a line, in the order of the operations that consume them."""

import csv
import io
from collections.abc import Sequence

from contracts.product import BomLine, OperationSpec

COLUMNS = ("operation", "operation_en", "operation_zh", "item", "label_en", "label_zh", "quantity", "unit")


def pick_list_csv(materials: Sequence[BomLine], routing: Sequence[OperationSpec]) -> bytes:
    """UTF-8 with a mark for spreadsheets, a header."""
    operations = {operation.sequence: operation.label for operation in routing}
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for line in sorted(materials, key=lambda each: each.operation):
        operation = operations[line.operation]
        table.writerow((line.operation, operation.en, operation.zh, line.item, line.label.en, line.label.zh, line.quantity, line.unit))
    return ("\ufeff" + written.getvalue()).encode("utf-8")
