"""What DESIGN promises, held against every event and every write, from facts that it keeps by itself."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from swatbot.domain import events as e
from swatbot.domain.deployment import HoldKind, Kind, State, Word
from swatbot.domain.effects import (
    Effect,
    Finish,
    Inspect,
    Mend,
    Patrol,
    PutRight,
    RestoreStep,
    SyncStep,
    next_effect,
)
from swatbot.domain.live import Live
from swatbot.domain.person import Role
from swatbot.domain.rules import Rules
from swatbot.domain.stage import Outcome, Stage
from swatbot.domain.status import Status
from swatbot.domain.verdict import Finding
from tests.domain.paper import PRODUCTION, PaperHosts, unspell

ORDER = tuple(Stage)
SETTLED = (e.RolledBack, e.Parked, e.Cancelled, e.Failed, e.Refused)


@dataclass
class Ledger:
    """What was seen of one deployment.

    Attributes:
        asked: whose word is wanted.
        approved: whose word, or another's in that place, was given since the snapshot.
        passed: (stage, step, baking) whose checks passed, or that a person let pass.
        reported: (stage, step) with the latest outcome of each host; step 0 is its putting right.
        excused: (stage, step) that a person let pass although it was over the budget.
        known: hosts that were stale before, and so fail nothing.
        sent: hosts that were really changed.
        restored: the lowest state that was gone back to.
        reached: the highest state that was sent.
        anew: whether it had to be staged once more.
    """

    asked: set[str] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)
    passed: set[tuple[Stage, int, bool]] = field(default_factory=set)
    reported: dict[tuple[Stage, int], dict[str, Outcome]] = field(default_factory=dict)
    excused: set[tuple[Stage, int]] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    restored: int | None = None
    reached: int = 0
    anew: bool = False


class Promises:
    """Watches one environment, and fails on the first promise that is broken."""

    def __init__(self, hosts: PaperHosts, rules: Rules) -> None:
        self.hosts, self.rules = hosts, rules
        self.ledgers: dict[int, Ledger] = {}
        self.excluded: set[str] = set()
        self.pairs: set[tuple[State, type[e.DeploymentEvent]]] = set()

    # --- events ----------------------------------------------------------------------------------

    def event(self, before: Status, event: e.Event, after: Status) -> None:
        """Judge one event."""
        if not isinstance(event, e.Completed | e.BaselineTaken):
            assert after.holdings == before.holdings, f"{event} changed what the fleet holds"
        for number, over in before.past.items():
            assert after.past.get(number) is over, f"#{number} was over, and {event} changed it"
        if isinstance(event, e.HostsExcluded):
            self.excluded.update(event.hosts)
        if isinstance(event, e.HostsIncluded):
            self.excluded.difference_update(event.hosts)
        if isinstance(event, e.GlobalEvent):
            return
        if isinstance(event, e.Requested):
            assert event.number == before.latest + 1, "a number was reused or left out"
        else:
            self.pairs.add((before.live[event.number].state, type(event)))
        self._note(before, event)
        self._end(before, event, after)

    def _note(self, before: Status, event: e.DeploymentEvent) -> None:
        match event:
            case e.Requested() | e.Rejoined():
                self.ledgers[event.number] = Ledger()
            case e.Accepted():
                self.ledgers[event.number].asked = set(event.asked)
            case e.Pinned():
                self._pinned(before.live[event.number], event)
            case e.Answer() | e.NoLongerStaged() | e.CanariesStarted():
                self._verification(before.live[event.number], event)
            case e.Checked() | e.Continued():
                self._checked(before.live[event.number], event)
            case e.HostsPutRight():
                reported = self.ledgers[event.number].reported.setdefault((event.stage, 0), {})
                reported.update({r.host: r.outcome for r in event.results})
                self.ledgers[event.number].known.update(before.stale)
            case e.HostsSynced():
                self._synced(event)

    def _pinned(self, d: Live, event: e.Pinned) -> None:
        """Words are about a snapshot; whose change is no part of it any more is not asked."""
        ledger = self.ledgers[event.number]
        ledger.approved.clear()
        if event.gone:
            left = {change.person for change in d.changes if change.short not in event.gone}
            ledger.asked = set(d.options.verifiers) or left or {d.actor.name}
            assert set(event.asked) == ledger.asked, "somebody else is asked than whose change ships"

    def _verification(self, d: Live, event: e.Answer | e.NoLongerStaged | e.CanariesStarted) -> None:
        match event:
            case e.Answer():
                self._word(event)
            case e.NoLongerStaged():
                ledger = self.ledgers[event.number]
                ledger.approved.clear()
                ledger.reported.clear()
                ledger.anew, ledger.reached = True, 0
            case e.CanariesStarted():
                self._as_tested(d)

    def _word(self, event: e.Answer) -> None:
        ledger = self.ledgers[event.number]
        if event.override:
            assert event.actor.role >= Role.DEPLOYER, "an override by somebody who may not"
            assert event.why, "an override without a reason"
        else:
            assert event.persons == (event.actor.person,), "a word in the place of somebody else"
        assert event.actor.account, "a word without a proven account"
        assert ledger.asked.issuperset(event.persons), "a word of somebody who was not asked"
        if event.word is Word.BROKEN:
            ledger.approved.difference_update(event.persons)
        else:
            ledger.approved.update(event.persons)

    def _as_tested(self, d: Live) -> None:
        assert d.before is not None
        wanted = unspell(d.before.manifest) | unspell(d.states[-1])
        for host in d.hosts(Stage.TESTSERVERS):
            if d.proves(host, len(d.states) - 1):
                assert self.hosts.truth[host] == wanted, "what was tested is not what ships"

    def _checked(self, d: Live, event: e.Checked | e.Continued) -> None:
        ledger = self.ledgers[event.number]
        if isinstance(event, e.Checked):
            if all(v.finding is Finding.PASS for v in event.verdicts):
                ledger.passed.add((event.stage, event.step, event.baking))
            return
        assert d.hold is not None, "continued without a question"
        assert d.stage is not None, "continued before there was a stage"
        baking = d.hold.resume_to is State.BAKING
        step = len(d.states) - 1 if baking else d.step + 1
        ledger.excused.add((d.stage, step))
        ledger.passed.add((d.stage, step, baking))

    def _synced(self, event: e.HostsSynced) -> None:
        reported = self.ledgers[event.number].reported.setdefault((event.stage, event.step), {})
        reported.update({r.host: r.outcome for r in event.results})

    # --- ends ------------------------------------------------------------------------------------

    def _end(self, before: Status, event: e.DeploymentEvent, after: Status) -> None:
        match event:
            case e.Completed():
                self._completed(before.live[event.number], event, after)
            case e.RollbackIncomplete():
                named = set(event.hosts)
                assert self._not_back(event.number, before) <= named, "not put back, and not named"
                assert self._ours(named) <= after.stale.keys(), "not put back, and not stale"
            case _ if isinstance(event, SETTLED):
                left = self._not_back(event.number, before)
                assert not left, f"{type(event).__name__}, and {sorted(left)} hold something else"
                self.ledgers[event.number].sent.clear()
            case e.RollbackStarted():
                self._nothing_lost(before, before.live[event.number])

    def _completed(self, d: Live, event: e.Completed, after: Status) -> None:
        wanted = d.states[0 if d.kind is Kind.ROLLBACK else -1]
        wrong = self._ours(h for h in d.hosts() if not self.hosts.holds(h, wanted)) - set(event.stale)
        assert not wrong, f"#{d.number} completed, and {sorted(wrong)} do not hold {wanted}"
        assert set(event.stale) <= after.stale.keys(), "left behind, and not stale"

    def _ours(self, hosts: Iterable[str]) -> set[str]:
        """Those that the config has: of others nothing is promised any more."""
        return ({h for found in self.rules.stages for h in found.hosts} - self.excluded).intersection(hosts)

    @staticmethod
    def _nothing_lost(before: Status, d: Live) -> None:
        """A rollback by number takes nothing away that a later deployment put there."""
        undone = {
            o.of for o in before.past.values() if o.kind is Kind.ROLLBACK and o.state is State.COMPLETED
        }
        for later in before.past.values():
            shipped = later.kind is Kind.SYNC and later.state is State.COMPLETED
            if d.kind is Kind.ROLLBACK and later.number > d.of and shipped and later.number not in undone:
                assert not later.plan.overlaps(d.plan), (
                    f"#{d.number} takes away what #{later.number} put there"
                )

    def _not_back(self, number: int, before: Status) -> set[str]:
        d = before.live[number]
        sent = self.ledgers[number].sent
        assert d.states or not sent, "a host was changed before there was a snapshot"
        return {h for h in sent.intersection(d.hosts()) if not self.hosts.holds(h, d.states[0])}

    # --- writes ----------------------------------------------------------------------------------

    def may_write(self, d: Live | None, effect: SyncStep | RestoreStep, host: str) -> None:
        """Judge one write, before it happens; `d` is the deployment as it stands."""
        assert d is not None, f"{effect} writes for a deployment that is over"
        ledger = self.ledgers[effect.number]
        ledger.sent.add(host)
        assert effect.states == d.states, "not what was pinned"
        if isinstance(effect, RestoreStep):
            return
        ledger.reached = max(ledger.reached, effect.step)
        if host in PRODUCTION:
            missing = ledger.asked - ledger.approved
            assert ledger.asked, f"#{d.number} is in production, and nobody was asked"
            assert not missing, f"#{d.number} is in production without the word of {sorted(missing)}"
        assert host not in d.behind, f"{host} is behind, and was not put right"
        if effect.stage is Stage.TESTSERVERS:
            right = ledger.reported.get((Stage.TESTSERVERS, 0), {}).get(host)
            assert right is Outcome.OK, "staged on a test server that did not prove its baseline"
        if effect.stage is Stage.FLEET:
            assert (Stage.CANARIES, len(d.states) - 1, True) in ledger.passed, "fleet before the bake"
        for stage, step in self._earlier(d, effect):
            self._complete(d, ledger, stage, step)

    def may_put_right(self, status: Status, effect: PutRight | Mend, host: str) -> None:
        """Judge the putting right of one host: with what the fleet holds, and before anything else."""
        d, holdings = status.live.get(effect.number), status.holdings
        assert holdings is not None
        assert effect.whole == holdings.manifest, "not what the fleet holds"
        if isinstance(effect, Mend):
            assert self._apart(status, effect), f"{host} is mended while #{status.active} is at work on it"
            return
        assert d is not None, f"{effect} writes for a deployment that is over"
        assert host in d.behind, "a host that was not behind is put right"
        ledger = self.ledgers[effect.number]
        assert host not in ledger.sent or ledger.anew, "put right after it was synced"
        if host in PRODUCTION:
            assert ledger.asked <= ledger.approved, "production before everybody's word"

    def _earlier(self, d: Live, effect: SyncStep) -> Iterable[tuple[Stage, int]]:
        for stage in ORDER[: ORDER.index(effect.stage) + 1]:
            last = effect.step - 1 if stage is effect.stage else len(d.states) - 1
            yield from ((stage, step) for step in range(1, last + 1))

    def _complete(self, d: Live, ledger: Ledger, stage: Stage, step: int) -> None:
        assert (stage, step, False) in ledger.passed, f"{stage} step {step} was not checked"
        outcomes = ledger.reported.get((stage, step), {})
        begun = {h for h, o in outcomes.items() if o is not Outcome.NOT_STARTED}
        left_out = {h for h, o in ledger.reported.get((stage, 0), {}).items() if o is not Outcome.OK}
        assert begun | left_out >= set(d.hosts(stage)), f"{stage} step {step} is not on all hosts"
        bad = sum(outcomes.get(h) is not Outcome.OK for h in d.hosts(stage) if h not in ledger.known)
        allowed = self.rules.budget(stage).allows(bad, len(d.hosts(stage)))
        assert allowed or (stage, step) in ledger.excused, f"{stage} step {step} is over its budget"

    def _apart(self, status: Status, effect: Mend | Patrol) -> bool:
        """Whether nobody else works on the hosts: only production is free, and until it is begun."""
        d = status.active
        if d is None:
            return True
        begun = d.kind is Kind.ROLLBACK or not d.states or self.ledgers[d.number].sent & set(PRODUCTION)
        return not begun and set(effect.hosts) <= set(PRODUCTION)

    def begins(self, status: Status, effect: Effect) -> None:
        """Judge an effect that is about to begin."""
        if isinstance(effect, Mend | Patrol):
            assert self._apart(status, effect), f"{effect} begins, and a deployment is at work there"
            return
        d = status.live[effect.number]
        if isinstance(effect, PutRight | SyncStep | RestoreStep) and status.mending is not None:
            assert not set(effect.hosts) & set(status.mending.hosts), f"{effect} begins on what is mended"
        assert d.state is not State.HELD, f"#{d.number} is held, and {effect} begins"
        if not isinstance(effect, Inspect):
            assert status.active is d, f"{effect} begins, and #{d.number} is not the active one"
        if isinstance(effect, RestoreStep):
            ledger = self.ledgers[d.number]
            first = len(d.states) if d.kind is Kind.ROLLBACK else ledger.reached
            above = first if ledger.restored is None else ledger.restored
            assert effect.step in (above, above - 1) or ledger.restored is None, "a step back was left out"
            assert effect.step >= ledger.reached - 1 or ledger.restored is not None, "back by two steps"
            ledger.restored = effect.step
        if isinstance(effect, Finish):
            assert effect.whole == (status.holdings.manifest if status.holdings else ""), "an old whole"

    # --- what is always so -----------------------------------------------------------------------

    def standing(self, status: Status) -> None:
        """Judge how things stand."""
        active = [d.number for d in status.live.values() if d.active]
        assert len(active) <= 1, f"active at once: {active}"
        assert not status.past.keys() & status.live.keys()
        assert set(status.queue) <= status.live.keys(), "somebody who is over is in the queue"
        for d in status.live.values():
            assert not d.state.terminal
            assert self._moves(status, d), f"#{d.number} stands still in {d.state}: {d}"

    def _moves(self, status: Status, d: Live) -> bool:
        """Whether something comes next: an effect, the queue's turn, or a named person before a deadline."""
        match d.state:
            case State.HELD:
                return self._held(d)
            case State.QUEUED:
                held_up = status.active is not None or status.lock is not None or status.upkeep is not None
                return held_up and d.number in status.queue
            case State.AWAITING_VERIFICATION:
                by_itself = next_effect(d, status) is not None
                return by_itself or (bool(d.waits_for or status.mending) and d.deadline is not None)
            case State.PARKED:
                return bool(d.people) and d.deadline is not None
            case _:
                return next_effect(d, status) is not None

    @staticmethod
    def _held(d: Live) -> bool:
        assert d.hold is not None
        match d.hold.kind:
            case HoldKind.PERSON:
                return bool(d.hold.by)
            case HoldKind.QUESTION:
                return d.hold.deadline is not None
            case HoldKind.STUMBLE:
                # Only a person can tell what became of it; its deployer is reminded until then.
                return d.reminded_at is not None

    def at_rest(self, status: Status) -> None:
        """No host is stale unnoticed: with nothing active, who is not named holds what the fleet holds."""
        if status.active is not None or status.holdings is None:
            return
        fleet = status.holdings.manifest
        known = status.stale.keys() | self.hosts.spoiled
        wrong = self._ours(h for h in self.hosts.truth if not self.hosts.holds(h, fleet)) - known
        assert not wrong, f"{sorted(wrong)} do not hold {fleet}, and are not called stale"
