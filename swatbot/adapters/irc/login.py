"""Getting in: capabilities and SASL, negotiated so that a failed login is never papered over."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

from swatbot.adapters.irc.lines import fold
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.wire import Message

FIRST_LINE = "CAP LS 302"
ACCOUNT_TAG, ECHO = "account-tag", "echo-message"
_WANTED = (
    ACCOUNT_TAG,
    ECHO,
    "account-notify",
    "cap-notify",
    "extended-join",
    "message-tags",
    "server-time",
)
_SASL_PIECE = 400


@dataclass
class Login:
    """The talk from the first line to the welcome, and later changes of capabilities.

    Attributes:
        settings: of the network.
        send: sends one line.
        caps: the capabilities that the server has granted.
        welcomed: whether we are in.
        failed: why we must not go on, "" while we may.
    """

    settings: IrcSettings
    send: Callable[[str], None]
    caps: set[str] = field(default_factory=set)
    welcomed: bool = False
    failed: str = ""
    _offered: list[str] = field(default_factory=list)
    _asked: set[str] = field(default_factory=set)
    _sasl_done: bool = False

    def heard(self, message: Message) -> None:
        """Take the next step, if this line calls for one."""
        steps: dict[str, Callable[[Message], None]] = {
            "cap": self._cap,
            "authenticate": self._authenticate,
            "001": self._welcome,
            "421": self._unknown_command,
            "900": self._logged_in,
            "903": self._sasl_succeeded,
        }
        steps |= dict.fromkeys(("902", "904", "905", "906", "907", "908"), self._sasl_failed)
        if message.command in steps:
            steps[message.command](message)

    @property
    def proves_accounts(self) -> bool:
        """Whether the server marks messages with the speaker's account."""
        return ACCOUNT_TAG in self.caps

    @property
    def echoes(self) -> bool:
        """Whether the server repeats to us what it passes on for us."""
        return ECHO in self.caps

    @property
    def _sasl(self) -> bool:
        return bool(self.settings.mechanism)

    def _cap(self, message: Message) -> None:
        kind, words = message.arg(1).upper(), message.arg(-1).split()
        if kind == "LS":
            self._offered += words
            if message.arg(2) != "*":
                self._request()
        elif kind == "NEW":
            self._ask({w.partition("=")[0] for w in words} & set(_WANTED))
        elif kind == "ACK":
            self._granted(words)
        elif kind == "NAK":
            self._refused(words)
        elif kind == "DEL":
            self.caps -= set(words)

    def _request(self) -> None:
        offered = {name: value for name, _, value in (word.partition("=") for word in self._offered)}
        if self._sasl:
            mechanisms = offered.get("sasl")
            ours = self.settings.mechanism
            if mechanisms is None or (mechanisms and ours not in mechanisms.upper().split(",")):
                self._fail(f"the server does not offer SASL {ours}")
                return
        wanted = {*_WANTED, "sasl"} if self._sasl else set(_WANTED)
        self._ask(wanted & offered.keys())
        self._end_if_ready()

    def _ask(self, names: set[str]) -> None:
        # In one line: some servers take so many lines of a newcomer for a flood.
        self._asked |= names
        if names:
            self.send(f"CAP REQ :{' '.join(sorted(names))}")

    def _granted(self, words: list[str]) -> None:
        self._asked -= {w.lstrip("-") for w in words}
        self.caps |= {w for w in words if not w.startswith("-")}
        self.caps -= {w[1:] for w in words if w.startswith("-")}
        if "sasl" in words and not self._sasl_done:
            self.send(f"AUTHENTICATE {self.settings.mechanism}")
        self._end_if_ready()

    def _refused(self, words: list[str]) -> None:
        if len(words) > 1:
            # Granted or refused as a whole, and perhaps not repeated as a whole: which it was is found out.
            for name in sorted(self._asked):
                self._ask({name})
            return
        self._asked -= set(words)
        if "sasl" in words and self._sasl:
            self._fail("the server refused the request for SASL")
        self._end_if_ready()

    def _end_if_ready(self) -> None:
        if not self._asked and not self.welcomed and not self.failed and self._sasl_done >= self._sasl:
            self.send("CAP END")

    def _authenticate(self, message: Message) -> None:
        if message.arg(0) != "+" or not self._sasl:
            return
        if self.settings.mechanism == "EXTERNAL":
            self.send("AUTHENTICATE +")  # as whom the certificate says
            return
        account = self.settings.sasl_account
        secret = f"{account}\0{account}\0{self.settings.sasl_password}".encode()
        text = base64.b64encode(secret).decode()
        pieces = [text[i : i + _SASL_PIECE] for i in range(0, len(text), _SASL_PIECE)]
        if len(pieces[-1]) == _SASL_PIECE:
            pieces.append("+")
        for piece in pieces:
            self.send(f"AUTHENTICATE {piece}")

    def _logged_in(self, message: Message) -> None:
        """A certificate may be another account's: NICK USER@HOST ACCOUNT :text, by IRCv3's SASL 3.1.

        A password proves that the account is ours, also where it goes by another of its names.
        """
        account, ours = message.arg(2), self.settings.sasl_account
        by_certificate = self.settings.mechanism == "EXTERNAL" and not self._sasl_done
        if by_certificate and fold(account) != fold(ours):
            self._fail(f"the server takes us for {account}")

    def _sasl_succeeded(self, _: Message) -> None:
        self._sasl_done = True
        self._end_if_ready()

    def _sasl_failed(self, message: Message) -> None:
        if not self._sasl_done:
            self._fail(message.arg(-1))

    def _unknown_command(self, message: Message) -> None:
        if self._sasl and message.arg(1).upper() in ("CAP", "AUTHENTICATE"):
            self._fail("the server does not know SASL")

    def _welcome(self, _: Message) -> None:
        if self._sasl and not self._sasl_done:
            self._fail("the server let us in without it")
        else:
            self.welcomed = True

    def _fail(self, reason: str) -> None:
        account = self.settings.sasl_account
        self.failed = self.failed or f"SASL login as {account} failed: {reason}. Not going on without it"
