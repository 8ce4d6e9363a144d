"""The practice range with a bot on it: wires both, for `swatbot demo`, `swatbot practice` and wire tests."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from swatbot.bootstrap import PARTS, Process, take_baseline
from swatbot.config import load
from swatbot.ports import Clock
from swatbot.practice.config_files import BOT, CHANNEL, PASSWORD_ENV, write_config
from swatbot.practice.ircd import PracticeIrcd
from swatbot.practice.practice_host import RELOAD
from swatbot.practice.range import Range

_JOIN_SECONDS = 20.0


@dataclass(frozen=True)
class Ground:
    """A range that runs, with its IRC server and the config for a bot.

    Attributes:
        scene: hosts, tree, logs, traffic.
        irc_port: of the IRC server on loopback.
        passwords: by account, the bot's too.
        config: the directory with the bot's config.
    """

    scene: Range
    irc_port: int
    passwords: Mapping[str, str]
    config: Path


@contextmanager
def ground(
    directory: Path, clock: Clock, hosts: int = 12, irc_port: int = 0, *, opcache: bool = False
) -> Iterator[Ground]:
    """A range in this directory, for as long as it is used.

    Args:
        directory: made if it is not there.
        clock: stamps logs and messages.
        hosts: how many.
        irc_port: of the IRC server on loopback, 0 for a free one.
        opcache: whether hosts serve what they loaded until the bot's after-sync hook reloads them.

    Raises:
        OperationalError: the directory holds something else, or a port is taken.
    """
    with Range(directory, hosts, clock=clock, opcache=opcache) as scene:
        names = [BOT, *(person.name for person in scene.wiring.people)]
        passwords = _passwords(directory / "passwords.json", names)
        ircd = PracticeIrcd(irc_port, passwords, clock=clock)
        ircd.start()
        os.environ[PASSWORD_ENV] = passwords[BOT]
        try:
            hooks = (RELOAD,) if opcache else ()
            config = write_config(directory / "config", scene.wiring, ircd.port, hooks)
            yield Ground(scene, ircd.port, passwords, config)
        finally:
            ircd.stop()


def _passwords(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Everybody's password, the same whenever the range is there again."""
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    found = {name: known.get(name) or f"{name}-{secrets.token_hex(3)}" for name in names}
    path.touch(0o600)
    path.write_text(json.dumps(found), encoding="utf-8")
    return found


@contextmanager
def bot(place: Ground) -> Iterator[Process]:
    """A bot on this range, in its channel, which knows what the fleet holds."""
    config = load(place.config)
    if not Path(config.swatbot.journal.path).exists():
        take_baseline(config, place.scene.wiring.baseline, "the practice range")
    process = Process(config, PARTS)
    process.start()
    try:
        process.wait_joined(_JOIN_SECONDS)
        yield process
    finally:
        process.stop()


def prove(process: Process, paths: tuple[str, ...]) -> dict[str, str]:
    """What every host proves to hold under some paths: a digest by host, "" for no proof."""
    if process.engine is None:
        return {}
    hosts = tuple(h for s in process.shared.site.rules.stages for h in s.hosts)
    proofs = process.engine.fleet.prove(hosts, paths)
    return {proof.host: proof.manifest.digest if proof.manifest else "" for proof in proofs}


def introduction(place: Ground) -> Iterator[str]:
    """How to join, and what to try."""
    wiring = place.scene.wiring
    yield f"The practice range runs: {len(wiring.hosts)} hosts, and the bot in {CHANNEL}.\n"
    yield f"Join {CHANNEL} with any IRC client: server 127.0.0.1, port {place.irc_port}, no TLS."
    yield "Log in with the server password, NICK:PASSWORD as one word:\n"
    for person in wiring.people:
        role = person.role.name.lower()
        yield f"  {person.name:6} {role:9} {person.name}:{place.passwords[person.name]}"
    yield "\nFor example, in two terminals (Debian: apt install irssi):\n"
    for name in ("dana", "alice"):
        login = f"{name}:{place.passwords[name]}"
        yield f"  irssi --home=/tmp/{name} -c 127.0.0.1 -p {place.irc_port} -n {name} -w {login}"
    yield (
        f"\nThen /join {CHANNEL}. As dana: !sync-dir wmf-config Enable related articles. As alice: verified"
    )
    yield f"The tree is {wiring.tree}; `git branch` there lists more patches to merge, good and bad."
    yield "Ctrl-C ends it."
