"""The signs of which UVL's features and constraints are made."""

import re
from dataclasses import dataclass

from configurator.engine.features.source import fault

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>\"[^\"\n]*\")|(?P<text>'(?:\\.|[^'\\\n])*'|'[^'\n]*')|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?(?![\w#§%?\\]))"
    r"|(?P<name>[\w#§%?\\][\w#§%?\\';]*)|(?P<sign><=>|=>|==|!=|<=|>=|\.\.|[-+*/<>!&|(){}\[\],.:]))"
)


LONGEST_NUMBER = 1_000


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    column: int
    quoted: bool = False


def tokens(text: str, line: int, column: int) -> list[Token]:
    """The tokens of a text that begins at ``column`` of ``line``. Raises SourceInvalid."""
    found, place = [], 0
    end = len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            raise fault(line, column + start, "sign", sign=text[start : start + 1])
        kind = match.lastgroup or ""
        written = match[kind]
        if kind == "number" and len(written) > LONGEST_NUMBER:
            raise fault(line, column + match.start(kind), "long-number", most=LONGEST_NUMBER)
        found.append(
            Token(
                "name" if kind == "quoted" else kind,
                written[1:-1] if kind in {"quoted", "text"} else written,
                column + match.start(kind),
                kind == "quoted",
            )
        )
        place = match.end()
    return found


class Reader:
    """Goes through tokens once."""

    def __init__(self, found: list[Token], line: int, end: int) -> None:
        self._tokens = found
        self._place = 0
        self.line = line
        self._end = end

    @property
    def column(self) -> int:
        return self._tokens[self._place].column if self._place < len(self._tokens) else self._end

    def peek(self, *signs: str) -> bool:
        """Whether one of the signs (or words) is next."""
        return self.kind() not in {"text", "end"} and self.bare() and self._tokens[self._place].text in signs

    def kind(self) -> str:
        return self._tokens[self._place].kind if self._place < len(self._tokens) else "end"

    def sign(self) -> str:
        """The sign that is next, or nothing."""
        return self._tokens[self._place].text if self.kind() == "sign" else ""

    def bare(self) -> bool:
        """Whether what is next stands without quotes."""
        return self._place < len(self._tokens) and not self._tokens[self._place].quoted

    def take(self, *signs: str) -> bool:
        """Step over one of the signs if it is next."""
        if self.kind() == "sign" and self._tokens[self._place].text in signs:
            self._place += 1
            return True
        return False

    def next(self) -> Token:
        """Raises SourceInvalid at the end."""
        if self._place >= len(self._tokens):
            raise fault(self.line, self._end, "ends")
        self._place += 1
        return self._tokens[self._place - 1]

    def expect(self, sign: str) -> None:
        """Raises SourceInvalid when something else is next."""
        if not self.take(sign):
            raise fault(self.line, self.column, "expected", sign=sign)

    def name(self) -> str:
        """A name, with dots between its parts. Raises SourceInvalid."""
        if self.kind() != "name":
            raise fault(self.line, self.column, "expected-name")
        parts = [self.next().text]
        while self.peek(".") and self._place + 1 < len(self._tokens) and self._tokens[self._place + 1].kind == "name":
            self.next()
            parts.append(self.next().text)
        return ".".join(parts)

    def done(self) -> None:
        """Raises SourceInvalid when something is left."""
        if self.kind() != "end":
            raise fault(self.line, self.column, "left-over", text=self._tokens[self._place].text)
