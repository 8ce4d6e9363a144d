"""Reads the small part of PHP in which the practice site's settings are written: text in, statements out."""

import re
from dataclasses import dataclass
from functools import lru_cache


class PhpSyntaxError(Exception):
    """The text does not parse; `args` are the sentence and the line."""

    def __init__(self, sentence: str, line: int) -> None:
        super().__init__(sentence, line)
        self.sentence = sentence
        self.line = line


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, true, false or null."""

    value: str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name`."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """`array( 'k' => v, w )` or `[ … ]`."""

    items: tuple[tuple["Expression | None", "Expression"], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """`name( … )`."""

    name: str
    arguments: tuple["Expression", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Index:
    """`base[ key ]`."""

    base: "Expression"
    key: "Expression"
    line: int


@dataclass(frozen=True, slots=True)
class Not:
    """`!operand`."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Binary:
    """`left sign right`."""

    sign: str
    left: "Expression"
    right: "Expression"


Expression = Literal | Variable | ArrayOf | Call | Index | Not | Binary


@dataclass(frozen=True, slots=True)
class Assign:
    """`$name = value;`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Require:
    """`require file;`."""

    file: Expression
    line: int


@dataclass(frozen=True, slots=True)
class Run:
    """An expression for its own sake."""

    what: Expression


@dataclass(frozen=True, slots=True)
class If:
    """`if ( condition ) { then } else { otherwise }`."""

    condition: Expression
    then: tuple["Statement", ...]
    otherwise: tuple["Statement", ...]


Statement = Assign | Require | Run | If

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|\#[^\n]*|//[^\n]*|/\*.*?\*/)+)
    |(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\$]|\\.)*")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<variable>\$[A-Za-z_]\w*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>=>|==|!=|<=|>=|&&|\|\||[=;,()\[\]{}!<>.])""",
    re.VERBOSE | re.DOTALL,
)
_STRENGTH = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, ".": 5}
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


@lru_cache(maxsize=64)
def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a file; hosts that hold the same text share them.

    Raises:
        PhpSyntaxError: it does not parse.
    """
    if not text.startswith("<?php"):
        raise PhpSyntaxError("syntax error, expecting '<?php'", 1)
    return _Parser(_tokens(text)).file()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place, line = len("<?php"), 1
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise PhpSyntaxError(f"syntax error, unexpected character {text[place]!r}", line)
        if match.lastgroup != "space":
            tokens.append(_Token(str(match.lastgroup), match[0], line))
        line += match[0].count("\n")
        place = match.end()
    return [*tokens, _Token("end", "end of file", line)]


class _Parser:
    """Recursive descent; one method for each thing that the language has."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._place = 0

    def file(self) -> tuple[Statement, ...]:
        return self._statements("end of file")

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self) -> _Token:
        token = self._next
        self._place += 1
        return token

    def _skip(self, text: str) -> bool:
        """Take this token if it is the next one; whether it was."""
        found = self._next.text == text and self._next.kind != "string"
        self._place += found
        return found

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise self._unexpected(f", expecting '{text}'")

    def _unexpected(self, more: str = "") -> PhpSyntaxError:
        token = self._next
        name = token.text if token.kind == "end" else f"'{token.text}'"
        return PhpSyntaxError(f"syntax error, unexpected {name}{more}", token.line)

    def _statement(self) -> Statement:
        if self._skip("if"):
            return self._if()
        line = self._next.line
        statement: Statement
        if self._skip("require"):
            statement = Require(self._expression(), line)
        elif self._next.kind == "variable" and self._tokens[self._place + 1].text == "=":
            name = self._take().text
            self._expect("=")
            statement = Assign(name, self._expression())
        else:
            statement = Run(self._expression())
        self._expect(";")
        return statement

    def _if(self) -> If:
        self._expect("(")
        condition = self._expression()
        self._expect(")")
        then = self._block()
        return If(condition, then, self._block() if self._skip("else") else ())

    def _block(self) -> tuple[Statement, ...]:
        self._expect("{")
        return self._statements("}")

    def _expression(self, weakest: int = 1) -> Expression:
        left = self._operand()
        while (strength := _STRENGTH.get(self._next.text, 0)) >= weakest and self._next.kind == "sign":
            sign = self._take().text
            left = Binary(sign, left, self._expression(strength + 1))
        return left

    def _operand(self) -> Expression:
        if self._skip("!"):
            return Not(self._operand())
        value = self._value()
        while self._next.text == "[" and self._next.kind == "sign":
            line = self._take().line
            value = Index(value, self._expression(), line)
            self._expect("]")
        return value

    def _value(self) -> Expression:
        if self._skip("("):
            inner = self._expression()
            self._expect(")")
            return inner
        if self._skip("["):
            return ArrayOf(self._items("]"))
        if self._next.kind in ("sign", "end"):
            raise self._unexpected()
        return self._named(self._take())

    def _named(self, token: _Token) -> Expression:
        match token.kind:
            case "string":
                return Literal(re.sub(r"\\(['\"\\])", r"\1", token.text[1:-1]))
            case "number":
                return Literal(float(token.text) if "." in token.text else int(token.text))
            case "variable":
                return Variable(token.text, token.line)
        if token.text.lower() in _CONSTANTS:
            return Literal(_CONSTANTS[token.text.lower()])
        self._expect("(")
        if token.text == "array":
            return ArrayOf(self._items(")"))
        return Call(token.text, tuple(value for _, value in self._items(")")), token.line)

    def _statements(self, end: str) -> tuple[Statement, ...]:
        found: list[Statement] = []
        while not self._skip(end):
            found.append(self._statement())
        return tuple(found)

    def _items(self, end: str) -> tuple[tuple[Expression | None, Expression], ...]:
        found: list[tuple[Expression | None, Expression]] = []
        while not self._skip(end):
            value = self._expression()
            key = value if self._skip("=>") else None
            found.append((key, self._expression() if key is not None else value))
            if self._next.text != end:
                self._expect(",")
        return tuple(found)
