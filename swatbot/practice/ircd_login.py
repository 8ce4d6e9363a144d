"""How a client of the practice IRC server gets in: capabilities, nick, and proof of an account."""

import base64
import binascii
import re

from swatbot.practice.ircd_state import Client, State, fold

_NICK = re.compile(r"[A-Za-z_`^{}|\[\]\\][A-Za-z0-9_`^{}|\[\]\\-]{0,29}")
_USER = re.compile(r"[^A-Za-z0-9._-]")
_SASL_PIECE = 400
_SASL_MOST = 4096
_FEATURES = (
    "CASEMAPPING=rfc1459 CHANTYPES=# CHANNELLEN=50 NICKLEN=30 TOPICLEN=390 PREFIX=(o)@ CHANMODES=b,,,nt "
    "NETWORK=practice"
)


def cap(state: State, client: Client, args: list[str]) -> None:
    """CAP LS, LIST, REQ and END."""
    kind = args[0].upper()
    if kind in ("LS", "REQ") and not client.registered:
        client.negotiating = True
    if kind == "LS":
        versioned = len(args) > 1
        _cap_reply(client, "LS", " ".join(c if versioned else c.partition("=")[0] for c in state.caps))
    elif kind == "LIST":
        _cap_reply(client, "LIST", " ".join(sorted(client.caps)))
    elif kind == "REQ":
        _request(state, client, args[1] if len(args) > 1 else "")
    elif kind == "END":
        client.negotiating = False
        _welcome_if_ready(state, client)
    else:
        client.numeric("410", args[0], "Invalid CAP command")


def pass_(_state: State, client: Client, args: list[str]) -> None:
    """PASS account:password; checked when the client registers."""
    client.password = args[0]


def nick(state: State, client: Client, args: list[str]) -> None:
    """NICK, first or new."""
    wanted = args[0]
    if not _NICK.fullmatch(wanted) or fold(wanted).endswith("serv"):
        client.numeric("432", wanted, "Erroneous nickname")
    elif state.find(wanted) not in (None, client):
        client.numeric("433", wanted, "Nickname is already in use")
    elif client.registered:
        state.relay(client, state.neighbours(client), f"NICK :{wanted}")
        client.nick = wanted
    else:
        client.nick = wanted
        _welcome_if_ready(state, client)


def user(state: State, client: Client, args: list[str]) -> None:
    """USER, once."""
    if client.user:
        client.numeric("462", "You may not reregister")
        return
    client.user = _USER.sub("", args[0])[:10] or "user"
    client.realname = args[3]
    _welcome_if_ready(state, client)


def authenticate(state: State, client: Client, args: list[str]) -> None:
    """SASL PLAIN."""
    if args[0] == "*":
        client.sasl = None
        client.numeric("906", "SASL authentication aborted")
    elif client.sasl is None and args[0].upper() == "PLAIN":
        client.sasl = ""
        client.write("AUTHENTICATE +")
    elif client.sasl is None:
        client.numeric("908", "PLAIN", "are available SASL mechanisms")
        client.numeric("904", "SASL authentication failed")
    else:
        client.sasl += args[0].removeprefix("+")
        if len(args[0]) < _SASL_PIECE or len(client.sasl) > _SASL_MOST:
            _sasl_end(state, client)


def _cap_reply(client: Client, kind: str, words: str) -> None:
    client.write(f":{client.server} CAP {client.nick or '*'} {kind} :{words}")


def _request(state: State, client: Client, words: str) -> None:
    offered = {c.partition("=")[0] for c in state.caps}
    added = {w for w in words.split() if not w.startswith("-")}
    removed = {w[1:] for w in words.split() if w.startswith("-")}
    if not added | removed <= offered:
        _cap_reply(client, "NAK", words)
        return
    client.caps = (client.caps | added) - removed
    _cap_reply(client, "ACK", words)


def _sasl_end(state: State, client: Client) -> None:
    text, client.sasl = client.sasl or "", None
    try:
        _, account, password = base64.b64decode(text, validate=True).decode().split("\0")
    except (binascii.Error, ValueError):
        account = password = ""
    if state.login(client, account, password):
        client.numeric("903", "SASL authentication successful")
    else:
        client.numeric("904", "SASL authentication failed")


def _welcome_if_ready(state: State, client: Client) -> None:
    if client.registered or client.negotiating or not client.nick or not client.user:
        return
    account, _, password = client.password.partition(":")
    if client.password and not state.login(client, account, password):
        client.numeric("464", "Password incorrect: say account:password")
        state.drop(client, "password incorrect")
        return
    client.registered = True
    client.numeric("001", f"Welcome to the practice range, {client.nick}")
    client.numeric("002", f"Your host is {state.name}")
    client.numeric("003", "It was made for this range")
    client.write(f":{state.name} 004 {client.nick} {state.name} swatbot-practice i nt")
    client.numeric("005", *_FEATURES.split(), "are supported by this server")
    client.numeric("422", "There is no message of the day")
