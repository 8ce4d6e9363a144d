"""The demo's play: one good deployment from `!sync-dir` to `!log`, and a bad one that is stopped."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack

from swatbot.domain.hosts import fold
from swatbot.errors import OperationalError
from swatbot.practice.config_files import CHANNEL
from swatbot.practice.person import Person
from swatbot.practice.range import Range

_STAGED, _ENDED = 60.0, 180.0
Tell = Callable[[str], None]
Prove = Callable[[tuple[str, ...]], Mapping[str, str]]


def play(scene: Range, irc_port: int, passwords: Mapping[str, str], tell: Tell, prove: Prove) -> None:
    """Play both deployments, and hold every host to what it should hold.

    Args:
        scene: the range, started, with the bot in its channel.
        irc_port: of its IRC server.
        passwords: of dana, alice and bob.
        tell: takes each line of the channel, and what is between them.
        prove: asks every host what it holds under some paths: a digest by host, "" for no proof.

    Raises:
        OperationalError: something did not come to pass, or a host holds something else.
    """

    def overhears(nick: str, text: str) -> None:
        tell(f"<{nick}> {text}")

    with ExitStack() as stack:
        dana, alice, bob = (
            stack.enter_context(Person(name, irc_port, CHANNEL, passwords[name]))
            for name in ("dana", "alice", "bob")
        )
        stack.enter_context(Person("terminal", irc_port, CHANNEL, overhears=overhears))
        before = _agreed(prove(("wmf-config",)))
        tell("\n-- A good change: alice has enabled related articles, dana deploys it.\n")
        _deploy(dana, alice, "Enable related articles on frwiki (T12345)", r"#1 is live on \d+ hosts")
        good = _agreed(prove(("wmf-config",)))
        tell("\n-- A bad change: bob's patch fails where only visitors go, so his test does not show it.\n")
        scene.tree.apply("typo")
        _deploy(dana, bob, "Cache articles by wiki (T12350)", "#2 rolled back")
    after = _agreed(prove(("wmf-config",)))
    if good == before or after != good:
        raise OperationalError(
            f"hosts hold {after[:6]}, not the good change {good[:6]} (before: {before[:6]})"
        )
    hosts = fold(scene.hosts)
    tell(f"\n-- Every host proves {good[:6]}, the good change, byte for byte: {hosts}.\n   {good}")


def _deploy(deployer: Person, submitter: Person, message: str, ending: str) -> None:
    deployer.says(f"!sync-dir wmf-config {message}")
    submitter.waits_for(rf"^{submitter.nick}: #\d+ is on mwdebug1001", _STAGED)
    submitter.says("verified")
    deployer.waits_for(ending, _ENDED)


def _agreed(proofs: Mapping[str, str]) -> str:
    """The one digest that all hosts prove.

    Raises:
        OperationalError: some prove another, or none.
    """
    digests = set(proofs.values())
    if len(digests) != 1 or "" in digests:
        told = ", ".join(f"{host}: {digest[:6] or 'no proof'}" for host, digest in sorted(proofs.items()))
        raise OperationalError(f"hosts do not hold the same: {told}")
    return digests.pop()
