"""What is wrong with a request itself: which deployment, who asks, when, in which words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from swatbot.domain.person import Role
from swatbot.domain.stage import Stage


@dataclass(frozen=True, kw_only=True)
class NoSuchDeployment:
    """The number was never given out."""

    number: int
    why: Literal["no_such_deployment"] = "no_such_deployment"


@dataclass(frozen=True, kw_only=True)
class NothingTo:
    """No deployment is in a state in which the command makes sense."""

    command: str
    why: Literal["nothing_to"] = "nothing_to"


@dataclass(frozen=True, kw_only=True)
class WhichOne:
    """Several deployments could be meant."""

    command: str
    numbers: tuple[int, ...]
    why: Literal["which_one"] = "which_one"


@dataclass(frozen=True, kw_only=True)
class WrongState:
    """The deployment is not in a state in which the command makes sense."""

    number: int
    state: str
    command: str
    why: Literal["wrong_state"] = "wrong_state"


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """The speaker is not one of those whose word is waited for.

    Attributes:
        number: of the deployment.
        waits_for: whose word it is.
        known: whether people.toml has the speaker's account.
        account_of: whose account it is, where the nick looks like somebody else's.
    """

    number: int
    waits_for: tuple[str, ...]
    known: bool
    account_of: str = ""
    why: Literal["not_asked"] = "not_asked"


@dataclass(frozen=True, kw_only=True)
class Relayed:
    """What somebody said elsewhere, passed on by another, as bridges between networks do."""

    number: int
    name: str
    why: Literal["relayed"] = "relayed"


@dataclass(frozen=True, kw_only=True)
class NotProven:
    """The message carried no proven account; `provable`: whether any could on that network."""

    command: str = ""
    provable: bool = True
    why: Literal["not_proven"] = "not_proven"


@dataclass(frozen=True, kw_only=True)
class NotKnown:
    """The account is proven, and not in people.toml."""

    account: str
    why: Literal["not_known"] = "not_known"


@dataclass(frozen=True, kw_only=True)
class NeedsRole:
    """The command is for others."""

    command: str
    role: Role
    holders: tuple[str, ...]
    why: Literal["needs_role"] = "needs_role"


@dataclass(frozen=True, kw_only=True)
class SayNumber:
    """A bare word could mean either of two deployments."""

    word: str
    over: int
    over_ended: bool
    staged: int
    why: Literal["say_number"] = "say_number"


@dataclass(frozen=True, kw_only=True)
class OtherCard:
    """A word about one deployment was said under the card of another."""

    number: int
    card: int
    why: Literal["other_card"] = "other_card"


@dataclass(frozen=True, kw_only=True)
class OtherThread:
    """A bare word was said in a thread that may be about anything."""

    number: int
    word: str
    why: Literal["other_thread"] = "other_thread"


@dataclass(frozen=True, kw_only=True)
class TooEarly:
    """A word that was said before its speaker was asked, and came late: it can be about no test."""

    number: int
    word: str
    why: Literal["too_early"] = "too_early"


@dataclass(frozen=True, kw_only=True)
class NearlyAWord:
    """Somebody who is asked said something that is almost an answer."""

    text: str
    number: int
    why: Literal["nearly_a_word"] = "nearly_a_word"


@dataclass(frozen=True, kw_only=True)
class WhyNeeded:
    """The command needs a reason."""

    usage: str
    why: Literal["why_needed"] = "why_needed"


@dataclass(frozen=True, kw_only=True)
class SelfVerifyDenied:
    """Here a deployer may not verify the own change."""

    number: int
    why: Literal["self_verify_denied"] = "self_verify_denied"


@dataclass(frozen=True, kw_only=True)
class AlreadySaid:
    """The speaker has answered this question."""

    number: int
    word: str
    why: Literal["already_said"] = "already_said"


@dataclass(frozen=True, kw_only=True)
class LaterDeployment:
    """A rollback would undo what a later deployment put there, or is about to (`active`)."""

    number: int
    later: int
    active: bool = False
    why: Literal["later_deployment"] = "later_deployment"


@dataclass(frozen=True, kw_only=True)
class BeforeBaseline:
    """What a deployment replaced is not what the fleet held before a baseline was taken."""

    number: int
    why: Literal["before_baseline"] = "before_baseline"


@dataclass(frozen=True, kw_only=True)
class LockState:
    """The lock is not as the command needs it: there is one (by, until), or there is none."""

    by: str = ""
    until: datetime | None = None
    reason: str = ""
    why: Literal["lock_state"] = "lock_state"


@dataclass(frozen=True, kw_only=True)
class UnknownPerson:
    """`--for` names somebody who is not in people.toml."""

    name: str
    suggestion: str
    why: Literal["unknown_person"] = "unknown_person"


@dataclass(frozen=True, kw_only=True)
class OutOfSeason:
    """Deploying is not allowed now: a freeze, or no window."""

    freeze: str
    until: datetime | None
    upcoming: str
    opens: datetime | None
    why: Literal["out_of_season"] = "out_of_season"


@dataclass(frozen=True, kw_only=True)
class UnknownHost:
    """No stage has a host of this name."""

    host: str
    why: Literal["unknown_host"] = "unknown_host"


@dataclass(frozen=True, kw_only=True)
class ExclusionState:
    """A host is excluded already, or is not."""

    host: str
    excluded: bool
    why: Literal["exclusion_state"] = "exclusion_state"


@dataclass(frozen=True, kw_only=True)
class NoHostLeft:
    """A stage would be without hosts."""

    stage: Stage
    why: Literal["no_host_left"] = "no_host_left"


@dataclass(frozen=True, kw_only=True)
class UnderWay:
    """A deployment is active, and hosts are between two states."""

    number: int
    command: str
    why: Literal["under_way"] = "under_way"


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """Hosts are being caught up or repaired."""

    hosts: tuple[str, ...]
    why: Literal["at_work"] = "at_work"
