"""Why a word or a command does not count: who said it, in which words, where and when."""

from swatbot.chat.messages.text import both, fit, quoted, some
from swatbot.domain import reasons as r
from swatbot.domain.person import Role

_ROLE = {Role.PERSON: "people in people.toml", Role.DEPLOYER: "deployers", Role.ADMIN: "admins"}
People = r.NotAsked | r.Relayed | r.NotProven | r.NotKnown | r.NeedsRole | r.SelfVerifyDenied


def _not_theirs(reason: r.NotAsked | r.Relayed) -> str:
    """A word that others have to say."""
    match reason:
        case r.Relayed(number=n, name=name):
            who = fit(name, 40)
            return f"what is passed on from elsewhere proves nobody: {who} has to say it about #{n} here."
        case r.NotAsked(number=n, waits_for=names, account_of=owner) if owner:
            return f"#{n} waits for {both(names)}, and your account is that of {owner}."
        case r.NotAsked(number=n, waits_for=names, known=known):
            stranger = "" if known else ", and I do not know your account"
            return f"#{n} waits for {both(names) or 'nobody'}{stranger}."


def about_people(reason: People) -> str:
    """Who may not say it."""
    match reason:
        case r.NotAsked() | r.Relayed():
            return _not_theirs(reason)
        case r.NotProven(provable=False):
            return "nobody's account is proven on this network, so here I only report."
        case r.NotProven():
            return "I can not tell that it is you: /msg NickServ identify, then say it again."
        case r.NotKnown(account=account):
            return f"I do not know the account {account}: ask an admin to add it to people.toml."
        case r.NeedsRole(command=command, role=role, holders=holders):
            hint = " Put the patch on a window, or ask one" if command == "sync-dir" else " Ask one"
            return f"!{command} is for {_ROLE[role]}.{hint}: {some(holders) or 'there is none yet'}."
        case r.SelfVerifyDenied(number=n):
            return (
                f"#{n} is your own change, and here somebody else has to look: ask another deployer for"
                f' "!verify {n} --override WHY".'
            )


_Misplaced = r.OtherCard | r.OtherThread | r.TooEarly
Words = r.SayNumber | r.NearlyAWord | r.WhyNeeded | r.AlreadySaid | r.UnknownPerson | _Misplaced


def about_words(reason: Words) -> str:
    """What is wrong with the words themselves, or with where and when they were said."""
    match reason:
        case r.OtherCard() | r.OtherThread() | r.TooEarly():
            return _misplaced(reason)
        case r.SayNumber(word=word, over=over, over_ended=ended, staged=staged):
            first = f"#{over} is over" if ended else f"#{over} waits for you too"
            return (
                f'{first} and #{staged} has just been staged. If you tested #{staged}, say "{word} {staged}".'
            )
        case r.NearlyAWord(text=text, number=n):
            return f'I take {quoted(text, 60)} as neither. Say "verified {n}", or "broken {n}" and why.'
        case r.WhyNeeded(usage=usage):
            return f'please say why: "{usage}".'
        case r.AlreadySaid(number=n, word=word):
            return f'you have said "{word}" about #{n}. If it is not so: "broken {n}" and why.'
        case r.UnknownPerson(name=name, suggestion=near):
            hint = f" Did you mean {near}?" if near else ' "!help sync-dir" shows how to name a person.'
            return f"I do not know {quoted(name, 40)} in people.toml.{hint}"


def _misplaced(reason: _Misplaced) -> str:
    """A word that came to the wrong place, or at the wrong time."""
    match reason:
        case r.OtherCard(number=n, card=card):
            return f"this is under the card of #{card}: say it under that of #{n}, or in the channel."
        case r.OtherThread(number=n, word=word):
            say = f'"{word} {n}"' + (" and why" if word in ("broken", "untestable") else "")
            return f"a thread may be about anything. If you mean #{n}, say {say}, or say it in the channel."
        case r.TooEarly(number=n, word=word):
            return (
                f'you said that before #{n} was there to be tested. If you have tested it, say "{word} {n}".'
            )
