"""An environment on paper: a tree and hosts as plain values, so that tests know what hosts really hold.

A manifest's digest spells out what it stands for (`a=3;b=1`), so nothing has to be looked up.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from swatbot.domain.coverage import Change
from swatbot.domain.deployment import Place
from swatbot.domain.effects import Mend, PutRight, RestoreStep, SyncStep
from swatbot.domain.findings import Edit, Findings, Holdings, Mark, PathFault, Pin, StageHosts
from swatbot.domain.person import Actor, People, Person, Role
from swatbot.domain.plan import Options, Plan
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Budget, HostResult, Outcome, Stage, failures

START = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
PATHS = ("a", "b", "c")
WITHOUT_WEB5 = (
    StageHosts(Stage.TESTSERVERS, ("debug1",)),
    StageHosts(Stage.CANARIES, ("web1", "web2")),
    StageHosts(Stage.FLEET, ("web3", "web4")),
)
STAGES = (
    StageHosts(Stage.TESTSERVERS, ("debug1",)),
    StageHosts(Stage.CANARIES, ("web1", "web2")),
    StageHosts(Stage.FLEET, ("web3", "web4", "web5")),
)
HOSTS = tuple(h for s in STAGES for h in s.hosts)
PRODUCTION = HOSTS[1:]
PEOPLE = People(
    (
        Person("alice", Role.DEPLOYER, ("net/alice",), ("alice@example.org",)),
        Person("bob", Role.PERSON, ("net/bob",), ("bob@example.org",), nick="b\u202eob\r\n\x03"),
        Person("carol", Role.PERSON, ("net/carol",), ("carol@example.org",)),
        Person("dan", Role.ADMIN, ("net/dan",), ("dan@example.org",)),
    )
)
ACTORS = tuple(PEOPLE.actor(p.name, p.accounts[0]) for p in PEOPLE.everyone)
STRANGER = Actor("mallory\x02", None)
PLACE = Place("net", "#swat")


def rules(*, rolls_back: bool = True, spare: int = 0, self_verify: bool = True, patrol: int = 0) -> Rules:
    """The site's decisions; `spare` hosts of production may fail in each stage, `patrol` is in hours."""
    budgets = {Stage.CANARIES: Budget(hosts=spare), Stage.FLEET: Budget(hosts=spare)}
    return Rules(
        STAGES,
        budgets,
        patrol_every=timedelta(hours=patrol),
        self_verify=self_verify,
        fail_rolls_back=rolls_back,
        delete_floor=9,
        people=PEOPLE,
    )


def spell(held: Mapping[str, int], paths: Iterable[str] = PATHS) -> str:
    """The digest of these paths."""
    return ";".join(f"{p}={held[p]}" for p in sorted(set(paths)))


def unspell(digest: str) -> dict[str, int]:
    """What a digest stands for."""
    return {p: int(v) for p, v in (part.split("=") for part in digest.split(";"))}


class PaperTree:
    """Every edit is a commit with a new version of its paths."""

    def __init__(self) -> None:
        self.versions = dict.fromkeys(PATHS, 0)
        self.commits: list[Change] = []

    def commit(self, who: str, paths: Iterable[str]) -> None:
        """One commit that touches these paths."""
        files = tuple(sorted(set(paths)))
        for path in files:
            self.versions[path] += 1
        made = f"{len(self.commits):07d}commit"
        self.commits.insert(0, Change(made, who, f"{who}@example.org", "Subject", START, files, who))

    def holdings(self) -> Holdings:
        """Everything as it is, taken over."""
        return Holdings(spell(self.versions), (Mark(".", "base"),))

    def findings(self, plan: Plan, holdings: Holdings, *, odd: str = "") -> Findings:
        """The tree against what the fleet holds; `odd` puts a fault in."""
        held = unspell(holdings.manifest)
        differing = {p for p in PATHS if held[p] != self.versions[p]}
        files = tuple(p for p in plan.paths if p in differing)
        return Findings(
            "head",
            (PathFault("b\x00d", "missing"),) if odd == "fault" else (),
            tuple(c for c in self.commits if differing.intersection(c.files)),
            files,
            added=len(files),
            held=len(plan.paths),
            dirty=tuple(map(Edit, files[:1])) if odd == "dirty" else (),
        )

    def pin(self, plan: Plan, holdings: Holdings) -> Pin:
        """The snapshot as it would be taken now."""
        held = unspell(holdings.manifest)
        state = {p: held[p] for p in plan.paths}
        states = [spell(state, plan.paths)]
        for step in plan.steps:
            state |= {p: self.versions[p] for p in step.paths}
            states.append(spell(state, plan.paths))
        return Pin(tuple(states), self.findings(plan, holdings))


class Fate(StrEnum):
    """What happens to one host while an effect works on it, whatever is reported."""

    OK = "ok"
    HALF = "half"
    WHOLE = "whole"
    NOTHING = "nothing"
    UNREACHABLE = "unreachable"
    STOP = "stop"


class PaperHosts:
    """What hosts really hold, which the domain can only learn from what is reported."""

    def __init__(self) -> None:
        self.truth: dict[str, dict[str, int]] = {h: dict.fromkeys(PATHS, 0) for h in HOSTS}
        self.spoiled: set[str] = set()

    def spoil(self, host: str, path: str) -> None:
        """Somebody edits a file on a host, behind everybody's back."""
        self.truth[host][path] = -1
        self.spoiled.add(host)

    def clear(self, host: str) -> None:
        """A host that was installed anew."""
        self.truth[host] = dict.fromkeys(PATHS, -2)

    def wrong(self, host: str, digest: str) -> tuple[str, ...]:
        """The paths in which a host holds something else."""
        return tuple(p for p, version in unspell(digest).items() if self.truth[host][p] != version)

    def holds(self, host: str, digest: str) -> bool:
        """Whether a host really holds this."""
        return self.truth[host].items() >= unspell(digest).items()

    def write(self, host: str, target: str, fate: Fate) -> None:
        """Bring a host to a state, or half of the way: files are moved in the order of their paths."""
        wanted = unspell(target)
        differing = [p for p in wanted if self.truth[host][p] != wanted[p]]
        if fate is Fate.HALF:
            differing = differing[: max(1, len(differing) // 2)]
        if fate in (Fate.OK, Fate.WHOLE, Fate.HALF):
            self.truth[host] |= {p: wanted[p] for p in differing}


def results_of(
    effect: Mend | PutRight | SyncStep | RestoreStep, fates: list[Fate], budget: Budget, *, stopped: bool
) -> list[tuple[HostResult, Fate]]:
    """What a fleet reports for these fates: beyond the budget, and once it is stopped, no host is begun."""
    found: list[tuple[HostResult, Fate]] = []
    stop = False
    for place, host in enumerate(effect.hosts):
        fate = fates[place] if place < len(fates) else Fate.OK
        over = not budget.allows(len(failures(r for r, _ in found)), len(effect.hosts))
        stop = stop or over or (stopped and fate is Fate.STOP)
        target = effect.whole if isinstance(effect, Mend | PutRight) else effect.states[effect.step]
        found.append((_result(host, target, fate, stop=stop), Fate.NOTHING if stop else fate))
    return found


def _result(host: str, target: str, fate: Fate, *, stop: bool) -> HostResult:
    if stop:
        return HostResult(host, Outcome.NOT_STARTED)
    if fate in (Fate.OK, Fate.STOP):
        return HostResult(host, Outcome.OK, target)
    if fate is Fate.UNREACHABLE:
        return HostResult(host, Outcome.UNREACHABLE, reason="no answer in 10 s")
    return HostResult(host, Outcome.FAILED, reason="No space left\r\non device \u202e")


def plan_options(names: tuple[str, ...] = (), *, partial: bool = False, emergency: str = "") -> Options:
    """Options as they are typed."""
    return Options(verifiers=names, partial=partial, emergency=emergency)
