"""What people ask of the engine, with the least role for each."""

from dataclasses import dataclass
from datetime import datetime

from swatbot.domain.deployment import Place, Word
from swatbot.domain.person import Actor, Role
from swatbot.domain.plan import Options, Plan


@dataclass(frozen=True, slots=True)
class Sync:
    """Ship a plan."""

    actor: Actor
    place: Place
    plan: Plan
    message: str
    options: Options


@dataclass(frozen=True, slots=True)
class Retry:
    """Ship the plan of a deployment that is over once more, as a new number."""

    actor: Actor
    place: Place
    number: int


@dataclass(frozen=True, slots=True)
class Rollback:
    """Undo a deployment: an active one at once, a completed one as a new number."""

    actor: Actor
    place: Place
    number: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Speak:
    """A submitter's word.

    Attributes:
        actor: who spoke.
        place: where.
        word: which.
        number: the deployment that was named, if one was.
        why: the reason.
        bare: whether it was said without a command, so that it may be chatter.
        about: the deployment under whose card it was said, if it was.
        at: when (UTC) it was said, None for just now.
        apart: whether it was said in a thread that may be about anything.
    """

    actor: Actor
    place: Place
    word: Word
    number: int | None
    why: str = ""
    bare: bool = False
    about: int | None = None
    at: datetime | None = None
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Mumble:
    """Something that is nearly a word, which counts only as a question back."""

    actor: Actor
    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Override:
    """Verify in the place of those who are asked, or of `persons` among them."""

    actor: Actor
    place: Place
    number: int | None
    why: str
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Here:
    """A submitter is present: a parked deployment rejoins."""

    actor: Actor
    place: Place
    number: int | None
    bare: bool = False
    apart: bool = False


@dataclass(frozen=True, slots=True)
class PutHold:
    """Hold the active deployment, or the one of this number."""

    actor: Actor
    place: Place
    number: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Let a held deployment go on."""

    actor: Actor
    place: Place
    number: int | None


@dataclass(frozen=True, slots=True)
class Recheck:
    """Ask the checks again that could not tell."""

    actor: Actor
    place: Place
    number: int | None


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on although the checks could not tell."""

    actor: Actor
    place: Place
    number: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """End a deployment, and put back what it touched."""

    actor: Actor
    place: Place
    number: int | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class PutLock:
    """Let nothing new begin."""

    actor: Actor
    place: Place
    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unlock:
    """Take the lock away."""

    actor: Actor
    place: Place


@dataclass(frozen=True, slots=True)
class Repair:
    """Bring hosts back to what the fleet holds."""

    actor: Actor
    place: Place
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exclude:
    """Do nothing more with hosts."""

    actor: Actor
    place: Place
    hosts: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Include:
    """Hosts that were excluded take part again."""

    actor: Actor
    place: Place
    hosts: tuple[str, ...]


PersonCommand = (
    Sync
    | Retry
    | Rollback
    | Speak
    | Mumble
    | Override
    | Here
    | PutHold
    | Resume
    | Recheck
    | Continue
    | Cancel
    | PutLock
    | Unlock
    | Repair
    | Exclude
    | Include
)

# Least role; for the own deployment, verification and `here` are narrowed further where they are decided.
LEAST: dict[type[PersonCommand], Role] = {
    Sync: Role.DEPLOYER,
    Retry: Role.DEPLOYER,
    Rollback: Role.DEPLOYER,
    Override: Role.DEPLOYER,
    Resume: Role.DEPLOYER,
    Recheck: Role.DEPLOYER,
    Continue: Role.DEPLOYER,
    Cancel: Role.DEPLOYER,
    PutLock: Role.DEPLOYER,
    Unlock: Role.DEPLOYER,
    Repair: Role.DEPLOYER,
    Exclude: Role.DEPLOYER,
    Include: Role.DEPLOYER,
    Speak: Role.PERSON,
    Mumble: Role.ANYONE,
    Here: Role.PERSON,
    PutHold: Role.PERSON,
}
