"""A submitter's word: whose it is, which deployment it means, and what is nearly one."""

import re
from datetime import datetime, timedelta

from swatbot.domain import commands as c
from swatbot.domain.decide.picking import on_its_way, pick_or_named
from swatbot.domain.deployment import Asked, Cause, CauseKind, Deployment, HoldKind, State, Word
from swatbot.domain.events import Answer, Event, Held, Rejoined, RollbackStarted
from swatbot.domain.live import Live
from swatbot.domain.person import Actor, Role
from swatbot.domain.reasons import (
    AlreadySaid,
    DeclinedError,
    NearlyAWord,
    NeedsRole,
    NotAsked,
    NothingTo,
    NotProven,
    OtherCard,
    OtherThread,
    Relayed,
    SayNumber,
    SelfVerifyDenied,
    TooEarly,
    WhyNeeded,
    WrongState,
)
from swatbot.domain.rules import Rules
from swatbot.domain.status import Status

_CONFUSABLE = timedelta(minutes=1)
_LOOK_BACK = 20
# How bridges write whose words they pass on: "<alice> verified", "[alice]: verified".
_RELAYED = re.compile(r"\W*[<\[(]\W*(?P<name>[^\s>\])]+)\s*[>\])]")
_SHIPPING = (State.CANARIES, State.BAKING, State.FLEET, State.FINISHING)


def on_speak(status: Status, command: c.Speak, now: datetime, rules: Rules) -> tuple[Event, ...]:
    """A word counts from those who are asked; a bare one from others is chatter, and nothing follows."""
    d = _named(status, command) or _meant(status, command, now, rules)
    if d is None:
        return ()
    mine = next((a for a in d.asked if a.person == command.actor.person), None)
    if mine is None:
        raise DeclinedError(_not_yours(d, command.actor, rules))
    if not command.why and command.word is not Word.VERIFIED:
        raise DeclinedError(WhyNeeded(usage=f"{command.word.value} {d.number} WHY"))
    return _said(d, mine, command, rules)


def _named(status: Status, command: c.Speak) -> Live | None:
    """The deployment that was named, or under whose card a command, or the word of who is asked, was said."""
    number, card = command.number, command.about
    if number is not None and card is not None and number != card:
        raise DeclinedError(OtherCard(number=number, card=card))
    if number is None and card is not None:
        d = status.deployment(card)
        asked = d is not None and any(a.person == command.actor.person for a in d.asked)
        number = card if asked or not command.bare else None
    return None if number is None else on_its_way(status, number, command.word.value)


def on_mumble(status: Status, command: c.Mumble, rules: Rules) -> tuple[Event, ...]:
    """What is nearly a word is asked about when its speaker is asked; from others it is chatter."""
    for d in _awaiting(status):
        if command.actor.person in d.waits_for:
            raise DeclinedError(NearlyAWord(text=command.text, number=d.number))
    relayed = _RELAYED.match(command.text)
    for d in _awaiting(status) if relayed else ():
        if relayed and relayed["name"].casefold() in _names(d, rules):
            raise DeclinedError(Relayed(number=d.number, name=relayed["name"]))
    _perhaps_taken_for_another(status, command.actor, rules)
    return ()


def on_override(status: Status, command: c.Override, rules: Rules) -> tuple[Event, ...]:
    """A deployer's word in the place of all who are still asked, or of some of them."""
    if not command.why:
        raise DeclinedError(WhyNeeded(usage="!verify [#] --override WHY"))
    d = pick_or_named(status, _awaiting(status), command.number, "verify")
    waiting = d.waits_for
    strangers = {p.casefold() for p in command.persons} - {p.casefold() for p in waiting}
    if strangers or not waiting:
        raise DeclinedError(NotAsked(number=d.number, waits_for=_called(waiting, rules), known=True))
    named = {p.casefold() for p in command.persons or waiting}
    persons = tuple(p for p in waiting if p.casefold() in named)
    if command.actor.person in persons and not rules.self_verify:
        raise DeclinedError(SelfVerifyDenied(number=d.number))
    answer = Answer(
        d.number,
        Word.VERIFIED,
        persons,
        command.actor,
        command.why,
        override=True,
        private=command.place.private,
    )
    return (answer,)


def on_here(status: Status, command: c.Here) -> tuple[Event, ...]:
    """A parked deployment rejoins when one of its people is here."""
    name = command.actor.person
    for_others = command.actor.role >= Role.DEPLOYER and not command.bare
    parked = status.in_state(State.PARKED) if name is not None else ()
    mine = [d for d in parked if name in d.people or for_others]
    if command.bare and command.number is None:
        if len(mine) != 1:
            return ()
        if command.apart:
            raise DeclinedError(OtherThread(number=mine[0].number, word="here"))
    d = pick_or_named(status, mine, command.number, "here")
    return (Rejoined(d.number, command.actor),)


def _meant(status: Status, command: c.Speak, now: datetime, rules: Rules) -> Live | None:
    """The one deployment that a word without a number can mean, None for chatter."""
    if command.about is not None:
        return None
    name = command.actor.person
    asked = [d for d in _awaiting(status) if name is not None and name in d.waits_for]
    if command.word is Word.BROKEN and not asked and name is not None:
        asked = [d for d in status.live.values() if d.active and any(a.person == name for a in d.asked)]
    if not asked:
        _perhaps_taken_for_another(status, command.actor, rules)
        if command.bare:
            return None
        raise DeclinedError(NothingTo(command=command.word.value))
    newest = max(asked, key=lambda d: d.number)
    if command.bare and command.apart:
        raise DeclinedError(OtherThread(number=newest.number, word=command.word.value))
    other = _confusable(status, newest, str(name), now)
    if other is not None:
        over = other.state.terminal
        raise DeclinedError(
            SayNumber(word=command.word.value, over=other.number, over_ended=over, staged=newest.number)
        )
    return newest


def _confusable(status: Status, d: Deployment, name: str, now: datetime) -> Deployment | None:
    """Another deployment that the same person was asked about, or decided, a moment ago."""
    for number in range(status.latest, max(0, status.latest - _LOOK_BACK), -1):
        other = status.deployment(number)
        if other is None or other.number == d.number:
            continue
        mine = [a for a in other.asked if a.person == name]
        moments = [other.asked_at, other.ended_at, *(a.at for a in mine)]
        recent = any(m is not None and now - m < _CONFUSABLE for m in moments)
        waited_for = name in other.waits_for and other is status.active
        if mine and other.asked_at is not None and (recent or waited_for):
            return other
    return None


def _said(d: Live, mine: Asked, command: c.Speak, rules: Rules) -> tuple[Event, ...]:
    private = command.place.private
    state = d.hold.resume_to if d.hold else d.state
    held = d.hold is not None and d.hold.kind is HoldKind.PERSON
    if state in _SHIPPING and command.word is Word.BROKEN and not held:
        return (Held(d.number, HoldKind.PERSON, command.actor.name, command.why, None, private),)
    if not _is_awaiting(d):
        raise DeclinedError(WrongState(number=d.number, state=d.state.words, command=command.word.value))
    if command.word is not Word.BROKEN:
        _may_approve(d, mine, command, rules)
    answer = Answer(d.number, command.word, (mine.person,), command.actor, command.why, private=private)
    if command.word is not Word.BROKEN:
        return (answer,)
    return answer, RollbackStarted(
        d.number, Cause(CauseKind.BROKEN, command.actor.name, command.why), private
    )


def _may_approve(d: Deployment, mine: Asked, command: c.Speak, rules: Rules) -> None:
    if mine.word is not None:
        raise DeclinedError(AlreadySaid(number=d.number, word=mine.word.value))
    if command.at is not None and d.asked_at is not None and command.at < d.asked_at:
        raise DeclinedError(TooEarly(number=d.number, word=command.word.value))
    if command.actor.person == d.actor.person and not rules.self_verify:
        raise DeclinedError(SelfVerifyDenied(number=d.number))


def _not_yours(d: Live, actor: Actor, rules: Rules) -> NotAsked | NotProven | WrongState | NeedsRole:
    if not _is_awaiting(d):
        return WrongState(number=d.number, state=d.state.words, command="verify")
    if actor.account is None and _sounds_like(actor, d, rules):
        return NotProven(provable=actor.provable)
    owner = rules.people.called(actor.person) if actor.person and _sounds_like(actor, d, rules) else ""
    waits_for, known = _called(d.waits_for, rules), actor.person is not None
    return NotAsked(number=d.number, waits_for=waits_for, known=known, account_of=owner)


def _perhaps_taken_for_another(status: Status, actor: Actor, rules: Rules) -> None:
    """Who goes by the nick of somebody who is asked, and is not proven to be them, is told so."""
    for d in _awaiting(status):
        if _sounds_like(actor, d, rules):
            raise DeclinedError(_not_yours(d, actor, rules))


def _sounds_like(actor: Actor, d: Deployment, rules: Rules) -> bool:
    return actor.nick.casefold() in _names(d, rules)


def _names(d: Deployment, rules: Rules) -> set[str]:
    """What those are called whose word is waited for."""
    return {n.casefold() for p in d.waits_for for n in (p, rules.people.called(p))}


def _called(names: tuple[str, ...], rules: Rules) -> tuple[str, ...]:
    return tuple(rules.people.called(n) for n in names)


def _is_awaiting(d: Live) -> bool:
    state = d.hold.resume_to if d.hold else d.state
    return state is State.AWAITING_VERIFICATION


def _awaiting(status: Status) -> tuple[Live, ...]:
    return tuple(d for d in status.live.values() if _is_awaiting(d))
