"""The kinds of value that settings have; each says what it expects in words that follow "expected"."""

import os
import posixpath
import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    Strict,
    ValidationInfo,
)

from swatbot.domain.hosts import unfold
from swatbot.domain.stage import Batch
from swatbot.errors import OperationalError

_PIECE = re.compile(r"(?P<count>\d{1,6}(?:\.\d+)?)(?P<unit>ms|s|m|h|d)")
_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=366)
_PER_CENT = re.compile(r"(?P<number>\d{1,3})%")
_SIZE = re.compile(r"(?P<count>\d{1,6}(\.\d{1,3})?) ?(?P<unit>[kMGT])B")
_RSYNC = re.compile(r"rsync://([\w.-]+@)?[\w.:\[\]-]+/[^/@\s{}]+/([^@\s{}]+/)?")
_SERVER = re.compile(r"(?:(?P<name>[^\s:\[\]]+)|\[(?P<six>[0-9A-Fa-f:.]+)\])(?::(?P<port>\d{1,5}))?")
_HIGHEST_PORT = 65535
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?")
_ACCOUNT = re.compile(r"(irc|slack|local):[^/\s]+/\S+")
_MODE = re.compile(r"[0-7]?7[0-7]{2}")
_USER = re.compile(r"[\w.@+][\w.@+$-]*")
_WITH_MORE = re.compile(r".*@.*|[^:]*:\d*|\[.*\].*")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")

DURATION = 'a duration such as "90s", "20m" or "2h"'
SIZE = 'a number of bytes such as "500 MB" or "1.5 GB"'
MODE = 'the mode of a directory such as "0755" or "2775", in which its owner may do all'
HOSTS = 'hosts such as "mw[1261-1263]", or a list of them'


class Section(BaseModel):
    """A table of a config file: frozen, and with no keys but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def duration(text: object) -> timedelta:
    """Read "90s", "20m", "1h30m".

    Raises:
        ValueError: it is none, or no time at all; the text says what is expected.
    """
    if not isinstance(text, str) or not 0 < len(text) < 40 or _PIECE.sub("", text):
        raise ValueError(DURATION)
    pieces = _PIECE.finditer(text)
    length = sum((timedelta(**{_UNITS[p["unit"]]: float(p["count"])}) for p in pieces), timedelta())
    if not timedelta() < length <= _LONGEST:
        raise ValueError(f"{DURATION}, longer than nothing and at most a year")
    return length


def mode(text: object) -> int:
    """Read "0755", "2775".

    Raises:
        ValueError: it is none; the text says what is expected.
    """
    if not isinstance(text, str) or not _MODE.fullmatch(text):
        raise ValueError(MODE)
    return int(text, 8)


def duration_or_never(text: object) -> timedelta:
    """Read a duration, or "never", which is no time at all.

    Raises:
        ValueError: it is neither; the text says what is expected.
    """
    try:
        return timedelta() if text == "never" else duration(text)
    except ValueError as error:
        raise ValueError(f'{error}, or "never"') from None


def batch(value: object) -> Batch:
    """Read a number of hosts, or a share of a stage such as "10%".

    Raises:
        ValueError: it is neither; the text says what is expected.
    """
    if isinstance(value, Batch):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return Batch(hosts=value)
    share = _PER_CENT.fullmatch(value) if isinstance(value, str) else None
    if share is None or not 0 < int(share["number"]) <= 100:
        raise ValueError('a number of hosts, or a share of a stage such as "10%"')
    return Batch(share=int(share["number"]) / 100)


def size(text: object) -> int:
    """Read "512 MB", "1.5GB".

    Raises:
        ValueError: it is none; the text says what is expected.
    """
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(SIZE)
    return int(float(match["count"]) * 1000 ** (1 + "kMGT".index(match["unit"])))


def hosts(value: object) -> tuple[str, ...]:
    """Read folded host names, or a list of such.

    Raises:
        ValueError: the text says what is expected.
    """
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError(HOSTS)
    try:
        names = tuple(dict.fromkeys(name for text in texts for name in unfold(text)))
    except ValueError as error:
        raise ValueError(f"{HOSTS} ({error})") from None
    odd = next((name for name in names if not _HOST.fullmatch(name)), None)
    if odd is not None or not names:
        raise ValueError(HOSTS if odd is None else f"{HOSTS} ({odd!r} is no host name)")
    return names


def server(value: object) -> tuple[str, int]:
    """Read "irc.example.org", "irc.example.org:6697" or "[::1]:6697"; the port is 0 if there is none.

    Raises:
        ValueError: it is none; the text says what is expected.
    """
    match = _SERVER.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match["port"] or 0) > _HIGHEST_PORT:
        raise ValueError('a server such as "irc.example.org", "irc.example.org:6697" or "[::1]:6697"')
    return match["name"] or match["six"], int(match["port"] or 0)


def account(text: str) -> str:
    """Check the form of an account.

    Raises:
        ValueError: the text says what is expected.
    """
    if not _ACCOUNT.fullmatch(text):
        raise ValueError("an account: irc:NETWORK/ACCOUNT, slack:TEAM/USER or local:HOST/USER")
    return text


def _anchored(path: object, info: ValidationInfo) -> Path:
    if not isinstance(path, str) or not path:
        raise ValueError("a path")
    start: Path = info.context["directory"] if info.context else Path()
    return start / Path(path).expanduser()


def _clock_time(text: object) -> time:
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError('a time of day such as "14:00"')
    return time(int(match[1]), int(match[2]))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('an IANA time zone such as "Europe/Berlin"') from None
    return name


def _regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    return pattern


def _capture(pattern: str) -> str:
    if re.compile(_regex(pattern)).groups != 1:
        raise ValueError("a regular expression with one group, such as 'version: ([0-9]+)'")
    return pattern


def _pointer(text: str) -> str:
    if not re.fullmatch("(/([^~]|~[01])*)?", text):
        raise ValueError('a JSON pointer such as "/settings/version", with ~1 for / and ~0 for ~ in a name')
    return text


def _tree_path(text: str) -> str:
    if not text.isprintable() or any(part in ("", ".", "..") for part in text.split("/")):
        raise ValueError("a file's path from the top of the tree")
    return text


def _template(text: str) -> str:
    if not text or re.search(r"[{}\s]", text.replace("{host}", "")):
        raise ValueError('an address, in which {host} stands for the name, such as "{host}.example.org"')
    if _WITH_MORE.fullmatch(text):
        raise ValueError("an address alone: user and port have keys of their own")
    return text


def _user(text: str) -> str:
    if not _USER.fullmatch(text):
        raise ValueError("the name of one user or group of the host")
    return text


def _user_or_none(text: str) -> str:
    return _user(text) if text else ""


def _root(text: str) -> str:
    # As is: on the host a link may lie on the way, so that ".." leads elsewhere.
    if not text.startswith("/") or posixpath.normpath(text) != text.rstrip("/") or text.startswith("//"):
        raise ValueError('a directory such as "/srv/mediawiki", written out from /')
    return text


def _moment(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    raise ValueError("a date and time with its zone, without quotes, such as 2025-12-20T00:00:00Z")


def _interval(length: timedelta) -> timedelta:
    if length < timedelta(seconds=0.1):
        raise ValueError(f"{DURATION}, a tenth of a second or longer")
    return length


def _word(text: str) -> str:
    if not text or re.search(r"\s", text):
        raise ValueError("one word without spaces")
    return text


def _argv(words: tuple[str, ...]) -> tuple[str, ...]:
    if not words or not words[0] or re.search(r"\s", words[0]):
        raise ValueError('a command as a list of its words: ["systemctl", "reload", "php-fpm"]')
    return words


def _title(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("text on one line")
    return text


def _url(text: str) -> str:
    if not re.match(r"https?://[^/@\s]+(/[^@\s]*)?$", text):
        raise ValueError("an address such as https://logs.example.org:9200, without user and password in it")
    return text


def _rsync_url(text: str) -> str:
    if not _RSYNC.fullmatch(text.replace("{host}", "h").replace("{address}", "h")):
        raise ValueError("a directory of an rsync daemon such as rsync://deploy1001.example.org/swatbot/")
    return text


Duration = Annotated[timedelta, BeforeValidator(duration)]
DurationOrNever = Annotated[timedelta, BeforeValidator(duration_or_never)]
Interval = Annotated[timedelta, BeforeValidator(duration), AfterValidator(_interval)]
Server = Annotated[tuple[str, int], BeforeValidator(server)]
Hosts = Annotated[tuple[str, ...], BeforeValidator(hosts)]
Size = Annotated[int, BeforeValidator(size)]
Mode = Annotated[int, BeforeValidator(mode)]
LocalPath = Annotated[Path, BeforeValidator(_anchored)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
Zone = Annotated[str, AfterValidator(_zone)]
Regex = Annotated[str, AfterValidator(_regex)]
Capture = Annotated[str, AfterValidator(_capture)]
Pointer = Annotated[str, AfterValidator(_pointer)]
TreePath = Annotated[str, AfterValidator(_tree_path)]
Address = Annotated[str, AfterValidator(_template)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Word = Annotated[str, AfterValidator(_word)]
User = Annotated[str, AfterValidator(_user)]
UserOrNone = Annotated[str, AfterValidator(_user_or_none)]
Root = Annotated[str, AfterValidator(_root)]
Argv = Annotated[tuple[str, ...], AfterValidator(_argv)]
Title = Annotated[str, AfterValidator(_title)]
Url = Annotated[str, AfterValidator(_url)]
RsyncUrl = Annotated[str, AfterValidator(_rsync_url)]
Flag = Annotated[bool, Strict()]
Port = Annotated[int, Strict(), Field(ge=1, le=65535)]
InFlight = Annotated[Batch, BeforeValidator(batch)]
Count = Annotated[int, Strict(), Field(ge=1)]
Whole = Annotated[int, Strict(), Field(ge=0)]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]


class WithPassword(Section):
    """A section that may need a password, which is never in the file itself."""

    password_env: str = ""
    password_file: LocalPath | None = None

    def password(self, environ: Mapping[str, str] = os.environ) -> SecretStr | None:
        """The password from where the section says it is, None where it says nothing.

        Raises:
            OperationalError: it was there when the config was loaded, and is no longer.
        """
        return secret(self.password_env, self.password_file, environ)


def secret(variable: str, file: Path | None, environ: Mapping[str, str] = os.environ) -> SecretStr | None:
    """A secret from the environment, or from the first line of a file; None where neither is named.

    Raises:
        OperationalError: it was there when the config was loaded, and is no longer.
    """
    if variable:
        found = environ.get(variable)
        if found is None:
            raise OperationalError(f"the environment variable {variable} is not set any more")
        return SecretStr(found)
    return None if file is None else _first_line(file)


def _first_line(path: Path) -> SecretStr:
    try:
        return SecretStr(path.read_text("utf-8").partition("\n")[0].strip())
    except (OSError, ValueError) as error:
        raise OperationalError(f"the password in {path} can not be read any more: {error}") from error
