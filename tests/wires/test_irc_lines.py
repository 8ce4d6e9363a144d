"""What is sent to IRC is whole, valid and one line, whatever the text was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatbot.adapters.chat_text import as_said, clean, unaddressed
from swatbot.adapters.clock import ManualClock
from swatbot.adapters.irc.channels import Channels, News
from swatbot.adapters.irc.ears import Ears, Proof
from swatbot.adapters.irc.lines import LINE_BYTES, plain, room, split
from swatbot.adapters.irc.sender import Sender
from swatbot.adapters.irc.settings import IrcSettings
from swatbot.adapters.irc.wire import Message, Wire, _Connection
from swatbot.adapters.outbox import Outbox
from swatbot.adapters.pace import Backoff, TokenBucket
from swatbot.chat.messages.text import NOTHING
from swatbot.errors import OperationalError
from swatbot.ports import Outgoing

TEXTS = st.text(st.characters(), max_size=1500)  # lone surrogates and control characters included
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
SETTINGS = IrcSettings("practice", "127.0.0.1", 6667, False, "swatbot", ("#swat",), bots=("logbot",))


@given(TEXTS, st.integers(4, 480))
def test_pieces_fit_and_hold_every_word_in_order(text: str, limit: int) -> None:
    cleaned = clean(text)
    pieces = split(cleaned, limit)
    assert all(0 < len(piece.encode()) <= limit for piece in pieces)
    assert "".join(pieces).replace(" ", "") == cleaned.replace(" ", "")
    words = [word for word in cleaned.split(" ") if word]
    if all(len(word.encode()) <= limit for word in words):
        assert [word for piece in pieces for word in piece.split(" ") if word] == words


@given(TEXTS)
def test_cleaned_text_has_nothing_that_ends_a_line_or_turns_it_around(text: str) -> None:
    cleaned = clean(text)
    assert cleaned.isprintable() or all(c.isprintable() or not _breaks(c) for c in cleaned)
    assert len(cleaned.splitlines()) <= 1
    assert not set(cleaned) & set("\0\r\n\x01\x1b\u202e\u2066")
    assert cleaned.encode().decode() == cleaned
    assert clean(cleaned) == cleaned


@given(st.text("abc", min_size=1, max_size=30), st.text("de@.", max_size=74), st.text("#fg", max_size=60))
def test_the_line_as_others_see_it_has_at_most_512_bytes(nick: str, userhost: str, target: str) -> None:
    for piece in split("ä" * 600, room(nick, userhost, target)):
        assert len(f":{nick}!{userhost} PRIVMSG {target} :{piece}\r\n".encode()) <= LINE_BYTES


class Paper:
    """A wire that keeps what is sent on it."""

    nick, lost, unsent = "swatbot", "", False

    def __init__(self) -> None:
        self.lines: list[str] = []

    def send(self, line: str) -> None:
        self.lines.append(line)


def _ignore(*_: object) -> None:
    """Nobody wants to know."""


@given(TEXTS, st.sampled_from(("#swat", "#" + "c" * 49, "n" * 30)), st.booleans())
def test_one_line_in_gives_whole_lines_out(text: str, target: str, late: bool) -> None:
    """Whatever is posted: each line is one command to one target, no longer than IRC allows, in order."""
    clock, wire, outbox = ManualClock(NOON), Paper(), Outbox()
    settings = replace(SETTINGS, channels=(target,))
    channels = Channels(settings, News(_ignore, _ignore, _ignore, _ignore), clock)
    channels.heard(Message("join", "swatbot!swatbot@bot.example", (target,)), "swatbot", 0.0)
    sender = Sender(outbox, channels, cast("Wire", wire), clock, lambda: True)
    line = Outgoing(target, text, at=NOON - timedelta(minutes=5 * late))
    outbox.put(line, _ignore)
    sender.pump(TokenBucket(1e6), 0.0)
    begin = f"PRIVMSG {target} :"
    for sent in wire.lines:
        assert sent.startswith(begin)
        assert not set(sent) & set("\r\n\0")
        assert len(f":swatbot!swatbot@bot.example {sent}\r\n".encode()) <= LINE_BYTES
    said = "".join(sent.removeprefix(begin) for sent in wire.lines)
    wanted = clean(as_said(line, NOON)).strip(" ") or NOTHING
    assert said.replace(" ", "") == wanted.replace(" ", "")


@given(st.text(st.characters()))
def test_whatever_is_sent_the_wire_carries_one_line(text: str) -> None:
    connection = _Connection(_ignore)
    connection.lost = "never dialled"  # so that it only queues
    connection.send_raw(text)
    (data,) = connection.out
    assert data.endswith(b"\r\n")
    assert not set(data[:-2]) & set(b"\r\n\0")


def test_a_short_line_keeps_its_inner_spaces() -> None:
    assert split("#42 fleet:  49% (ok: 48)", 400) == ["#42 fleet:  49% (ok: 48)"]


def test_a_cut_falls_between_words_and_never_inside_a_character() -> None:
    assert split("one two three", 7) == ["one two", "three"]
    assert split("ääää", 5) == ["ää", "ää"]
    assert split("   ", 5) == []


def test_formatting_is_no_part_of_what_was_said() -> None:
    assert plain("\x02\x0304,12!hold\x0f \x1dnow\x03") == "!hold now"


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("swatbot: next", "next"),
        ("SWATBOT, !queue", "!queue"),
        ("@swatbot: x", "x"),
        ("swatbot_: x", "x"),
        ("swatbots: x", None),
        ("hey swatbot: x", None),
        ("swatbot", None),
    ],
)
def test_the_bot_is_addressed_by_name(text: str, rest: str | None) -> None:
    assert unaddressed(text, ("swatbot", "swatbot_")) == rest


def test_a_name_with_odd_letters_is_no_pattern() -> None:
    assert unaddressed("anything: x", (".*",)) is None
    assert unaddressed(": x", ("",)) is None


def test_the_bucket_lets_a_burst_through_and_then_the_rate() -> None:
    bucket = TokenBucket(4, 1.0)
    assert [bucket.take(100.0) for _ in range(5)] == [True, True, True, True, False]
    assert bucket.wait() == pytest.approx(1.0)
    assert not bucket.take(100.9)
    assert bucket.take(101.1)
    assert not bucket.take(101.2)


def test_pauses_double_up_to_the_longest_and_start_again() -> None:
    backoff = Backoff(1.0, 60.0, lambda: 1.0)
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.next() == 1
    assert Backoff(1.0, 60.0, lambda: 0.0).next() == 0.5


@pytest.mark.parametrize("account", ["", "*", "ſubmitter", "sub mitter", "a\nb"])
def test_a_doubtful_account_proves_nothing(account: str) -> None:
    assert _hear("!queue", {"account": account}) == ("!queue", None)


def test_an_account_counts_only_where_the_server_vouches_for_it() -> None:
    assert _hear("!queue", {"account": "submitter"}) == ("!queue", "irc:practice/submitter")
    assert _hear("!queue", {"account": "submitter"}, proves=False) == ("!queue", None)


@pytest.mark.parametrize(
    ("source", "command", "target", "text", "tags"),
    [
        ("swatbot_!b@h", "privmsg", "#swat", "!queue", {}),
        ("LogBot!b@h", "privmsg", "#swat", "!queue", {}),
        ("other!b@h", "privmsg", "#swat", "!queue", {"bot": ""}),
        ("other!b@h", "privmsg", "#swat", "!queue", {"inspircd.org/bot": ""}),
        ("other!b@h", "notice", "#swat", "!queue", {}),
        ("other!b@h", "privmsg", "#swat", "\x01ACTION !queue\x01", {}),
        ("other!b@h", "privmsg", "#elsewhere", "!queue", {}),
        ("irc.example", "privmsg", "swatbot_", "!queue", {}),
        ("other!b@h", "privmsg", "#swat", "lunch?", {}),
    ],
)
def test_lines_that_are_not_for_the_bot(
    source: str, command: str, target: str, text: str, tags: dict[str, str]
) -> None:
    ears = Ears(SETTINGS, lambda said: said == "verified")
    message = Message(command, source, (target, text), tags)
    assert ears.incoming(message, "swatbot_", Proof.TAG) is None


@pytest.mark.parametrize(
    ("target", "text", "heard"),
    [
        ("#SWAT", "verified", ("verified", "#swat", False, False)),
        ("#swat", "swatbot: next", ("next", "#swat", False, True)),
        ("@#swat", "!queue", ("!queue", "#swat", False, False)),
        ("swatbot_", "anything", ("anything", "other", True, True)),
    ],
)
def test_lines_that_are_for_the_bot(target: str, text: str, heard: tuple[str, str, bool, bool]) -> None:
    ears = Ears(SETTINGS, lambda said: said == "verified")
    line = ears.incoming(Message("privmsg", "other!b@h", (target, text)), "swatbot_", Proof.NONE)
    assert line is not None
    assert (line.text, line.channel, line.private, line.addressed) == heard


@pytest.mark.parametrize(
    ("time", "counts"), [("14:00:00", False), ("14:28:59", False), ("14:29:01", True), ("14:30:00", True)]
)
def test_a_line_that_the_server_replays_from_its_history_does_not_count_again(
    time: str, counts: bool
) -> None:
    ears = Ears(SETTINGS, lambda _: True)
    for command, when in (("join", "14:30:00"), ("privmsg", time)):
        tags = {"time": f"2024-01-01T{when}.123Z"}
        message = Message(command, "submitter!s@h", ("#swat", "verified"), tags)
        line = ears.incoming(message, "swatbot", Proof.TAG)
    assert (line is not None) == counts


def test_a_time_that_makes_no_sense_does_not_make_the_bot_deaf() -> None:
    ears = Ears(SETTINGS, lambda _: True)
    for time in ("9999999999", "zzz", "", "2024-01-01T00:00:00.000Z"):
        message = Message("privmsg", "o!b@h", ("#swat", "!queue"), {"time": time})
        assert ears.incoming(message, "swatbot", Proof.TAG) is not None


def test_plain_text_is_for_this_machine_only() -> None:
    with pytest.raises(OperationalError, match="without TLS is refused"):
        IrcSettings("libera", "irc.libera.chat", 6667, False, "swatbot", ("#swat",))
    with pytest.raises(OperationalError, match="a password or a certificate"):
        IrcSettings("libera", "irc.libera.chat", 6697, True, "swatbot", ("#swat",), sasl_account="swatbot")
    shown = repr(IrcSettings("p", "::1", 6667, False, "b", (), sasl_account="b", sasl_password="hunter2"))
    assert "hunter2" not in shown


def _breaks(char: str) -> bool:
    return len(f"a{char}b".splitlines()) > 1


def _hear(text: str, tags: dict[str, str], *, proves: bool = True) -> tuple[str, str | None]:
    ears = Ears(SETTINGS, lambda _: True)
    message = Message("privmsg", "submitter!s@h", ("#swat", text), tags)
    line = ears.incoming(message, "swatbot", Proof.TAG if proves else Proof.NONE)
    assert line is not None
    return line.text, line.account
