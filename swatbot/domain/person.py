"""Who is who: accounts that were proven, the people behind them, and what a role allows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum


class Role(IntEnum):
    """Least role for a command; each role may all that a lower one may."""

    ANYONE = 0
    PERSON = 1
    DEPLOYER = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Person:
    """An entry of people.toml.

    Attributes:
        name: the key of the entry, used in messages and after `--for`.
        role: the highest role.
        accounts: proven identities: `irc:NETWORK/ACCOUNT`, `slack:TEAM/USER`, `local:HOST/USER`.
        emails: author addresses in git, lower case.
        nick: how to call the person in a channel, where it differs from the name.
    """

    name: str
    role: Role = Role.PERSON
    accounts: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    nick: str = ""

    @property
    def called(self) -> str:
        """What a message calls the person."""
        return self.nick or self.name


@dataclass(frozen=True, slots=True)
class Actor:
    """Who spoke: the proven account if there is one, the nick as seen, the person if known.

    Attributes:
        provable: whether there could have been a proven account: some networks prove nobody's.
    """

    nick: str
    account: str | None = None
    person: str | None = None
    role: Role = Role.ANYONE
    provable: bool = True

    @property
    def name(self) -> str:
        """What a message calls the actor."""
        return self.person or self.nick


@dataclass(frozen=True)
class People:
    """All entries of people.toml, found by account, e-mail or name."""

    everyone: tuple[Person, ...] = ()
    _by_account: dict[str, Person] = field(init=False, repr=False, compare=False)
    _by_email: dict[str, Person] = field(init=False, repr=False, compare=False)
    _by_name: dict[str, Person] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the entries once."""
        object.__setattr__(self, "_by_account", {_account(a): p for p in self.everyone for a in p.accounts})
        object.__setattr__(self, "_by_email", {e.casefold(): p for p in self.everyone for e in p.emails})
        object.__setattr__(self, "_by_name", {p.name.casefold(): p for p in self.everyone})

    def actor(self, nick: str, account: str | None, *, provable: bool = True) -> Actor:
        """The actor behind a message; only the account proves anything, the nick is for addressing."""
        person = self._by_account.get(_account(account)) if account else None
        if person is None:
            return Actor(nick, account, provable=provable)
        return Actor(nick, account, person.name, person.role)

    def by_email(self, email: str) -> Person | None:
        """The person whose commits carry this address."""
        return self._by_email.get(email.casefold())

    def by_name(self, name: str) -> Person | None:
        """The person with this name in people.toml."""
        return self._by_name.get(name.casefold())

    def with_role(self, role: Role) -> Iterable[Person]:
        """Everyone who has at least this role."""
        return (p for p in self.everyone if p.role >= role)

    def called(self, name: str) -> str:
        """What a message calls the person of this name."""
        person = self.by_name(name)
        return person.called if person else name


def _account(account: str) -> str:
    """IRC compares accounts without case, in ASCII; elsewhere case tells people apart."""
    return account.lower() if account.startswith("irc:") and account.isascii() else account
