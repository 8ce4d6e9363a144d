"""Asks who speaks, where the server does not mark messages with accounts; weaker, and only if allowed.

The answer tells of a moment after the message, when somebody else could have that nick. So it counts only
with the user name and host that the message came from, and nothing is remembered for the next message.
WHOX: https://ircv3.net/specs/extensions/whox
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from swatbot.adapters.irc.wire import Message
from swatbot.ports import Incoming

_SECONDS = 10.0
_MOST = 1000


@dataclass(eq=False)
class _Question:
    incoming: Incoming
    source: str
    token: str
    by: float
    answered: bool = False


@dataclass
class Whox:
    """The lines whose speaker is being asked about; they are passed on in the order in which they came.

    Attributes:
        errand: sends a line when the pace allows it.
        hear: gets each line, with the account that was found.
        account: makes an account of the name that the server tells.
    """

    errand: Callable[[str], None]
    hear: Callable[[Incoming], None]
    account: Callable[[str], str | None]
    _questions: deque[_Question] = field(default_factory=deque)
    _asked: int = 0

    def ask(self, incoming: Incoming, source: str, now: float) -> None:
        """Ask about a line's speaker, and pass the line on when it is known.

        Args:
            incoming: the line.
            source: "nick!user@host" of its speaker.
            now: monotonic seconds.
        """
        self._asked = self._asked % 999 + 1  # three digits are what a token may have
        self._questions.append(_Question(incoming, source, str(self._asked), now + _SECONDS))
        self.errand(f"WHO {incoming.nick} %tuhna,{self._asked}")
        if len(self._questions) > _MOST:
            self._questions[0].answered = True
            self._pass_on()

    def due(self) -> float:
        """When to go on without an answer; infinity if none is awaited."""
        return self._questions[0].by if self._questions else float("inf")

    def give_up(self, now: float) -> None:
        """Pass on, without an account, what was not answered in time."""
        for question in self._questions:
            question.answered = question.answered or question.by <= now
        self._pass_on()

    def heard(self, message: Message) -> None:
        """Take an answer (354: our nick, token, user, host, nick, account), or the end of one (315)."""
        if message.command == "354" and len(message.args) == 6:
            token, user, host, nick, account = message.args[1:]
            for question in self._questions:
                if question.token == token and question.source == f"{nick}!{user}@{host}":
                    found = None if account == "0" else self.account(account)
                    question.incoming = replace(question.incoming, account=found)
        elif message.command == "315":
            self._answered(message.arg(1))
        self._pass_on()

    def _answered(self, nick: str) -> None:
        """The end of a list names whom it was about: the oldest question about them is answered."""
        first = next((q for q in self._questions if not q.answered and q.incoming.nick == nick), None)
        if first is not None:
            first.answered = True

    def _pass_on(self) -> None:
        while self._questions and self._questions[0].answered:
            self.hear(self._questions.popleft().incoming)
