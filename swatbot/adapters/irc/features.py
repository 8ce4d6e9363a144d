"""What a server says of itself in 005, as far as the bot wants to know (draft-hardy-irc-isupport)."""

from dataclasses import dataclass, field

from swatbot.adapters.irc.wire import Message


@dataclass
class Features:
    """The server's tokens: a value by name, "" for one without."""

    _tokens: dict[str, str] = field(default_factory=dict)

    def heard(self, message: Message) -> None:
        """Take the tokens of one line: after our nick, before the last parameter."""
        if message.command == "005":
            for word in message.args[1:-1]:
                name, _, value = word.partition("=")
                self._tokens[name.upper()] = value

    @property
    def whox(self) -> bool:
        """Whether WHO can tell accounts."""
        return "WHOX" in self._tokens

    @property
    def bot_mode(self) -> str:
        """The user mode that marks bots, "" if there is none."""
        mode = self._tokens.get("BOT", "")
        return mode if len(mode) == 1 and mode.isalpha() else ""
