"""What the practice IRC server does on each command; just enough for irssi, weechat, ii and the bot."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from swatbot.practice.ircd_login import authenticate, cap, nick, pass_, user
from swatbot.practice.ircd_state import HOST, Channel, Client, State, fold

_CHANNEL = re.compile(r"#[^\s,\x00-\x1f:]{1,49}")


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        run: does it, told the state, who sent it and the parameters.
        least: how many parameters it needs.
        early: whether it is allowed before the welcome.
    """

    run: Callable[[State, Client, list[str]], None]
    least: int = 0
    early: bool = False


def _join(state: State, client: Client, args: list[str]) -> None:
    for name in args[0].split(","):
        if not _CHANNEL.fullmatch(name):
            client.numeric("403", name, "No such channel")
            continue
        channel = state.channels.setdefault(fold(name), Channel(name))
        if client in channel.members:
            continue
        channel.members[client] = not channel.members
        state.relay(client, channel.members, f"JOIN {channel.name}")
        if channel.topic:
            client.numeric("332", channel.name, channel.topic)
        _list_names(client, channel)


def _list_names(client: Client, channel: Channel) -> None:
    names = " ".join(channel.shown(member) for member in channel.members)
    client.numeric("353", "=", channel.name, names)
    client.numeric("366", channel.name, "End of /NAMES list")


def _part(state: State, client: Client, args: list[str]) -> None:
    for name in args[0].split(","):
        channel = state.channel(name)
        if channel is None or client not in channel.members:
            client.numeric("442", name, "You're not on that channel")
            continue
        reason = f" :{args[1]}" if len(args) > 1 else ""
        state.relay(client, channel.members, f"PART {channel.name}{reason}")
        state.leave(client, channel)


def _kick(state: State, client: Client, args: list[str]) -> None:
    channel, victim = state.channel(args[0]), state.find(args[1])
    if channel is None or victim is None or victim not in channel.members:
        client.numeric("441", args[1], args[0], "They aren't on that channel")
    elif not channel.members.get(client):
        client.numeric("482", channel.name, "You're not channel operator")
    else:
        reason = args[2] if len(args) > 2 else client.nick
        state.relay(client, channel.members, f"KICK {channel.name} {victim.nick} :{reason}")
        state.leave(victim, channel)


def _privmsg(state: State, client: Client, args: list[str]) -> None:
    _say(state, client, args, "PRIVMSG")


def _notice(state: State, client: Client, args: list[str]) -> None:
    _say(state, client, args, "NOTICE")


def _say(state: State, client: Client, args: list[str], command: str) -> None:
    target, text = args[0], args[1]
    channel, person = state.channel(target), state.find(target)
    if fold(target) == "nickserv":
        _nickserv(state, client, text)
    elif channel is not None and client in channel.members:
        state.relay(client, _hearers(client, channel.members), f"{command} {channel.name} :{text}")
    elif channel is not None:
        client.numeric("404", target, "Cannot send to channel")
    elif person is not None and person.registered:
        state.relay(client, _hearers(client, [client, person]), f"{command} {person.nick} :{text}")
    else:
        client.numeric("401", target, "No such nick/channel")


def _hearers(speaker: Client, all_of_them: Iterable[Client]) -> set[Client]:
    """Who gets a line: the speaker only if it has asked for an echo."""
    return {c for c in all_of_them if c is not speaker or "echo-message" in speaker.caps}


def _nickserv(state: State, client: Client, text: str) -> None:
    words = text.split() or [""]
    verb = words[0].upper()
    if verb == "IDENTIFY" and len(words) in (2, 3):
        account = words[1] if len(words) == 3 else client.nick
        good = state.login(client, account, words[-1])
        client.notice("NickServ", f"You are now identified for {account}." if good else "Wrong password.")
    elif verb == "LOGOUT":
        client.account = ""
        client.notice("NickServ", "You are now logged out.")
    else:
        client.notice("NickServ", "Say: IDENTIFY [account] password, or LOGOUT")


def _topic(state: State, client: Client, args: list[str]) -> None:
    channel = state.channel(args[0])
    if channel is None or client not in channel.members:
        client.numeric("442", args[0], "You're not on that channel")
    elif len(args) > 1:
        channel.topic = args[1]
        state.relay(client, channel.members, f"TOPIC {channel.name} :{channel.topic}")
    elif channel.topic:
        client.numeric("332", channel.name, channel.topic)
    else:
        client.numeric("331", channel.name, "No topic is set")


def _mode(state: State, client: Client, args: list[str]) -> None:
    # Modes can be asked for, as clients do on joining; nothing can be set.
    channel = state.channel(args[0])
    if channel is None:
        client.numeric("221", "+i")
    elif len(args) > 1 and args[1].strip("+") == "b":
        client.numeric("368", channel.name, "End of channel ban list")
    else:
        client.numeric("324", channel.name, "+nt")


def _who(state: State, client: Client, args: list[str]) -> None:
    channel, person = state.channel(args[0]), state.find(args[0])
    for member in channel.members if channel else [person] if person else []:
        where = channel.name if channel else "*"
        flags = "H@" if channel and channel.members[member] else "H"
        client.numeric(
            "352", where, member.user, HOST, state.name, member.nick, flags, f"0 {member.realname}"
        )
    client.numeric("315", args[0], "End of /WHO list")


def _whois(state: State, client: Client, args: list[str]) -> None:
    person = state.find(args[-1])
    if person is None:
        client.numeric("401", args[-1], "No such nick/channel")
    else:
        client.numeric("311", person.nick, person.user, HOST, "*", person.realname)
        client.numeric("312", person.nick, state.name, "the practice range")
        if person.account:
            client.numeric("330", person.nick, person.account, "is logged in as")
        names = " ".join(f"{c.shown(person)[: -len(person.nick)]}{c.name}" for c in state.joined(person))
        client.numeric("319", person.nick, names)
    client.numeric("318", args[-1], "End of /WHOIS list")


def _names(state: State, client: Client, args: list[str]) -> None:
    channel = state.channel(args[0])
    if channel is not None:
        _list_names(client, channel)
    else:
        client.numeric("366", args[0], "End of /NAMES list")


def _list(state: State, client: Client, _args: list[str]) -> None:
    for channel in state.channels.values():
        client.numeric("322", channel.name, str(len(channel.members)), channel.topic)
    client.numeric("323", "End of /LIST")


def _motd(_state: State, client: Client, _args: list[str]) -> None:
    client.numeric("422", "There is no message of the day")


def _ping(state: State, client: Client, args: list[str]) -> None:
    client.write(f":{state.name} PONG {state.name} :{args[0]}")


def _ignore(_state: State, _client: Client, _args: list[str]) -> None:
    """PONG says that the client lives, which any line does."""


def _quit(state: State, client: Client, args: list[str]) -> None:
    state.drop(client, f"Quit: {args[0]}" if args else "Quit")


COMMANDS = {
    "AUTHENTICATE": Command(authenticate, least=1, early=True),
    "CAP": Command(cap, least=1, early=True),
    "JOIN": Command(_join, least=1),
    "KICK": Command(_kick, least=2),
    "LIST": Command(_list),
    "MODE": Command(_mode, least=1),
    "MOTD": Command(_motd),
    "NAMES": Command(_names, least=1),
    "NICK": Command(nick, least=1, early=True),
    "NOTICE": Command(_notice, least=2),
    "PART": Command(_part, least=1),
    "PASS": Command(pass_, least=1, early=True),
    "PING": Command(_ping, least=1, early=True),
    "PONG": Command(_ignore, early=True),
    "PRIVMSG": Command(_privmsg, least=2),
    "QUIT": Command(_quit, early=True),
    "TOPIC": Command(_topic, least=1),
    "USER": Command(user, least=4, early=True),
    "WHO": Command(_who, least=1),
    "WHOIS": Command(_whois, least=1),
}
