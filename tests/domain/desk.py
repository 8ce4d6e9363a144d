"""The engine on paper: one effect at a time for each deployment, each event folded at once and judged."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from swatbot.chat.handler import Site
from swatbot.chat.messages.announcements import tell
from swatbot.domain import commands as c
from swatbot.domain import effects as f
from swatbot.domain import events as e
from swatbot.domain.decide import decide
from swatbot.domain.decide.ticking import next_tick
from swatbot.domain.deployment import State, Word
from swatbot.domain.evolve import evolve, fold
from swatbot.domain.findings import Season, StageHosts
from swatbot.domain.reasons import DeclinedError
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Budget, Files, HostResult, Outcome
from swatbot.domain.status import Status
from swatbot.domain.upkeep import Drift
from swatbot.domain.verdict import Finding, Verdict
from tests.domain.paper import ACTORS, PLACE, START, Fate, PaperHosts, PaperTree, results_of, spell, unspell
from tests.domain.promises import Promises
from tests.domain.safe_lines import assert_safe

Pushed = f.PutRight | f.SyncStep | f.RestoreStep
Writing = Pushed | f.Mend


@dataclass
class Running:
    """An effect in a worker; `stopped` once it was told to begin nothing more."""

    effect: f.Effect
    stopped: bool = False


class Desk:
    """One environment from its baseline on."""

    def __init__(self, rules: Rules) -> None:
        self.rules, self.now, self.status = rules, START, Status()
        self.tree, self.hosts = PaperTree(), PaperHosts()
        self.promises = Promises(self.hosts, rules)
        self.site = Site("swatbot", "deploy1001", rules)
        self.log: list[tuple[e.Event, datetime]] = []
        self.running: dict[int, Running] = {}
        self.told: set[type[e.Event]] = set()
        self.do(c.Start(1, None))
        self.do(c.TakeBaseline(self.tree.holdings(), 6, "dan"))

    # --- deciding --------------------------------------------------------------------------------

    def do(self, command: c.Command) -> bool:
        """Decide, fold and begin what follows; whether it was not declined."""
        try:
            events = decide(self.status, command, self.now, self.rules)
        except DeclinedError:
            assert isinstance(command, c.PersonCommand), f"{command} was declined"
            return False
        for event in events:
            self._believe(event)
        self._begin()
        return True

    def _believe(self, event: e.Event) -> None:
        before, self.status = self.status, evolve(self.status, event, self.now)
        self.log.append((event, self.now))
        self.promises.event(before, event, self.status)
        for line in tell(event, self.status, self.now, self.site):
            self.told.add(type(event))
            assert_safe(line.text)

    def _begin(self) -> None:
        wanted = {effect.number: effect for effect in f.effects(self.status)}
        for number, running in self.running.items():
            running.stopped = running.stopped or wanted.get(number) != running.effect
        upkeep = self.running.get(0)
        if upkeep is not None and upkeep.stopped:
            del self.running[0]
            self.do(self._end_mend(upkeep.effect) if isinstance(upkeep.effect, f.Mend) else c.Tick())
            return
        for number, effect in wanted.items():
            if number not in self.running:
                self.promises.begins(self.status, effect)
                self.running[number] = Running(effect)

    # --- what comes of effects -------------------------------------------------------------------

    def end(
        self, running: Running, fates: list[Fate], finding: Finding = Finding.PASS, odd: str = ""
    ) -> None:
        """An effect ends, and reports."""
        del self.running[running.effect.number]
        self.do(self.outcome(running, fates, finding, odd))

    def outcome(self, running: Running, fates: list[Fate], finding: Finding, odd: str) -> c.ShellCommand:
        """What an effect reports; hosts are really changed by it."""
        effect = running.effect
        match effect:
            case f.Inspect():
                season = Season(freeze="holidays" if odd == "frozen" else "")
                found = self.tree.findings(effect.plan, effect.holdings, odd=odd)
                return c.Inspected(effect, found, season)
            case f.TakeSnapshot():
                return c.Snapshotted(effect, self.tree.pin(effect.plan, effect.holdings))
            case f.PutRight() | f.SyncStep() | f.RestoreStep():
                return self._push(effect, fates, stopped=running.stopped)
            case f.Mend():
                return self._mend(effect, fates)
            case f.Patrol() | f.ProveStaged():
                return self._prove(effect, fates)
            case f.RunChecks():
                verdict = Verdict("logs", finding, "told so \u202e\r\n")
                return c.ChecksReported(effect, (verdict,))
            case f.Finish():
                return c.Finished(effect, spell(unspell(effect.whole) | unspell(effect.part)))

    def _push(self, effect: Pushed, fates: list[Fate], *, stopped: bool) -> c.HostsReported:
        budget = Budget(hosts=len(effect.hosts))
        if isinstance(effect, f.SyncStep):
            budget = self.rules.budget(effect.stage)
        found = results_of(effect, fates, budget, stopped=stopped)
        if isinstance(effect, f.PutRight):
            found = [(self._noticed(effect, result), fate) for result, fate in found]
        for result, fate in found:
            self._write(effect, result.host, Fate.OK if fate is Fate.STOP else fate)
        return c.HostsReported(effect, tuple(result for result, _ in found))

    def _mend(self, effect: f.Mend, fates: list[Fate]) -> c.MendReported:
        found = results_of(effect, fates, Budget(hosts=len(effect.hosts)), stopped=False)
        results = tuple(self._noticed(effect, result) for result, _ in found)
        for result, fate in found:
            self._write(effect, result.host, Fate.OK if fate is Fate.STOP else fate)
        return c.MendReported(effect, results)

    def _end_mend(self, effect: f.Mend) -> c.MendReported:
        """Hosts in flight are finished before anything else reaches them: one conversation at a time."""
        results = []
        for host in effect.hosts[:2]:
            results.append(self._noticed(effect, HostResult(host, Outcome.OK)))
            self.hosts.write(host, effect.whole, Fate.OK)
            self.hosts.spoiled.discard(host)
        results += [HostResult(host, Outcome.NOT_STARTED) for host in effect.hosts[2:]]
        return c.MendReported(effect, tuple(results), stopped=True)

    def _prove(
        self, effect: f.Patrol | f.ProveStaged, fates: list[Fate]
    ) -> c.PatrolReported | c.StagedReported:
        part = effect.part if isinstance(effect, f.ProveStaged) else effect.whole
        whole = spell(unspell(effect.whole) | unspell(part))
        wrong = (Drift(host, Files.of(self.hosts.wrong(host, whole))) for host in effect.hosts)
        drift = tuple(d for d in wrong if d.files)
        if isinstance(effect, f.Patrol):
            return c.PatrolReported(effect, drift)
        silent = (h for h, fate in zip(effect.hosts, fates, strict=False) if fate is Fate.UNREACHABLE)
        return c.StagedReported(effect, drift, tuple(silent))

    def _noticed(self, effect: f.PutRight | f.Mend, result: HostResult) -> HostResult:
        wrong = self.hosts.wrong(result.host, effect.whole)
        return replace(result, put_right=Files.of(wrong)) if result.outcome is Outcome.OK else result

    def _write(self, effect: Writing, host: str, fate: Fate) -> None:
        if fate in (Fate.NOTHING, Fate.UNREACHABLE):
            return
        if isinstance(effect, f.PutRight | f.Mend):
            self.promises.may_put_right(self.status, effect, host)
            self.hosts.write(host, effect.whole, fate)
            if self.hosts.holds(host, effect.whole):
                self.hosts.spoiled.discard(host)
            return
        self.promises.may_write(self.status.live.get(effect.number), effect, host)
        self.hosts.write(host, effect.states[effect.step], fate)

    def breaks(self, running: Running, fates: list[Fate], *, bug: bool) -> None:
        """An effect raises, after it has changed whatever it has changed."""
        del self.running[running.effect.number]
        self._half_way(running.effect, fates)
        self.do(c.EffectFailed(running.effect, "disk on fire \u202e\r\n", bug=bug))

    def _half_way(self, effect: f.Effect, fates: list[Fate]) -> None:
        if isinstance(effect, Writing):
            for host, fate in zip(effect.hosts, fates, strict=False):
                self._write(effect, host, fate)

    # --- crashes and time ------------------------------------------------------------------------

    def crash(self, fates: list[Fate], away: timedelta) -> None:
        """The engine dies in the middle of everything; another one folds the journal."""
        for running in self.running.values():
            self._half_way(running.effect, fates)
        self.running.clear()
        self.status = fold(Status(), self.log)
        last_seen, self.now = self.now, self.now + away
        self.do(c.Start(self.status.token + 1, last_seen))

    def configure(self, stages: tuple[StageHosts, ...]) -> None:
        """The bot is started with other hosts; one that is new there holds nothing yet."""
        known = {h for found in self.rules.stages for h in found.hosts}
        self.rules = self.promises.rules = replace(self.rules, stages=stages)
        self.site = Site("swatbot", "deploy1001", self.rules)
        for host in (h for found in stages for h in found.hosts if h not in known):
            self.hosts.clear(host)
        self.crash([], timedelta(seconds=41))

    def look(self) -> None:
        """Somebody asks what the hosts hold."""
        if self.status.active is not None or self.status.mending is not None or not self.status.holdings:
            return
        held = self.status.holdings.manifest
        hosts = [h for found in self.rules.stages for h in found.hosts]
        drift = [Drift(h, Files.of(files)) for h in hosts if (files := self.hosts.wrong(h, held))]
        differ = {found.host for found in drift}
        self.do(c.DriftSeen(tuple(drift), tuple(h for h in hosts if h not in differ)))

    def wait(self, span: timedelta) -> None:
        """Time passes; every deadline on the way is kept."""
        until = self.now + span
        while (due := next_tick(self.status, self.rules)) is not None and due <= until:
            self.now = max(self.now, due)
            self.tick()
        self.now = until

    def tick(self) -> None:
        """What is due now, is done once."""
        self.do(c.Tick())
        due = next_tick(self.status, self.rules)
        assert due is None or due > self.now, f"{due} is due, and was not dealt with at {self.now}"

    # --- people ----------------------------------------------------------------------------------

    def go_on(self, most: int = 60) -> None:
        """All goes well for a while: hosts answer, checks pass, those who are asked say `verified`."""
        for _ in range(most):
            if self.running:
                self.end(next(iter(self.running.values())), [])
            elif not self._verify():
                return

    def _verify(self) -> bool:
        for d in self.status.in_state(State.AWAITING_VERIFICATION):
            for actor in ACTORS:
                if actor.person in d.waits_for and self.do(c.Speak(actor, PLACE, Word.VERIFIED, d.number)):
                    return True
        return False

    def replay(self) -> Status:
        """What the journal folds to."""
        return fold(Status(), self.log)

    def numbers(self) -> Iterable[int]:
        """Every number there is."""
        return range(1, self.status.latest + 1)
