"""What a host says is told without the names of private files, however they are written."""

import pytest

from swatbot.tree.discreet import veiled
from swatbot.tree.patterns import Patterns

PRIVATE = Patterns(("private/", "*.key", "wmf-config/Private*.php"))
A = "a private file"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Permission denied: 'private/x'", f"Permission denied: {A}"),
        ('Permission denied: "private/it\'s"', f"Permission denied: {A}"),
        (f"no {b'private/x'!r} here", f"no {A} here"),
        (f"{'private/new' + chr(10) + 'line'!r} is odd", f"{A} is odd"),
        (r"'wmf-config/Private\x41.php' is odd", f"{A} is odd"),
        ("'private/a b.php' is odd", f"{A} is odd"),
        ("'sub' in 'private/sub' is a link, and not followed", f"{A} in {A} is a link, and not followed"),
        (
            "'wmf-config' is a directory that holds 'wmf-config/PrivateA.php'",
            f"'wmf-config' is a directory that holds {A}",
        ),
        ("cannot open private/x: gone", f"cannot open {A}: gone"),
        ("cannot open (private/x)", f"cannot open ({A})"),
        ("'cannot open private/x'", A),
        ("/srv/site/wmf-config/PrivateA.php is gone", f"{A} is gone"),
        ("Permission denied: 'private/x that was cut", f"Permission denied: {A}"),
        ("'private/.git' is odd", f"{A} is odd"),
        ("it can't be: 'top.key'", f"it can't be: {A}"),
    ],
)
def test_a_private_name_is_taken_out(said: str, told: str) -> None:
    assert veiled(said, PRIVATE) == told


@pytest.mark.parametrize(
    "said",
    [
        "",
        "No space left on device",
        "Permission denied: 'wmf-config/CommonSettings.php'",
        "the key /etc/swatbot/id can not be used: not an OPENSSH private key",
        "'wmf-config/a' is a directory that holds 'wmf-config/a/.git', which is ignored: remove it",
        "mw1262's answer isn't 'right'",
    ],
)
def test_what_names_no_private_file_stays_as_it_is(said: str) -> None:
    assert veiled(said, PRIVATE) == said
