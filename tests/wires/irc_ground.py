"""A practice range whose bot is on real IRC servers, instead of the range's own."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swatbot.practice.config_files import BOT, CHANNEL
from swatbot.practising import Ground
from tests.wires.bot_process import edit, small_ground
from tests.wires.irc_bot import CAPS
from tests.wires.irc_client import RawClient
from tests.wires.irc_servers import Server


@dataclass(frozen=True)
class Elsewhere:
    """A range and the server that its people are on."""

    ground: Ground
    server: Server

    def person(self, nick: str, account: str = "") -> RawClient:
        """Somebody in the channel, identified to services if an account is named."""
        client = RawClient.joined(self.server.port, nick, CHANNEL, CAPS)
        if account:
            client.say("NickServ", f"IDENTIFY {account} {self.ground.passwords[account]}")
            client.expect("now identified|now logged in")
        return client


@contextmanager
def on_real_irc(folder: Path, server: Server, *bots_way: int, login: bool = True) -> Iterator[Elsewhere]:
    """A small range with its bot's config pointing at a server.

    Args:
        folder: for the range.
        server: on which the people are; accounts are made there for all of the range, if `login`.
        bots_way: ports that the bot goes to, in turn; the server's own if there is none.
        login: whether there are services.
    """
    port, *others = bots_way or (server.port,)
    with small_ground(folder / "range", 8) as ground:
        toml = ground.config / "swatbot.toml"
        text = re.sub(r"(?<=\nport = )\d+", str(port), toml.read_text())
        also = "".join(f'"127.0.0.1:{other}", ' for other in others)
        text = text.replace(f'nick = "{BOT}"', f'nick = "{BOT}"\nother_hosts = [{also}]')
        toml.write_text(text)
        if login:
            for nick, password in ground.passwords.items():
                server.register(nick, password)
        else:
            edit(ground, "swatbot.toml", f'sasl_account = "{BOT}"\n', "")
            toml.write_text(re.sub(r"password_env = .*\n", "", toml.read_text()))
        yield Elsewhere(ground, server)
