"""Who may ask for what: least roles, checked here whatever a handler declared."""

from swatbot.domain.commands import LEAST, PersonCommand, PutHold
from swatbot.domain.person import Actor, Role
from swatbot.domain.reasons import DeclinedError, NeedsRole, NotKnown, NotProven
from swatbot.domain.rules import Rules


def permit(command: PersonCommand, rules: Rules) -> None:
    """Let a command pass, if its actor may.

    Words and `here` are let through to where they are judged: there it is known who is asked, so that
    chatter can be told from an answer.

    Raises:
        DeclinedError: no proven account, an unknown one, or too low a role.
    """
    least = LEAST[type(command)]
    if least > Role.PERSON or isinstance(command, PutHold):
        require(command.actor, least, _typed(command), rules)


def _typed(command: PersonCommand) -> str:
    """The command as it is typed."""
    name = type(command).__name__
    return {
        "PutHold": "hold",
        "PutLock": "lock",
        "Sync": "sync-dir",
        "Override": "verify --override",
    }.get(name, name.lower())


def require(actor: Actor, least: Role, command: str, rules: Rules) -> None:
    """Let an actor of at least this role pass.

    Args:
        actor: who asks.
        least: what the command needs.
        command: its name, for the reason.
        rules: who is who, so that the reason can name those who may.

    Raises:
        DeclinedError: no proven account, an unknown one, or too low a role.
    """
    if least is Role.ANYONE or (actor.person is not None and actor.role >= least):
        return
    if actor.account is None:
        raise DeclinedError(NotProven(command=command, provable=actor.provable))
    if actor.person is None:
        raise DeclinedError(NotKnown(account=actor.account))
    holders = tuple(p.called for p in rules.people.with_role(least))
    raise DeclinedError(NeedsRole(command=command, role=least, holders=holders))
