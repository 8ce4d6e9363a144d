"""Looks at the hosts themselves, beside a running bot or without one, for who sets them up or mends them."""

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from swatbot.adapters.clock import SystemClock
from swatbot.app.follower import Follower
from swatbot.bootstrap.world import base, make_pull_settings, make_ssh_settings, make_targets, make_tree
from swatbot.config import Config, Place
from swatbot.config.faults import nearest
from swatbot.config.keys import unusable
from swatbot.domain.hosts import fold, unfold
from swatbot.domain.manifest import Manifest
from swatbot.errors import OperationalError, UserError
from swatbot.fleet.choice import rule
from swatbot.fleet.sync import SshFleet
from swatbot.fleet.visit import Visited
from swatbot.ports import HostProof

Tell = Callable[[str], None]
_ROOM = 64 << 20
"""Bytes that must be free beside those of the files that a host needs: what a step replaces is kept."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the journal says of hosts.

    Attributes:
        whole: what the fleet holds, None if that is not known.
        stale: hosts that missed deployments, with their numbers.
        excluded: hosts that somebody excluded, and why.
        active: the deployment that is under way, 0 for none; hosts may hold what it ships.
    """

    whole: Manifest | None = None
    stale: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    excluded: Mapping[str, str] = field(default_factory=dict)
    active: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What was found of one host.

    Attributes:
        place: where the config has it.
        visited: what was found there, None if nobody looked, since it is excluded.
        fault: why it can not be used, "" if it can.
        digest: of what it holds of the whole tree, "" if that is not known.
        differing: how many files differ from what the fleet holds, None if that is not known.
        unfinished: the step that was begun there and not ended, "" for none.
        stale: the deployments that it missed.
        active: the deployment that is under way, 0 for none.
    """

    place: Place
    visited: Visited | None = None
    fault: str = ""
    digest: str = ""
    differing: int | None = None
    unfinished: str = ""
    stale: tuple[int, ...] = ()
    active: int = 0

    @property
    def fit(self) -> bool:
        """Whether there is nothing to be mended; an excluded host needs not be fit."""
        odd = bool(self.stale or self.unfinished or self.differing) and not self.active
        return bool(self.place.excluded) or not (self.fault or odd)


def look_at_hosts(config: Config, names: Sequence[str], tell: Tell) -> tuple[Report, ...]:
    """Look at hosts; no file of their trees is changed.

    Args:
        config: the site's.
        names: of hosts, folded or not; none for all that are not excluded.
        tell: is told what is done.

    Returns:
        A report for each host, in the order of the config; excluded ones were looked at if they were named.

    Raises:
        UserError: there is no such host.
        OperationalError: a file of [ssh] is such that no host at all could be reached.
    """
    wanted = _wanted(config, names)
    ssh = config.fleet.ssh
    if faults := list(unusable(Path(ssh.known_hosts), ssh.keys)):
        raise OperationalError(f"no host can be reached: {'; '.join(faults)}")
    expected = _expected(config, tell)
    places = [
        replace(place, excluded=place.excluded or expected.excluded.get(host, ""))
        for host, place in config.places.items()
        if host in wanted or not names
    ]
    looked_at = [place for place in places if names or not place.excluded]
    tell(
        f"Connecting to {len(looked_at)} host{'' if len(looked_at) == 1 else 's'}, as the config says; "
        "a running bot is not asked, and no file of the tree is changed."
    )
    pull = make_pull_settings(config, secrets=False)
    tell(rule(pull))
    fleet = SshFleet(make_targets(config), make_ssh_settings(config), SystemClock(), pull)
    try:
        found = {v.host: v for v in fleet.visit({p.host: p.stage is not None for p in looked_at})}
        sound = [p.host for p in looked_at if p.stage is not None and not found[p.host].fault]
        roots = expected.whole.roots if expected.whole else (".",)
        proofs = {proof.host: proof for proof in fleet.prove(sound, roots)}
    finally:
        fleet.close()
    return tuple(_report(p, found.get(p.host), proofs.get(p.host), expected) for p in places)


def _wanted(config: Config, names: Sequence[str]) -> set[str]:
    unfolded = {name: _unfolded(name) for name in names}
    if empty := [name for name, hosts in unfolded.items() if not hosts]:
        raise UserError(f"{empty[0]!r} names no host: leave it out to look at all of them")
    wanted = [host for hosts in unfolded.values() for host in hosts]
    strangers = [host for host in wanted if host not in config.places]
    if strangers:
        close = nearest(strangers[0], config.places) if len(config.places) < 20 else ""
        raise UserError(f"fleet.toml has no host {fold(strangers)}{close}")
    return set(wanted)


def _unfolded(text: str) -> tuple[str, ...]:
    try:
        return unfold(text)
    except ValueError as error:
        raise UserError(f"{error}. Type {_instead(text)}.") from error


def _instead(text: str) -> str:
    """What may be meant; the shell would take brackets for its own, so they are quoted."""
    closed = f"{text}]"
    with contextlib.suppress(ValueError):
        unfold(closed)
        return repr(closed)
    return "names of hosts, or fold them as in 'mw[1261-1263]'"


def _expected(config: Config, tell: Tell) -> Expected:
    path = Path(config.swatbot.journal.path)
    if not path.exists():
        tell(f"There is no journal at {path}: what hosts hold is held against nothing.")
        return Expected()
    try:
        return _by_journal(config)
    except OperationalError as error:
        tell(f"What hosts hold is held against nothing: {error}.")
        return Expected()


def _by_journal(config: Config) -> Expected:
    shared = base(config)
    try:
        follower = Follower(shared.journal)
        follower.catch_up()
        status = follower.status
        holdings, active = status.holdings, status.active
        whole = make_tree(shared).deployable(holdings.manifest) if holdings else None
        excluded = {host: f"{e.why} (by {e.by})" for host, e in status.excluded.items()}
        return Expected(whole, status.stale, excluded, active.number if active else 0)
    finally:
        shared.journal.close()


def _report(place: Place, visited: Visited | None, proof: HostProof | None, expected: Expected) -> Report:
    if visited is None or proof is None:
        return Report(place, visited, visited.fault if visited else "", active=expected.active)
    if proof.manifest is None:
        return Report(place, visited, proof.reason, active=expected.active)
    differing = proof.manifest.differences(expected.whole) if expected.whole else None
    return Report(
        place,
        visited,
        _no_room(visited, expected.whole, differing or ()),
        digest=proof.manifest.digest,
        differing=None if differing is None else len(differing),
        unfinished=proof.reason,
        stale=expected.stale.get(place.host, ()),
        active=expected.active,
    )


def _no_room(visited: Visited, whole: Manifest | None, differing: Sequence[str]) -> str:
    """That a sync would not fit on a host's disk, "" if it would."""
    entries = whole.by_path if whole else {}
    needed = _ROOM + sum(entries[path].size for path in differing if path in entries)
    if visited.facts is None or visited.facts.free >= needed:
        return ""
    return f"less than {math.ceil(needed / (1 << 20))} MiB free where its root is, which a sync may need"
