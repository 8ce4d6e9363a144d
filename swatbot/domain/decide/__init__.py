"""Deciding: status and command in, events out. Nothing here does anything; the engine does."""

from datetime import datetime

from swatbot.domain import commands as c
from swatbot.domain.decide.asking import on_retry, on_rollback, on_sync
from swatbot.domain.decide.brake import (
    on_cancel,
    on_continue,
    on_hold,
    on_lock,
    on_recheck,
    on_resume,
    on_unlock,
)
from swatbot.domain.decide.inventory import configured, on_exclude, on_include
from swatbot.domain.decide.looking import on_inspected, on_snapshotted
from swatbot.domain.decide.onward import onward
from swatbot.domain.decide.reports import (
    on_checks,
    on_failed_effect,
    on_finished,
    on_hosts,
    on_progress,
    on_staged,
)
from swatbot.domain.decide.ticking import on_tick
from swatbot.domain.decide.upkeep import (
    on_drift_seen,
    on_failed_upkeep,
    on_mended,
    on_patrolled,
    on_repair,
    on_returned,
)
from swatbot.domain.decide.words import on_here, on_mumble, on_override, on_speak
from swatbot.domain.effects import Mend, Patrol
from swatbot.domain.events import BaselineTaken, EngineStarted, Event
from swatbot.domain.evolve import evolve
from swatbot.domain.live import Live
from swatbot.domain.permissions import permit
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status

__all__ = ["decide"]


def decide(status: Status, command: c.Command, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """What follows from a command, with all that follows from that without anybody's doing.

    Raises:
        DeclinedError: a person asked for what can not be done; nothing follows.
    """
    if isinstance(command, c.PersonCommand):
        permit(command, rules)
        events = _person(status, command, now, rules)
    else:
        events = _shell(status, command, now, rules)
    for event in events:
        status = evolve(status, event, now)
    while (next_event := onward(status, now, rules)) is not None:
        events = (*events, next_event)
        status = evolve(status, next_event, now)
    return events


def _person(status: Status, command: c.PersonCommand, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match command:
        case c.Sync() | c.Retry() | c.Rollback():
            return _asking(status, command, rules)
        case c.Speak() | c.Mumble() | c.Override() | c.Here():
            return _words(status, command, now, rules)
        case c.PutLock() | c.Unlock() | c.Repair() | c.Exclude() | c.Include():
            return _of_site(status, command, now, rules)
        case _:
            return _brake(status, command)


def _asking(status: Status, command: c.Sync | c.Retry | c.Rollback, rules: Rules) -> tuple[Event, ...]:
    match command:
        case c.Sync():
            return on_sync(status, command, rules)
        case c.Retry():
            return on_retry(status, command, rules)
        case c.Rollback():
            return on_rollback(status, command)


def _words(
    status: Status, command: c.Speak | c.Mumble | c.Override | c.Here, now: datetime, rules: Rules
) -> tuple[Event, ...]:
    match command:
        case c.Speak():
            return on_speak(status, command, now, rules)
        case c.Mumble():
            return on_mumble(status, command, rules)
        case c.Override():
            return on_override(status, command, rules)
        case c.Here():
            return on_here(status, command)


Brake = c.PutHold | c.Resume | c.Recheck | c.Continue | c.Cancel
OfSite = c.PutLock | c.Unlock | c.Repair | c.Exclude | c.Include


def _brake(status: Status, command: Brake) -> tuple[Event, ...]:
    match command:
        case c.PutHold():
            return on_hold(status, command)
        case c.Resume():
            return on_resume(status, command)
        case c.Recheck():
            return on_recheck(status, command)
        case c.Continue():
            return on_continue(status, command)
        case c.Cancel():
            return on_cancel(status, command)


def _of_site(status: Status, command: OfSite, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match command:
        case c.PutLock():
            return on_lock(status, command, now)
        case c.Unlock():
            return on_unlock(status, command, rules)
        case c.Repair():
            return on_repair(status, command)
        case c.Exclude():
            return on_exclude(status, command, rules)
        case c.Include():
            return on_include(status, command, rules)


def _shell(status: Status, command: c.ShellCommand, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match command:
        case c.Start():
            away = (now - command.away_since).total_seconds() if command.away_since else 0.0
            started = EngineStarted(command.token, command.away_since, max(0.0, away))
            return (started, *configured(status, rules, status.excluded))
        case c.Tick():
            return on_tick(status, now, rules)
        case c.TakeBaseline():
            return (BaselineTaken(command.holdings, command.hosts, command.by),)
        case c.HostReturned():
            return on_returned(status, command, now)
        case c.MendReported():
            return on_mended(status, command)
        case c.PatrolReported():
            return on_patrolled(status, command)
        case c.DriftSeen():
            return on_drift_seen(status, command)
        case _:
            return _outcome(status, command, now, rules)


OfTree = c.Inspected | c.Snapshotted | c.Finished
OfHosts = c.HostsReported | c.TellProgress | c.ChecksReported | c.StagedReported


def _outcome(
    status: Status, command: OfTree | OfHosts | c.EffectFailed, now: datetime, rules: Rules
) -> tuple[Event, ...]:
    """What came of an effect; one that is over is of no interest any more."""
    if isinstance(command, c.EffectFailed) and isinstance(command.effect, Mend | Patrol):
        return on_failed_upkeep(status, command.effect, command.error)
    d = status.live.get(command.effect.number)
    if d is None:
        return ()
    if isinstance(command, c.EffectFailed):
        return on_failed_effect(d, command)
    if isinstance(command, OfTree):
        return _of_tree(status, d, command, rules)
    return _of_hosts(status, d, command, now, rules)


def _of_tree(status: Status, d: Live, command: OfTree, rules: Rules) -> tuple[Event, ...]:
    match command:
        case c.Inspected():
            return on_inspected(status, d, command, rules)
        case c.Snapshotted():
            return on_snapshotted(status, d, command, rules)
        case c.Finished():
            return on_finished(status, d, command)


def _of_hosts(status: Status, d: Live, command: OfHosts, now: datetime, rules: Rules) -> tuple[Event, ...]:
    match command:
        case c.HostsReported():
            return on_hosts(status, d, command, now, rules)
        case c.TellProgress():
            return on_progress(d, command, now)
        case c.ChecksReported():
            return on_checks(d, command, now, rules)
        case c.StagedReported():
            return on_staged(d, command)
