"""Evaluates the settings that truly lie in a host's directory, and fails where PHP would."""

import hashlib
import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from swatbot.practice.php import (
    ArrayOf,
    Assign,
    Binary,
    Call,
    Expression,
    If,
    Index,
    Literal,
    Not,
    PhpSyntaxError,
    Require,
    Run,
    Statement,
    Variable,
    parse,
)

Value = str | float | int | bool | dict[str, "Value"] | None
_DEEPEST = 20  # files that require each other


class SiteError(Exception):
    """The site can not serve a page: `args` are the whole message, and the message without its place."""

    def __init__(self, message: str, normalized: str) -> None:
        super().__init__(message, normalized)
        self.message = message
        self.normalized = normalized


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as it was read: its stamp tells whether it must be read again."""

    stamp: tuple[int, int, int]
    sha256: str
    text: str


class Files:
    """The files of one host, read again when they change.

    Attributes:
        opcache: whether code stays as it was loaded until `reload`, as in a web server whose opcode cache
            looks at no file twice. What code reads by itself, such as a list, is never kept.
    """

    def __init__(self, root: Path, *, opcache: bool = False) -> None:
        self.opcache = opcache
        self._root = str(root)
        self._loaded: dict[str, Loaded] = {}

    def reload(self) -> None:
        """Forget what was loaded."""
        self._loaded = {}

    def load(self, path: str) -> Loaded | None:
        """The file at this relative path; None if it is not there, or not inside the root."""
        place = f"{self._root}/{path}"
        # What another thread has begun to read before a reload goes into the forgotten one.
        loaded = self._loaded
        if self.opcache and path.endswith(".php") and path in loaded:
            return loaded[path]
        try:
            facts = os.stat(place)  # noqa: PTH116 - a Path would cost more than the call, thousands of times
            stamp = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
            known = loaded.get(path)
            if known is None or known.stamp != stamp:
                known = loaded[path] = self._read(place, stamp)
        except (OSError, ValueError):  # ValueError: a NUL in the path
            loaded.pop(path, None)
            return None
        return known

    def _read(self, place: str, stamp: tuple[int, int, int]) -> Loaded:
        if not os.path.realpath(place).startswith(os.path.realpath(self._root) + "/"):
            raise PermissionError(place)
        data = Path(place).read_bytes()
        return Loaded(stamp, hashlib.sha256(data).hexdigest(), data.decode("utf-8", "replace"))


@dataclass
class Evaluation:
    """One request's run through the settings.

    Attributes:
        files: the host's.
        variables: what is set so far, by name with its `$`.
        request: a number that differs from request to request; sampling is decided by it.
        used: the SHA-256 of every file that was read, by path.
    """

    files: Files
    variables: dict[str, Value]
    request: int = 0
    used: dict[str, str] = field(default_factory=dict)

    def run(self, path: str, depth: int = 0) -> None:
        """Run a file as `require` would.

        Raises:
            SiteError: it is not there, does not parse, or uses what is not defined.
        """
        if depth > _DEEPEST:
            raise _fatal("Files nest too deep", path, 1)
        text = self._text(path, f"require({path})", path, 1)
        try:
            statements = parse(text)
        except PhpSyntaxError as error:
            sentence = f"PHP Parse error: {error.sentence}"
            raise SiteError(f"{sentence} in {path} on line {error.line}", sentence) from None
        self._statements(statements, path, depth)

    def _text(self, path: str, attempt: str, at: str, line: int) -> str:
        loaded = self.files.load(path)
        if loaded is None:
            raise _fatal(f"{attempt}: Failed to open stream: No such file or directory", at, line)
        self.used[path] = loaded.sha256
        return loaded.text

    def _statements(self, statements: tuple[Statement, ...], at: str, depth: int) -> None:
        for statement in statements:
            match statement:
                case Assign(name, value):
                    self.variables[name] = self._value(value, at)
                case Require(file, line):
                    self._require(str(self._value(file, at)), at, line, depth)
                case Run(what):
                    self._value(what, at)
                case If(condition, then, otherwise):
                    self._statements(then if self._value(condition, at) else otherwise, at, depth)

    def _require(self, path: str, at: str, line: int, depth: int) -> None:
        self._text(path, f"require({path})", at, line)
        self.run(path, depth + 1)

    def _value(self, expression: Expression, at: str) -> Value:
        match expression:
            case Literal(value):
                return value
            case Not(operand):
                return not self._value(operand, at)
            case ArrayOf(items):
                return self._array(items, at)
            case Binary(sign, left, right):
                return self._binary(sign, left, right, at)
            case Variable() | Index() | Call():
                return self._looked_up(expression, at)

    def _looked_up(self, expression: Variable | Index | Call, at: str) -> Value:
        match expression:
            case Variable(name, line):
                if name not in self.variables:
                    raise _fatal(f"Undefined variable {name}", at, line)
                return self.variables[name]
            case Index(base, key, line):
                return _item(self._value(base, at), self._value(key, at), at, line)
            case Call(name, arguments, line):
                return self._call(name, [self._value(a, at) for a in arguments], at, line)

    def _array(self, items: tuple[tuple[Expression | None, Expression], ...], at: str) -> Value:
        found: dict[str, Value] = {}
        for key, value in items:
            name = str(len(found)) if key is None else str(self._value(key, at))
            found[name] = self._value(value, at)
        return found

    def _binary(self, sign: str, left: Expression, right: Expression, at: str) -> Value:
        first = self._value(left, at)
        if sign == "&&":
            return bool(first) and bool(self._value(right, at))
        if sign == "||":
            return bool(first) or bool(self._value(right, at))
        return _SIGNS[sign](first, self._value(right, at))

    def _call(self, name: str, arguments: list[Value], at: str, line: int) -> Value:
        if name == "readDblist":
            path = str(arguments[0]) if arguments else ""
            return _listed(self._text(path, f"{name}({path})", at, line).splitlines())
        if name == "sampled":
            return zlib.crc32(b"%d" % self.request) % max(1, _int(arguments)) == 0
        function = _FUNCTIONS.get(name)
        if function is None:
            raise _fatal(f"Call to undefined function {name}()", at, line)
        try:
            return function(*arguments)
        except (TypeError, AttributeError):
            raise _fatal(f"Wrong arguments for {name}()", at, line) from None


def plain(value: Value) -> object:
    """A value as JSON has it: an array with keys 0, 1, 2… is a list."""
    if not isinstance(value, dict):
        return value
    if list(value) == [str(n) for n in range(len(value))]:
        return [plain(v) for v in value.values()]
    return {k: plain(v) for k, v in value.items()}


def _fatal(sentence: str, at: str, line: int) -> SiteError:
    return SiteError(f"PHP Fatal error: Uncaught Error: {sentence} in {at}:{line}", sentence)


def _item(base: Value, key: Value, at: str, line: int) -> Value:
    if not isinstance(base, dict) or str(key) not in base:
        raise _fatal(f'Undefined array key "{key}"', at, line)
    return base[str(key)]


def _listed(lines: list[str]) -> Value:
    names = [line.partition("#")[0].strip() for line in lines]
    return {str(n): name for n, name in enumerate(filter(None, names))}


def _int(arguments: list[Value]) -> int:
    return arguments[0] if arguments and isinstance(arguments[0], int) else 1


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


_SIGNS: dict[str, Callable[[Value, Value], Value]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: _number(a) < _number(b),
    ">": lambda a, b: _number(a) > _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    ">=": lambda a, b: _number(a) >= _number(b),
    ".": lambda a, b: f"{a}{b}",
}


def _in_array(needle: Value, haystack: dict[str, Value]) -> Value:
    return needle in haystack.values()


def _count(array: dict[str, Value]) -> Value:
    return len(array.values())


def _implode(glue: str, array: dict[str, Value]) -> Value:
    return glue.join(str(v) for v in array.values())


_FUNCTIONS: dict[str, Callable[..., Value]] = {"in_array": _in_array, "count": _count, "implode": _implode}
