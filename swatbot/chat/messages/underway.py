"""What is said while a deployment is under way: syncs, words, checks, holds."""

import re
from datetime import datetime

from swatbot.chat.handler import Site
from swatbot.chat.messages.hosts import folded, has, logged, named, odd, them, together
from swatbot.chat.messages.hosts import put_right as hosts_put_right
from swatbot.chat.messages.names import called, testers
from swatbot.chat.messages.text import ago, both, count, fit, hhmm, quoted
from swatbot.domain import events as e
from swatbot.domain.deployment import HoldKind, State, Word
from swatbot.domain.hosts import fold
from swatbot.domain.live import Live, Phase
from swatbot.domain.stage import Files, Stage, failures
from swatbot.domain.verdict import Finding

Sentences = tuple[str, ...]


def synced(event: e.HostsSynced, d: Live, _at: datetime, site: Site) -> Sentences:
    """Hosts that were put right, hosts that failed within the budget, and where a hold came to stand."""
    lines = [*_logged(event, d, site), *_mended(event, d)]
    if d.state is State.HELD and d.phase is Phase.SYNC:
        lines.append(f"#{d.number} stands still: {_share(d)}.")
        return tuple(lines)
    return (*lines, *_without(event, d, site))


def _without(event: e.HostsSynced | e.HostsPutRight, d: Live, site: Site) -> Sentences:
    """Hosts that failed, if that is within the budget: it goes on without them."""
    bad, total = failures(event.results), len(d.hosts(event.stage))
    if not bad or d.cause is not None or not site.rules.budget(event.stage).allows(len(bad), total):
        return ()
    hosts = fold(r.host for r in bad)
    return (f"#{d.number} {hosts} failed: {fit(bad[0].reason, 160)}. It goes on without.",)


def _mended(event: e.HostsSynced, d: Live) -> Sentences:
    """Files that were neither as before nor as wanted, by the hosts that had the same ones."""
    return tuple(
        f"#{d.number} {folded(hosts)} had {_which(files, d)}"
        f" not as the fleet has {them(files)}: put right, then synced."
        for hosts, files in hosts_put_right(event.results)
    )


def put_right(event: e.HostsPutRight, d: Live, _at: datetime, site: Site) -> Sentences:
    """What was put right before the first step, and hosts that could not be, within the budget."""
    did = "staged" if event.stage is Stage.TESTSERVERS else "synced"
    lines = (
        f"#{d.number} {odd(found)}: put back to what the fleet has, then {did}."
        for found in hosts_put_right(event.results)
    )
    return (*_logged(event, d, site), *lines, *_without(event, d, site))


def _logged(event: e.HostsPutRight | e.HostsSynced, d: Live, site: Site) -> Sentences:
    """What changed production beside the deployment's own files stays when that is undone."""
    if event.stage is Stage.TESTSERVERS:
        return ()
    return logged(f"Put right for #{d.number} on", event.results, site.bot, site)


def _share(d: Live) -> str:
    """How many hosts of the stage are as far as this step wants them: `31 of 97 hosts have 3f2a9c`."""
    hosts = d.of_stage(d.stage) if d.stage else ()
    last = len(d.states) - 1
    wanted = min(d.step + 1, last)
    proven = sum(d.proves(h, wanted) for h in hosts)
    what = d.digest if wanted == last else f"step {wanted} of {last}"
    return f"{proven} of {count(len(hosts), 'host')} {'has' if len(hosts) == 1 else 'have'} {what}"


def progressed(event: e.Progressed, d: Live, _at: datetime, _site: Site) -> Sentences:
    """How far, in the words that deployers know."""
    if not event.told:
        return ()
    t = event.tally
    tally = f"(in-flight: {t.in_flight}; ok: {t.ok}; fail: {t.fail}; left: {t.left})"
    return (f"#{d.number} {d.stage.value if d.stage else 'sync'}: {t.percent:3d}% {tally}",)


def verification(event: e.VerificationAsked, d: Live, _at: datetime, site: Site) -> Sentences:
    """Who is asked to test what, where, and until when."""
    hosts = d.hosts(Stage.TESTSERVERS)
    hint = site.rules.test_hint.replace("{host}", hosts[0] if hosts else "")
    where = fold(hosts)
    steps = ""
    if len(d.plan.steps) > 1:
        numbers = both(f"step {i}" for i in range(1, len(d.plan.steps) + 1))
        steps = f" ({numbers} pass their checks)"
    digest = "" if steps else f" ({d.digest})"
    return (
        (
            f"{testers(d.waits_for, site)}: #{d.number} is on {where}{digest}{steps}. Test with {hint},"
            f' then say "verified", or "broken" and why, by {hhmm(event.deadline)}.'
        ),
    )


def answer(event: e.Answer, d: Live, _at: datetime, site: Site) -> Sentences:
    """Whose word it was, and what follows."""
    if event.word is Word.BROKEN:
        return ()
    who = called(event.actor.name, site)
    own = " (own change)" if event.actor.person == d.actor.person and not event.override else ""
    place = " (in private)" if event.private else ""
    if event.override:
        others = both(called(p, site) for p in event.persons)
        said = f"#{d.number} verified by {who} in place of {others}: {quoted(event.why)}"
    elif event.word is Word.UNTESTABLE:
        said = f"#{d.number} untestable, says {who}{own}: {quoted(event.why)}"
    else:
        said = f"#{d.number} verified by {who}{own or f' ({d.digest})'}"
    return (f"{said}{place}{_then(d, site)}",)


def _then(d: Live, site: Site) -> str:
    if d.waits_for:
        until = f", until {hhmm(d.deadline)}" if d.deadline else ""
        return f"; still waiting for {both(called(p, site) for p in d.waits_for)}{until}."
    if d.state is State.HELD:
        return f'. It is held: "!resume {d.number}" lets it go on.'
    return f". Syncing canaries {fold(d.hosts(Stage.CANARIES))}."


def no_longer_staged(event: e.NoLongerStaged, d: Live, _at: datetime, _site: Site) -> Sentences:
    """What is on the test servers by now, so that nobody knows what was tested."""
    found = together((one.host, one.files) for one in event.drift)
    lines = [f"{folded(hosts)} {has(hosts)} {_which(files, d)} not as staged" for hosts, files in found]
    lines += [f"{folded(event.silent)} can not be asked what is there"] if event.silent else []
    said = f"#{d.number} is not synced: {'; '.join(lines)}, and that may be what was tested."
    return (f"{said} It is staged anew.",)


def _which(files: Files, d: Live) -> str:
    return count(len(files), "file") if d.private else named(files)


def reminded(_event: e.Reminded, d: Live, at: datetime, site: Site) -> Sentences:
    """Those who are waited for are reminded."""
    if d.hold is not None:
        by = f" by {called(d.hold.by, site)}" if d.hold.by else ""
        since = ago(at - d.hold.since)
        return (
            (
                f"{called(d.actor.name, site)}: #{d.number} has been held{by} for {since}:"
                f' "!resume {d.number}" or "!rollback {d.number}".'
            ),
        )
    until = f" by {hhmm(d.deadline)}" if d.deadline else ""
    return (
        f'{testers(d.waits_for, site)}: #{d.number} still waits: "verified", or "broken" and why{until}.',
    )


def bake(_event: e.BakeStarted, d: Live, _at: datetime, _site: Site) -> Sentences:
    """The canaries have it."""
    hosts = d.hosts(Stage.CANARIES)
    proven = sum(d.proves(h, len(d.states) - 1) for h in hosts)
    answers = [v.reason for v in d.verdicts if v.finding is Finding.PASS]
    said = f", {fit(answers[0], 120)}" if answers else ""
    return (
        f"#{d.number} canaries: {proven}/{len(hosts)} have {d.digest}{said}. Watching them under traffic.",
    )


def fleet(_event: e.FleetStarted, d: Live, _at: datetime, _site: Site) -> Sentences:
    """The canaries passed, and why."""
    passed = [v.reason for v in d.verdicts if v.finding is Finding.PASS]
    said = _in_a_sentence(fit(passed[-1], 200)) if passed else ""
    return (f"#{d.number} canaries pass{said}. Syncing {count(len(d.of_stage(Stage.FLEET)), 'host')}.",)


_AFTER = re.compile(r"after \d")


def _in_a_sentence(reason: str) -> str:
    """A log check says after how long; whatever else a check says is a sentence of its own."""
    return f" {reason}" if _AFTER.match(reason) else f": {reason}"


def held(event: e.Held, d: Live, _at: datetime, site: Site) -> Sentences:
    """Who holds it, why, and what lets it go on."""
    deployer, n = called(d.actor.name, site), d.number
    if event.kind is HoldKind.STUMBLE:
        return (
            (
                f"{deployer}: I stumbled over #{n} and hold it: {fit(event.why, 160)}."
                f' The log has more. "!resume {n}" or "!cancel {n}".'
            ),
        )
    if event.kind is HoldKind.QUESTION:
        where = d.stage.value if d.stage else "checks"
        until = f"; rolls back at {hhmm(event.deadline)}" if event.deadline else ""
        return (
            (
                f"#{n} {where}: can not judge: {fit(event.why, 160)}. {deployer}:"
                f' "!recheck {n}", "!continue {n} WHY" or "!rollback {n}"{until}.'
            ),
        )
    words = f": {quoted(event.why)}" if event.why else ""
    place = " (in private)" if event.private else ""
    have = ""
    if d.stage and d.touched:
        syncing = d.phase is Phase.SYNC and not d.cause
        have = " Hosts in flight finish." if syncing else f" {_share(d)}."
    end = f'"!resume {n}" or "!rollback {n}"' if d.touched else f'"!resume {n}" or "!cancel {n}"'
    return (f"#{n} held by {called(event.by, site)}{place}{words}.{have} {deployer}: {end}.",)


def resumed(event: e.Resumed, d: Live, _at: datetime, site: Site) -> Sentences:
    """It goes on."""
    if event.recheck:
        return (f"#{d.number} is checked again for {called(event.by, site)}.",)
    return (f"#{d.number} resumed by {called(event.by, site)}: {d.state.words}.",)


def continued(event: e.Continued, d: Live, _at: datetime, site: Site) -> Sentences:
    """Somebody decided what the checks could not."""
    return (f"#{d.number} goes on without a verdict, says {called(event.by, site)}: {quoted(event.why)}.",)
