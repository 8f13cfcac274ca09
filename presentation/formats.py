"""How money, quantities, days and moments are written in a language."""

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal

from contracts.units import Money, Quantity

LOCALES = {"en": Locale.parse("en_GB"), "zh": Locale.parse("zh_Hans_CN")}

_READ_AS: dict[str, tuple[str, int]] = {"nm": ("um", 3), "um": ("mm", 3), "mdeg": ("deg", 3), "mNm": ("Nm", 3), "cm2": ("m2", 4)}
"""Fine units that people read in the coarser one, and its power of ten."""
_SIGNS = {
    "en": {"deg": "°", "Nm": "N·m", "piece": "pcs", "um": "µm", "m2": "m²"},
    "zh": {"deg": "°", "Nm": "N·m", "um": "µm", "piece": "件", "h": "小时", "min": "分钟", "s": "秒", "m2": "m²"},
}


def money(value: Money, language: str) -> str:
    """An amount with its currency."""
    return _money(value.amount, value.currency, language)


@lru_cache(4096)
def _money(amount: int, currency: str, language: str) -> str:
    """A page of choices writes a hundred amounts at every click, most of them again."""
    return str(format_currency(Decimal(amount).scaleb(-2), currency, locale=LOCALES[language]))


def number(value: int | Decimal, language: str) -> str:
    return str(format_decimal(value, locale=LOCALES[language], decimal_quantization=False))


def _digits(value: Decimal, places: int | None = None) -> str:
    """A measured number: its digits in one run (ISO 80000-1 knows no comma between thousands), as drawings write them too."""
    return f"{value.normalize():f}" if places is None else f"{value:.{places}f}"


def quantity(value: Quantity, language: str) -> str:
    """A quantity in the unit that people read: millimetres for micrometres, hours and minutes for seconds."""
    if value.unit == "s":
        return duration(value.value, language)
    if value.unit == "g" and value.value >= 1000:
        return _with_sign(_digits(Decimal(value.value).scaleb(-3)), "kg", language)
    unit, places = _READ_AS.get(value.unit, (value.unit, 0))
    return _with_sign(_digits(Decimal(value.value).scaleb(-places)), unit, language)


def figure(value: int, unit: str, places: int | None = None) -> str:
    """The bare figure for a table whose heading names the unit; ``places`` fixes the decimals."""
    _, power = _READ_AS.get(unit, (unit, 0))
    return _digits(Decimal(value).scaleb(-power), places)


def places_of(values: tuple[int, ...], unit: str) -> int:
    """The fewest decimals that show every value exactly in the unit that people read."""
    _, power = _READ_AS.get(unit, (unit, 0))
    exponents = (Decimal(value).scaleb(-power).normalize().as_tuple().exponent for value in values)
    return max((-each for each in exponents if isinstance(each, int) and each < 0), default=0)


def reading_unit(unit: str) -> str:
    """The unit in which people read and type a value of ``unit``: mm for um, µm for nm, deg for mdeg, Nm for mNm."""
    return _READ_AS.get(unit, (unit, 0))[0]


def in_reading_unit(value: int, unit: str) -> Decimal:
    """The number that people read and type for a value of ``unit``."""
    return Decimal(value).scaleb(-_READ_AS.get(unit, (unit, 0))[1])


def unit_sign(unit: str, language: str) -> str:
    """The sign of the unit in which ``figure`` writes a value."""
    return _SIGNS[language].get(reading_unit(unit), reading_unit(unit))


def duration(seconds: int, language: str) -> str:
    """Hours and minutes from an hour on, minutes from a minute on, else seconds."""
    hours, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [(hours, "h"), (minutes, "min")] if hours else [(minutes, "min"), (left, "s")]
    written = [_with_sign(str(amount), unit, language) for amount, unit in parts if amount] or [_with_sign("0", "s", language)]
    return ("-" if seconds < 0 else "") + " ".join(written)


def day(at: date, language: str, zone: tzinfo = UTC, weekday: bool = False) -> str:
    """A day, or a moment's in the zone: 24 Nov 2026, 2026年11月24日."""
    local = at.astimezone(zone).date() if isinstance(at, datetime) else at
    if weekday:
        return format_date(local, "EEE d MMM yyyy" if language == "en" else "y年M月d日 EEE", locale=LOCALES[language])
    return format_date(local, "d MMM yyyy" if language == "en" else "y年M月d日", locale=LOCALES[language])


def country(code: str, language: str) -> str:
    """A country by its name: NL is Netherlands, 荷兰."""
    return str(LOCALES[language].territories[code])


def moment(at: datetime, language: str, zone: tzinfo = UTC) -> str:
    """Day and time to the minute in the zone."""
    form = "d MMM yyyy, HH:mm" if language == "en" else "y年M月d日 HH:mm"
    return format_datetime(at.astimezone(zone), form, locale=LOCALES[language])


def clock_time(at: datetime, language: str, zone: tzinfo = UTC) -> str:
    """The time of day to the minute in the zone."""
    return format_time(at.astimezone(zone).timetz(), "HH:mm", tzinfo=zone, locale=LOCALES[language])


def _with_sign(written: str, unit: str, language: str) -> str:
    sign = _SIGNS[language].get(unit, unit)
    return f"{written}{sign}" if sign == "°" else f"{written} {sign}"
