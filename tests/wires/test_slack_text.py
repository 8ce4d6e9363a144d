"""What Slack makes of text: what was typed comes out of its marks, and what is said can not become one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swatbot.adapters.slack.blocks import line_blocks
from swatbot.adapters.slack.targets import Target
from swatbot.adapters.slack.text import Piece, Words, line_text, pieces, typed, users

PEOPLE = {"dana": "U0DANA", "eve": "U0EVE", "dana b.": "U0DANAB"}
NAMES = {user: name for name, user in PEOPLE.items()}


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("!sync-dir <http://README.md|README.md> x", "!sync-dir README.md x"),
        ("!sync-dir --for <@U0DANA> wmf-config", "!sync-dir --for dana wmf-config"),
        ("!sync-dir --for <@U0STRANGER|joe> wmf-config", "!sync-dir --for @joe wmf-config"),
        ("!sync-dir \u2014for dana wmf-config", "!sync-dir --for dana wmf-config"),
        ("!sync-dir \u2013partial wmf-config", "!sync-dir --partial wmf-config"),
        ("!sync-dir \u201cmy dir/x\u201d why", '!sync-dir "my dir/x" why'),
        ("broken a &lt;div&gt; &amp; a &amp;lt;", "broken a <div> & a &lt;"),
        ("broken see <#C0123|general>, <!here> and <https://x.example/?a=1&amp;b>",
         "broken see #general, @here and https://x.example/?a=1&b"),
        ("broken mail <mailto:a@b.example|a@b.example>", "broken mail a@b.example"),
        ("well\u2014no", "well\u2014no"),
    ],
)  # fmt: skip
def test_what_was_typed_is_read(heard: str, meant: str) -> None:
    assert typed(heard, NAMES) == meant


@pytest.mark.parametrize(
    ("line", "calls", "notified"),
    [
        ("dana: #1 is live", ["dana"], ["U0DANA"]),
        ("dana, eve: #1 is on mwdebug1001", ["dana", "eve"], ["U0DANA", "U0EVE"]),
        ("dana b.: yours", ["dana b."], ["U0DANAB"]),
        ("dana b., dana: yours", ["dana", "dana b."], ["U0DANAB", "U0DANA"]),
        ('#1 rejected by eve: "no". mwdebug1001 has 90b1de again. dana: mend it', ["dana"], ["U0DANA"]),
        ("U0STRANGER: #1 waits for dana.", ["U0STRANGER"], ["U0STRANGER"]),
        ("#1 verified by dana", ["dana"], []),
        ('#1 held by eve: "it broke. dana: look at this". eve: "!resume 1"', ["eve"], ["U0EVE"]),
        ('#1 held by dana: "it\'s 2" off. eve: see". eve: "!resume 1"', ["eve"], ["U0EVE"]),
        ("nobody: hello", ["nobody"], []),
        ("nobody, dana: #1 is live", ["nobody", "dana"], ["U0DANA"]),
        ("dana, nobody: #1 is live", ["dana", "nobody"], ["U0DANA"]),
        ("!log dana@d Synchronized wmf-config: Fix it. eve: see", [], []),
        ("dana: #1 x: Fix it. eve: see. WARNING: y. dana: z", ["dana"], ["U0DANA"]),
    ],
)
def test_who_is_called_is_notified_and_nobody_else(line: str, calls: list[str], notified: list[str]) -> None:
    found = pieces(Words(line, users(calls, PEOPLE)))
    assert [piece.text for piece in found if piece.is_user] == notified
    said = "".join(NAMES.get(p.text, p.text) if p.is_user else p.text for p in found)
    assert said == line


@given(st.text(max_size=300))
def test_no_text_makes_a_mention_or_a_link(text: str) -> None:
    assert pieces(Words(text)) == ((Piece(text),) if text else ())
    said = line_text(Words(f"#1 {text}"))
    assert "<" not in said
    assert ">" not in said


def test_a_line_is_shown_as_it_is_written() -> None:
    (block,) = line_blocks(Words("dana: #1 *.php _x_ <@U0EVE> :smile: `rm`", PEOPLE))
    (section,) = block["elements"]
    assert section["elements"] == [
        {"type": "user", "user_id": "U0DANA"},
        {"type": "text", "text": ": #1 *.php _x_ <@U0EVE> :smile: `rm`"},
    ]


@pytest.mark.parametrize("text", ["C0123", "C0123/1700000000.000100", "C0123@U0DANA", "U0DANA", "D0123"])
def test_a_target_is_read_as_it_is_written(text: str) -> None:
    assert str(Target.of(text)) == text


@pytest.mark.parametrize("text", ["", "/1", "C0123/x", "C0123@U/1"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a channel of Slack"):
        Target.of(text)
