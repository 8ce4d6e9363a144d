"""Host keys are looked up as OpenSSH does, whatever a line's form; a refusal names the line."""

import base64
import hmac
from pathlib import Path

import pytest

from swatbot.errors import OperationalError
from swatbot.fleet import known_hosts
from swatbot.fleet.hashed_names import HashedNames
from swatbot.fleet.known_hosts import KnownHosts, names_of

A, B = b"key a", b"key b"
ED = "ssh-ed25519"


def line(names: str, blob: bytes = A, kind: str = ED) -> str:
    return f"{names} {kind} {base64.b64encode(blob).decode()} a comment\n"


def hashed(name: str) -> str:
    salt = b"0123456789abcdefghij"
    digest = hmac.digest(salt, name.encode(), "sha1")
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"


@pytest.mark.parametrize(
    "names",
    [
        "mw1",
        "db9,mw1,10.0.0.1",
        "mw*,!mw2",
        "m?1",
        hashed("mw1"),
        "10.0.0.7",
    ],
)
def test_a_key_is_found_by_name_address_pattern_and_hash(names: str, file: Path) -> None:
    file.write_text("# comment\n\n" + line("other", B) + line(names))
    known = KnownHosts(file)
    assert known.fault(names_of("10.0.0.7", 22, "mw1"), ED, A) is None
    assert [key.line for key in known.lookup(names_of("10.0.0.7", 22, "mw1"))] == [4]
    assert known.fault(names_of("10.0.0.8", 22, "mw2"), ED, A) is not None


def test_a_port_is_part_of_the_name(file: Path) -> None:
    file.write_text(line("[mw1]:2222") + line("mw1", B))
    known = KnownHosts(file)
    assert known.fault(names_of("mw1", 2222, "mw1"), ED, A) is None
    assert known.fault(names_of("mw1", 22, "mw1"), ED, B) is None
    assert "host key changed" in str(known.fault(names_of("mw1", 22, "mw1"), ED, A))


def test_brackets_are_letters_also_in_patterns(file: Path) -> None:
    file.write_text(line("[10.*]:2222"))
    known = KnownHosts(file)
    assert known.fault(names_of("10.1.2.3", 2222, "mw1"), ED, A) is None
    assert known.fault(names_of("1", 22, "0"), ED, A) is not None


def test_a_refusal_says_which_line_of_which_file(file: Path) -> None:
    file.write_text(line("other", B) + "\n" + line("mw*", B, "ssh-rsa") + line("mw1", B))
    known = KnownHosts(file)
    changed = known.fault(("mw1",), ED, A)
    assert changed is not None
    assert changed.startswith(f"host key changed: {file} line 4 has {ED} SHA256:")
    assert known.fault(("db1",), ED, A) == (
        f"unknown host key {ED} {known_hosts.fingerprint(A)}: {file} has no line for db1"
    )


@pytest.mark.parametrize("first", [True, False])
def test_a_revoked_key_is_refused_wherever_else_it_stands(first: bool, file: Path) -> None:
    revoked, plain = "@revoked " + line("*"), line("mw1")
    file.write_text(revoked + plain if first else plain + revoked)
    fault = KnownHosts(file).fault(("mw1",), ED, A)
    assert fault is not None
    assert fault.endswith(f"is revoked: {file} line {1 if first else 2}")


def test_the_file_is_read_once_and_again_when_it_changes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    text = Path.read_text

    def counted(path: Path, *args: str) -> str:
        read.append(path)
        return text(path, *args)

    monkeypatch.setattr(Path, "read_text", counted)
    file.write_text(line("mw1"))
    known = KnownHosts(file)
    for _ in range(9):
        assert known.fault(("mw1",), ED, A) is None
    assert read == [file]
    file.write_text(line("mw1", B) + line("mw2"))
    assert "line 1 has" in str(known.fault(("mw1",), ED, A))
    assert read == [file, file]
    file.unlink()
    with pytest.raises(OperationalError, match=r"no host can be trusted: .*: No such file"):
        known.lookup(("mw1",))


def test_each_host_of_many_is_found_without_a_walk_over_all(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("".join(line(f"mw{n},10.0.{n // 250}.{n % 250}") for n in range(1000)))
    known = KnownHosts(file)
    looks = []
    matches = known_hosts.HostKey.matches

    def counted(key: known_hosts.HostKey, name: str) -> bool:
        looks.append(name)
        return matches(key, name)

    monkeypatch.setattr(known_hosts.HostKey, "matches", counted)
    assert all(known.lookup((f"mw{n}", "x"))[0].line == n + 1 for n in range(1000))
    assert len(looks) < 5000


@pytest.mark.parametrize("named", ["[mw1]:2222", "[db9]:2222,[mw1]:2222", hashed("[mw1]:2222")])
def test_a_line_for_the_name_counts_more_than_one_for_the_address(named: str, file: Path) -> None:
    file.write_text(line("[10.0.0.7]:2222") + line(named, B))
    known, names = KnownHosts(file), names_of("10.0.0.7", 2222, "mw1")
    fault = known.fault(names, ED, A)
    assert fault is not None
    assert fault.startswith(f"host key changed: {file} line 2 has ssh-ed25519 SHA256:")
    assert known.fault(names, ED, B) is None
    assert known.fault(names_of("10.0.0.7", 2222, "mw2"), ED, A) is None
    assert known.fault(names_of("10.0.0.8", 2222, "mw1"), ED, B) is None


def test_a_host_is_asked_for_the_kind_of_key_that_its_name_has(file: Path) -> None:
    file.write_text(line("10.0.0.7") + line("mw1", B, "ssh-rsa"))
    assert KnownHosts(file).algorithms(names_of("10.0.0.7", 22, "mw1")) == ("rsa-sha2-512", "rsa-sha2-256")
    assert KnownHosts(file).algorithms(names_of("10.0.0.7", 22, "mw2")) == (ED,)


def test_a_pattern_does_not_speak_against_a_line_for_the_address(file: Path) -> None:
    file.write_text(line("mw*", B) + line("10.0.0.7"))
    known = KnownHosts(file)
    assert known.fault(names_of("10.0.0.7", 22, "mw1"), ED, A) is None
    assert known.fault(names_of("10.0.0.7", 22, "mw1"), ED, B) is None


def test_a_line_that_is_not_for_a_name_is_not_for_its_address(file: Path) -> None:
    file.write_text(line("10.*,!bad"))
    known = KnownHosts(file)
    assert known.fault(names_of("10.0.0.5", 22, "good"), ED, A) is None
    assert "unknown host key" in str(known.fault(names_of("10.0.0.5", 22, "bad"), ED, A))


def test_a_revoked_key_is_refused_under_whichever_name(file: Path) -> None:
    file.write_text(line("@revoked 10.0.0.7") + line("mw1"))
    assert "is revoked" in str(KnownHosts(file).fault(names_of("10.0.0.7", 22, "mw1"), ED, A))


@pytest.mark.parametrize("pattern", ["mw*", "mw1", "10.0.0.7", "*"])
def test_a_host_that_only_an_authority_covers_is_refused_with_what_to_do(pattern: str, file: Path) -> None:
    file.write_text(line("other") + line(f"@cert-authority {pattern}"))
    known = KnownHosts(file)
    assert known.fault(names_of("10.0.0.7", 22, "mw1"), ED, A) == (
        f"unknown host key {ED} {known_hosts.fingerprint(A)}: {file} line 2 has 10.0.0.7 by @cert-authority "
        "only, and certificates of hosts are not supported: add the line that `ssh-keyscan 10.0.0.7` prints"
    )


def test_the_line_of_a_host_at_another_port_is_asked_for_there(file: Path) -> None:
    file.write_text(line("@cert-authority *"))
    fault = KnownHosts(file).fault(names_of("::1", 2222, "mw1"), ED, A)
    assert str(fault).endswith("add the line that `ssh-keyscan -p 2222 ::1` prints")


def test_an_authority_says_nothing_of_a_host_that_has_a_line_or_of_its_kind_of_key(file: Path) -> None:
    file.write_text(line("@cert-authority mw1", B, "ssh-rsa") + line("mw*") + line("@cert-authority db*", B))
    known = KnownHosts(file)
    assert known.fault(("mw1",), ED, A) is None
    assert known.algorithms(("mw1",)) == (ED,)
    assert str(known.fault(("mw1",), "ssh-rsa", B)).startswith(f"host key changed: {file} line 2 has ")
    assert "has no line for cp1" in str(known.fault(("cp1",), ED, A))


@pytest.mark.parametrize("length", [0, 1, 20, 63, 64, 65, 200])
def test_a_hashed_name_is_found_by_the_hmac_with_a_salt_of_any_length(length: int) -> None:
    salt, names = bytes(range(length)), HashedNames[int]()
    for number, name in enumerate(("mw1", "mw2", "mw1")):
        names.add(salt, hmac.digest(salt, name.encode(), "sha1"), number)
    assert [names.of(name) for name in ("mw3", "mw1", "mw1", "mw2")] == [[], [0, 2], [0, 2], [1]]


def test_a_name_is_hashed_once_for_each_salt_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    names, hashed_names = HashedNames[int](), [f"mw{n}" for n in range(9)]
    for number, name in enumerate(hashed_names):
        names.add(bytes([number]), hmac.digest(bytes([number]), name.encode(), "sha1"), number)
    left = []
    search = HashedNames._search

    def counted(self: HashedNames[int], name: bytes) -> list[int]:
        left.append(len(self._states))
        return search(self, name)

    monkeypatch.setattr(HashedNames, "_search", counted)
    assert [names.of(name) for name in hashed_names * 2] == [[n] for n in range(9)] * 2
    assert left == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_a_revoked_key_of_a_hashed_name_is_refused_beside_its_plain_line(file: Path) -> None:
    file.write_text(line(hashed("mw1")) + line(f"@revoked {hashed('mw1')}"))
    assert "line 2" in str(KnownHosts(file).fault(names_of("10.0.0.7", 22, "mw1"), ED, A))
