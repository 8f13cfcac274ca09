"""Which length stands in a field for millimetres? Another unit is meant when its sign stands behind the number."""

import re
import unicodedata
from collections.abc import Mapping
from fractions import Fraction

_MILLIMETRES: Mapping[str, Fraction] = (
    dict.fromkeys(("mm", "毫米"), Fraction(1))
    | dict.fromkeys(("cm", "厘米", "公分"), Fraction(10))
    | dict.fromkeys(("m", "米"), Fraction(1000))
    | dict.fromkeys(("in", "in.", "inch", "inches", '"', "”", "''", "′′", "英寸"), Fraction(254, 10))
)
"""By the sign as it is after normalisation, which makes two primes of ″."""
_LENGTH = re.compile(r"(?P<number>[0-9]{1,8}(?:[.,][0-9]{1,4})?)\s*(?P<unit>[^0-9\s]*)")
_THOUSANDS = re.compile(r"[1-9][0-9]?[.,][0-9]{3}")


def typed_length(text: str) -> int | Fraction | None:
    """Whole millimetres, or a decimal that stands there without a unit; None when it is no length."""
    found = _LENGTH.fullmatch(unicodedata.normalize("NFKC", text).strip().lower())
    if found is None:
        return None
    digits, unit = found["number"], found["unit"]
    if unit in ("", "mm", "毫米") and _THOUSANDS.fullmatch(digits):
        # nobody reads thousandths of a millimetre off a tape: 1,270 is 1270
        digits = digits.replace(",", "").replace(".", "")
    number = Fraction(digits.replace(",", "."))
    if not unit:
        return int(number) if number.denominator == 1 else number
    return (2 * number * _MILLIMETRES[unit] + 1) // 2 if unit in _MILLIMETRES else None
