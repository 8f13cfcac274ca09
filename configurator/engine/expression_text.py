"""How an expression's text becomes a tree, and at which column it is wrong."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from configurator.engine.expressions import (
    NUMERIC,
    Absolute,
    Arithmetic,
    Chosen,
    Comparison,
    Condition,
    Conditional,
    Count,
    Dimension,
    Expression,
    Extreme,
    Fact,
    Junction,
    Not,
    Number,
    Numeric,
    Quotient,
    Truth,
)

LONGEST = 2_000
DEEPEST = 60
LARGEST = 10**12

_TOKEN = re.compile(r"\s*(?:(?P<word>\w+)|(?P<quoted>\"[^\"]*\"|'[^']*')|(?P<symbol>//|<=|>=|==|!=|[-+*<>(),.]))")
_UNITS = {"mm": 1, "cm": 10, "m": 1_000, "s": 1, "min": 60, "h": 3_600, "g": 1, "kg": 1_000}
"""A number with a unit counts millimetres, seconds or grams."""
_KEYWORDS = frozenset({"and", "or", "not", "in", "if", "else", "true", "false"})
FUNCTIONS = frozenset({"min", "max", "abs", "count"})
RESERVED = _KEYWORDS | FUNCTIONS | frozenset(_UNITS)
"""Words that cannot name an option or a dimension."""


class ExpressionFault(Exception):
    """The text is no expression; ``column`` counts from 0, ``message`` names the kind of fault."""

    def __init__(self, column: int, message: str, **params: str | int) -> None:
        super().__init__(f"column {column}: {message} {params}")
        self.column = column
        self.message = message
        self.params = params


@dataclass(frozen=True)
class OptionNames:
    """What an expression may say of an option: its values, and facts given as numbers."""

    values: frozenset[str]
    facts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Fact → value → number."""
    several: bool = False


@dataclass(frozen=True)
class Scope:
    """The names that an expression may use."""

    options: Mapping[str, OptionNames]
    dimensions: frozenset[str]


@dataclass(frozen=True)
class _Token:
    text: str
    column: int
    word: bool
    quoted: bool = False


@dataclass(frozen=True)
class _Option:
    """An option's name, which has a meaning only beside a comparison."""

    name: str
    column: int


def parse_number(text: str, scope: Scope) -> Numeric:
    """A numeric expression. Raises ExpressionFault."""
    found = _Parser(text, scope).whole()
    if not isinstance(found, NUMERIC):
        raise ExpressionFault(0, "number_wanted")
    return found


def parse_condition(text: str, scope: Scope) -> Condition:
    """A condition. Raises ExpressionFault."""
    found = _Parser(text, scope).whole()
    if isinstance(found, NUMERIC):
        raise ExpressionFault(0, "condition_wanted")
    return found


def _tokens(text: str) -> list[_Token]:
    if len(text) > LONGEST:
        raise ExpressionFault(0, "too_long", most=LONGEST)
    found: list[_Token] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            column = len(text) - len(text[place:].lstrip())
            raise ExpressionFault(column, "unexpected", text=text[column])
        kind = match.lastgroup or "symbol"
        content = match.group(kind)
        quoted = kind == "quoted"
        found.append(_Token(content[1:-1] if quoted else content, match.start(kind), kind != "symbol", quoted))
        place = match.end()
    found.append(_Token("", len(text), False))
    return found


class _Parser:
    """Recursive descent; binding from loose to tight: if-else, or, and, not, comparison, + -, * //, unary minus."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._scope = scope
        self._depth = 0

    def whole(self) -> Expression:
        found = self._plain(self._choice())
        if self._here.text or self._here.word:
            raise ExpressionFault(self._here.column, "unexpected", text=self._here.text)
        return found

    @property
    def _here(self) -> _Token:
        return self._tokens[self._at]

    def _is(self, *texts: str) -> bool:
        return self._here.text in texts and not self._here.quoted

    def _take(self) -> _Token:
        token = self._here
        if not token.text and not token.word:
            raise ExpressionFault(token.column, "ends_early")
        self._at += 1
        return token

    def _expect(self, text: str) -> None:
        if not self._is(text):
            raise ExpressionFault(self._here.column, "expected", text=text)
        self._at += 1

    def _plain(self, found: Expression | _Option) -> Expression:
        if isinstance(found, _Option):
            raise ExpressionFault(found.column, "option_alone", name=found.name)
        return found

    def _number(self, found: Expression | _Option, column: int) -> Numeric:
        plain = self._plain(found)
        if not isinstance(plain, NUMERIC):
            raise ExpressionFault(column, "number_wanted")
        return plain

    def _condition(self, found: Expression | _Option, column: int) -> Condition:
        plain = self._plain(found)
        if isinstance(plain, NUMERIC):
            raise ExpressionFault(column, "condition_wanted")
        return plain

    def _choice(self) -> Expression | _Option:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionFault(self._here.column, "too_deep", most=DEEPEST)
        column = self._here.column
        then = self._junction("or")
        if self._is("if"):
            self._at += 1
            test_column = self._here.column
            condition = self._condition(self._junction("or"), test_column)
            self._expect("else")
            other_column = self._here.column
            other = self._number(self._choice(), other_column)
            then = Conditional(condition, self._number(then, column), other)
        self._depth -= 1
        return then

    def _junction(self, operator: str) -> Expression | _Option:
        column = self._here.column
        first = self._joined(operator)
        if not self._is(operator):
            return first
        items = [self._condition(first, column)]
        while self._is(operator):
            self._at += 1
            column = self._here.column
            items.append(self._condition(self._joined(operator), column))
        return Junction("or" if operator == "or" else "and", tuple(items))

    def _joined(self, operator: str) -> Expression | _Option:
        return self._junction("and") if operator == "or" else self._negation()

    def _negation(self) -> Expression | _Option:
        if not self._is("not"):
            return self._comparison()
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionFault(self._here.column, "too_deep", most=DEEPEST)
        self._at += 1
        column = self._here.column
        found = Not(self._condition(self._negation(), column))
        self._depth -= 1
        return found

    def _comparison(self) -> Expression | _Option:
        membership = self._membership()
        if membership is not None:
            return membership
        column = self._here.column
        left = self._sum()
        if isinstance(left, _Option):
            return self._option_test(left)
        found: list[Condition] = []
        while self._is("<", "<=", ">", ">=", "==", "!="):
            operator = self._take().text
            right_column = self._here.column
            right = self._number(self._sum(), right_column)
            found.append(Comparison(operator, self._number(left, column), right))  # type: ignore[arg-type]
            left, column = right, right_column
        if not found:
            return left
        return found[0] if len(found) == 1 else Junction("and", tuple(found))

    def _membership(self) -> Condition | None:
        """``value in option`` and ``value not in option``."""
        ahead = self._tokens[self._at : self._at + 4]
        words = [token.text for token in ahead]
        length = 2 if words[2:3] and words[1] == "in" else 3 if words[1:3] == ["not", "in"] and len(words) == 4 else 0
        if not length or not ahead[0].word or ahead[0].text in self._scope.options or ahead[length].text not in self._scope.options:
            return None
        option = ahead[length].text
        value = self._value(option)
        self._at += length
        test = Chosen(option, frozenset({value}))
        return test if length == 2 else Not(test)

    def _option_test(self, option: _Option) -> Condition | _Option:
        if self._is("==", "!="):
            negated = self._take().text == "!="
            test: Condition = Chosen(option.name, frozenset({self._value(option.name)}))
        elif self._is("in", "not"):
            negated = self._take().text == "not"
            if negated:
                self._expect("in")
            self._expect("(")
            values = {self._value(option.name)}
            while self._is(","):
                self._at += 1
                values.add(self._value(option.name))
            self._expect(")")
            test = Chosen(option.name, frozenset(values))
        else:
            return option
        return Not(test) if negated else test

    def _value(self, option: str) -> str:
        token = self._take()
        if token.text not in self._scope.options[option].values:
            raise ExpressionFault(token.column, "unknown_value", name=option, value=token.text)
        return token.text

    def _sum(self) -> Expression | _Option:
        column = self._here.column
        left = self._product()
        while self._is("+", "-"):
            operator: str = self._take().text
            right_column = self._here.column
            right = self._number(self._product(), right_column)
            left = Arithmetic("+" if operator == "+" else "-", self._number(left, column), right)
        return left

    def _product(self) -> Expression | _Option:
        column = self._here.column
        left = self._unary()
        while self._is("*", "//"):
            operator = self._take().text
            right_column = self._here.column
            right = self._number(self._unary(), right_column)
            if operator == "*":
                left = Arithmetic("*", self._number(left, column), right)
            elif isinstance(right, Number) and right.value:
                left = Quotient(self._number(left, column), right.value)
            else:
                raise ExpressionFault(right_column, "divisor_not_constant")
        return left

    def _unary(self) -> Expression | _Option:
        if not self._is("-"):
            return self._atom()
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionFault(self._here.column, "too_deep", most=DEEPEST)
        self._at += 1
        column = self._here.column
        item = self._number(self._unary(), column)
        self._depth -= 1
        return Number(-item.value) if isinstance(item, Number) else Arithmetic("-", Number(0), item)

    def _atom(self) -> Expression | _Option:
        token = self._take()
        if token.text == "(" and not token.quoted:
            found = self._choice()
            self._expect(")")
            return found
        if not token.word or token.quoted:
            raise ExpressionFault(token.column, "unexpected", text=token.text)
        if token.text[0].isdigit():
            return self._constant(token)
        if token.text in ("true", "false"):
            return Truth(token.text == "true")
        if token.text in FUNCTIONS and self._is("("):
            return self._call(token)
        if token.text in self._scope.options:
            return self._fact(token) if self._is(".") else _Option(token.text, token.column)
        if token.text in self._scope.dimensions:
            return Dimension(token.text)
        raise ExpressionFault(token.column, "unknown_name", name=token.text)

    def _constant(self, token: _Token) -> Number:
        match = re.fullmatch(r"([0-9]+)([a-z]*)", token.text)
        unit = match.group(2) if match else ""
        if match is None or (unit and unit not in _UNITS):
            raise ExpressionFault(token.column, "unexpected", text=token.text)
        if not unit and self._here.text in _UNITS:
            unit = self._take().text
        value = int(match.group(1)) * _UNITS.get(unit, 1)
        if value > LARGEST:
            raise ExpressionFault(token.column, "too_large", most=LARGEST)
        return Number(value)

    def _call(self, token: _Token) -> Numeric:
        self._expect("(")
        if token.text == "count":
            option = self._take()
            if option.text not in self._scope.options:
                raise ExpressionFault(option.column, "unknown_name", name=option.text)
            self._expect(")")
            return Count(option.text)
        column = self._here.column
        items = [self._number(self._choice(), column)]
        while self._is(","):
            self._at += 1
            column = self._here.column
            items.append(self._number(self._choice(), column))
        self._expect(")")
        if token.text == "abs":
            if len(items) != 1:
                raise ExpressionFault(token.column, "one_argument", name="abs")
            return Absolute(items[0])
        return Extreme("min" if token.text == "min" else "max", tuple(items))

    def _fact(self, token: _Token) -> Numeric:
        self._expect(".")
        name = self._take()
        facts = self._scope.options[token.text].facts
        if name.text not in facts:
            raise ExpressionFault(name.column, "unknown_fact", name=f"{token.text}.{name.text}")
        return Fact(token.text, name.text, tuple(sorted(facts[name.text].items())))
