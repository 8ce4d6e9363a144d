"""What may be sent to a channel, and texts that would like to be more than that."""

import unicodedata

from hypothesis import strategies as st

LINE_BYTES = 400
HOSTILE = (
    "x\r\nQUIT :owned",
    "\x03" + "04,01red\x0f \x1b[31m\x00",
    "\u202egnp.exe\u2066\u200f",
    "$(reboot) `reboot` ; rm -rf / #",
    "\u00e9\U0001f525" * 1000,
    "w" * 4000,
    "\udcff\ud800\ufeff\u2028",
)
hostile_text = st.sampled_from(HOSTILE) | st.text(st.characters(codec=None), max_size=30)


def assert_safe(text: str) -> None:
    """A line that fits, is one line, and can not rewrite what stands around it."""
    assert len(text.encode()) <= LINE_BYTES, f"{len(text.encode())} bytes: {text}"
    bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert not bad, f"{bad!r} in {text!r}"
    assert text.strip(), "an empty line"
