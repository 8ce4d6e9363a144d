"""How a line is read: commands, bare words, plans, options; what can not be read is told how."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from swatbot.chat.handler import Handler
from swatbot.chat.messages.replies import unknown_command, usage
from swatbot.domain.plan import Options, Plan, Step, normal_path
from swatbot.errors import UserError

_COMMAND = re.compile(r"!?\s*(?P<name>[A-Za-z][\w-]*)\s*(?P<rest>.*)", re.DOTALL)
_NUMBER = re.compile(r"#?(?P<number>\d{1,9})(?=\s|$)[\s:,]*(?P<rest>.*)", re.DOTALL)
_WORD_OR_COMMA = re.compile(r'\s*(?P<word>"(?:[^"]*)"|,|[^\s,"]+)')
_TRAILING_FOR = re.compile(r"(?P<why>.*?)(?:^|\s)--for\s+(?P<name>\S+)", re.DOTALL)
_WORDS_AROUND = 4
_SYNC_OPTIONS = ("--for", "--partial", "--dirty", "--delete-many", "--emergency")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A line, taken apart.

    Attributes:
        command: the command's name, never an alias.
        number: a deployment's number, if it came first.
        rest: what followed.
        bare: whether it was a bare word.
        mumbled: whether it is only nearly a bare word; then it must be asked about, and never guessed.
    """

    command: str
    number: int | None
    rest: str
    bare: bool = False
    mumbled: bool = False


def read(text: str, handlers: Mapping[str, Handler], *, addressed: bool) -> Spoken | None:
    """Take a line apart; None for chatter.

    Args:
        text: the line, without the address if there was one.
        handlers: the commands by name.
        addressed: whether the bot was spoken to by name or in private; then `!` is not needed.

    Raises:
        UserError: the bot was addressed with a command that it does not know.
    """
    line = text.strip()
    if not line.startswith("!"):
        word = _bare(line, handlers)
        if word is not None or not addressed:
            return word
    match = _COMMAND.fullmatch(line)
    if match is None:
        return None if not addressed else Spoken("help", None, "")
    name = match["name"].lower()
    handler = find(name, handlers)
    if handler is None:
        raise UserError(unknown_command(name, near(name, handlers)))
    number, rest = take_number(match["rest"])
    return Spoken(handler.name, number, rest)


def concerns(text: str, handlers: Mapping[str, Handler]) -> bool:
    """Whether a line that does not address the bot may be for it: a command, or (nearly) a bare word."""
    line = text.strip()
    return (line.startswith("!") and _COMMAND.fullmatch(line) is not None) or _bare(
        line, handlers
    ) is not None


def find(name: str, handlers: Mapping[str, Handler]) -> Handler | None:
    """The command of this name or alias."""
    found = handlers.get(name)
    return found or next((h for h in handlers.values() if name in h.aliases), None)


def take_number(text: str) -> tuple[int | None, str]:
    """`42 WHY` and `#42 WHY` give 42 and `WHY`; anything else gives None and the text."""
    match = _NUMBER.fullmatch(text.strip())
    return (int(match["number"]), match["rest"].strip()) if match else (None, text.strip())


def read_sync(rest: str, usage_line: str) -> tuple[Plan, str, Options]:
    """Read `[options] PATH[, PATH…] [then PATH…]… [message]`.

    Raises:
        UserError: an option is unknown or lacks its value, or there is no path.
    """
    options, rest = _options(rest, usage_line)
    steps, message = _steps(rest, usage_line)
    if not steps:
        raise UserError(usage("which path?", usage_line))
    if (late := message.partition(" ")[0]) in _SYNC_OPTIONS:
        raise UserError(usage(f"options come before the paths: !sync-dir {late} ...", usage_line))
    return Plan(tuple(steps)), message, options


def read_paths(rest: str) -> tuple[str, ...]:
    """Read paths alone, each once, with commas, spaces or `then` between them as in `read_sync`."""
    words = (match["word"] for match in _WORD_OR_COMMA.finditer(rest))
    paths = (normal_path(w.strip('"')) for w in words if w != "," and w.lower() != "then")
    return tuple(dict.fromkeys(paths))


def read_override(rest: str, usage_line: str) -> tuple[str, tuple[str, ...]] | None:
    """Read `--override WHY` with `--for NAME` before or after it; None if there is no `--override`.

    Raises:
        UserError: an option is unknown or lacks its value.
    """
    names: list[str] = []
    while rest.startswith("--for"):
        name, rest = _value(rest.removeprefix("--for"), "--for", usage_line)
        names.append(name)
    if rest.startswith("--override"):
        why = rest.removeprefix("--override").strip()
        while found := _TRAILING_FOR.fullmatch(why):
            names.append(found["name"])
            why = found["why"].strip()
        return why, tuple(names)
    if rest.startswith("--"):
        raise UserError(usage(f"I do not know {rest.split()[0]}.", usage_line))
    return None


def _bare(line: str, handlers: Mapping[str, Handler]) -> Spoken | None:
    """A bare word by full match, whichever it is; only then what is nearly one, marked so."""
    words = [(word, handler.name) for handler in handlers.values() for word in handler.bare]
    exact = (_word(line, word, name) for word, name in words)
    found = next((spoken for spoken in exact if spoken is not None), None)
    if found is not None:
        return found
    almost = next((name for word, name in words if _nearly(line, word)), None)
    return Spoken(almost, None, line, bare=True, mumbled=True) if almost else None


def _word(line: str, word: str, command: str) -> Spoken | None:
    if re.fullmatch(rf"{word}[.!]?", line, re.IGNORECASE):
        return Spoken(command, None, "", bare=True)
    exact = re.fullmatch(rf"{word}(?:\s*[:,]|\s)\s*(?P<rest>.+)", line, re.IGNORECASE | re.DOTALL)
    if exact is None:
        return None
    number, rest = take_number(exact["rest"])
    takes_why = word in ("broken", "untestable")
    if number is not None and (takes_why or not rest):
        return Spoken(command, number, rest, bare=True)
    if takes_why and not line.endswith("?"):
        return Spoken(command, None, exact["rest"].strip(), bare=True)
    return None


def _nearly(line: str, word: str) -> bool:
    """A line that begins with the word, or a short one that has it, or a mistyped one: `verified?`."""
    if word == "here":
        return False
    words = re.findall(r"[\w']+", line.lower())
    if words[:1] == [word] or words[:2] == ["not", word]:
        return True
    if not words or len(words) > _WORDS_AROUND:
        return False
    return word in words or bool(difflib.get_close_matches(word, words, 1, 0.85))


def near(name: str, handlers: Mapping[str, Handler]) -> str:
    """The command or alias that a mistyped one could mean, "" if none is near."""
    names = [n for h in handlers.values() for n in (h.name, *h.aliases)]
    close = difflib.get_close_matches(name, names, 1, 0.6)
    return close[0] if close else ""


def _options(rest: str, usage_line: str) -> tuple[Options, str]:
    """The options before the paths; `--emergency` takes one word, or several in quotation marks."""
    flags: set[str] = set()
    names: list[str] = []
    emergency = ""
    rest = rest.strip()
    while rest.startswith("--"):
        option, _, tail = rest.partition(" ")
        tail = tail.strip()
        match option:
            case "--partial" | "--dirty" | "--delete-many":
                flags.add(option)
            case "--for":
                name, tail = _value(tail, option, usage_line)
                names.extend(n for n in name.split(",") if n)
            case "--emergency":
                emergency, tail = _value(tail, option, usage_line)
            case _:
                raise UserError(usage(f"I do not know {option}.{_like(option)}", usage_line))
        rest = tail
    options = Options(
        tuple(names), "--partial" in flags, "--dirty" in flags, "--delete-many" in flags, emergency
    )
    return options, rest


def _like(option: str) -> str:
    close = difflib.get_close_matches(option, _SYNC_OPTIONS, 1)
    return f" Did you mean {close[0]}?" if close else ""


def _value(rest: str, option: str, usage_line: str) -> tuple[str, str]:
    match = _WORD_OR_COMMA.match(rest)
    if match is None or match["word"].startswith("--"):
        raise UserError(usage(f"{option} needs a value.", usage_line))
    return match["word"].strip('"'), rest[match.end() :].strip()


def _steps(rest: str, usage_line: str) -> tuple[list[Step], str]:
    """Paths up to the first word that follows a path without `,` or `then`; the rest is the message.

    `, then` is `then`; a path of that name stands in quotation marks. Whether words of the message may be
    paths for which a comma was forgotten is found out later, by looking at the tree.
    """
    steps: list[list[str]] = [[]]
    position, wants_path = 0, True
    for match in _WORD_OR_COMMA.finditer(rest):
        word = match["word"]
        if word == ",":
            wants_path = True
        elif word.lower() == "then" and steps[-1]:
            steps.append([])
            wants_path = True
        elif wants_path:
            steps[-1].append(normal_path(word.strip('"')))
            wants_path = False
        else:
            break
        position = match.end()
    if steps[0] and wants_path:
        raise UserError(usage('a path is missing after "then" or ",".', usage_line))
    return _made(steps), rest[position:].strip()


def _made(steps: Iterable[list[str]]) -> list[Step]:
    return [Step(tuple(paths)) for paths in steps if paths]
