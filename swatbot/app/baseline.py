"""Taking over what the fleet holds, from what its hosts prove: once, before the first deployment."""

from collections.abc import Sequence

from swatbot.app.engine import Engine
from swatbot.domain.commands import TakeBaseline
from swatbot.domain.hosts import fold
from swatbot.domain.manifest import Manifest, as_in_git
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Stage
from swatbot.errors import OperationalError, UserError
from swatbot.ports import Fleet, HostProof, Tree

_EVERYTHING = (".",)


class Baseline:
    """Asks every host, and takes over what production agrees on."""

    def __init__(self, tree: Tree, fleet: Fleet, rules: Rules) -> None:
        self._tree, self._fleet, self._rules = tree, fleet, rules

    def take(self, engine: Engine, commit: str, by: str) -> str:
        """Take it over, and record it.

        Args:
            engine: not started; it takes the lease for as long as this lasts.
            commit: the commit that the hosts are believed to hold, "" to find it.
            by: who says so.

        Returns:
            What was taken over, in a sentence.

        Raises:
            UserError: a deployment is not over, or hosts differ from the commit (from every commit), or
                among themselves.
            OperationalError: a host can not be asked.
        """
        engine.take_over("swatbot baseline")
        if live := engine.status.live:
            number = min(live)
            raise UserError(
                f'#{number} is not over: let the bot finish it, or "!cancel {number}", and try again'
            )
        hosts = tuple(h for stage in Stage for h in self._rules.hosts(stage))
        proofs = {proof.host: proof for proof in self._fleet.prove(hosts, _EVERYTHING)}
        _all_answer(proofs)
        production = self._rules.hosts(Stage.CANARIES) + self._rules.hosts(Stage.FLEET)
        agreed = _agreed({h: as_in_git(m) for h in production if (m := proofs[h].manifest) is not None})
        holdings = self._tree.adopt(agreed, commit)
        engine.report(TakeBaseline(holdings, len(production), by))
        while engine.work():
            pass
        held = commit or f"{holdings.marks[0].commit[:7]}, the newest commit that fits"
        taken = f"{len(production)} production hosts hold {held} ({holdings.manifest[:6]})"
        return taken + _odd(hosts, proofs, agreed)


def _odd(hosts: Sequence[str], proofs: dict[str, HostProof], agreed: Manifest) -> str:
    """Who holds something else, if only modes that git can not hold."""
    odd = [h for h in hosts if (m := proofs[h].manifest) is not None and m.digest != agreed.digest]
    differ = "differs, and is" if len(odd) == 1 else "differ, and are"
    return f"; {fold(odd)} {differ} put right where a deployment touches that" if odd else ""


def _all_answer(proofs: dict[str, HostProof]) -> None:
    silent = {host: proof.reason for host, proof in proofs.items() if proof.manifest is None}
    if silent:
        first, them = next(iter(silent)), "it" if len(silent) == 1 else "them"
        raise OperationalError(
            f"{fold(silent)} can not be asked ({silent[first]}): mend that, or exclude {them} in fleet.toml"
        )


def _listed(files: Sequence[str]) -> str:
    more = f" and {len(files) - 5} more" if len(files) > 5 else ""
    return f"{', '.join(files[:5])}{more}"


def _agreed(held: dict[str, Manifest]) -> Manifest:
    """What all hosts hold.

    Raises:
        UserError: some differ from most; they and the first files are named.
    """
    digests = [m.digest for m in held.values()]
    common = max(set(digests), key=digests.count)
    agreed = next(m for m in held.values() if m.digest == common)
    odd = {host: m for host, m in held.items() if m.digest != common}
    if odd:
        alike: dict[tuple[str, ...], list[str]] = {}
        for host, manifest in odd.items():
            alike.setdefault(manifest.differences(agreed), []).append(host)
        told = "; ".join(f"{fold(hosts)}: {_listed(files)}" for files, hosts in alike.items())
        raise UserError(
            f"hosts hold something else than most others do: {told}. Make them equal first;"
            " `swatbot hosts` looks at each."
        )
    return agreed
