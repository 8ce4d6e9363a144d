"""What is done once, beside a running bot: taking a baseline, reading the status."""

from pathlib import Path

from swatbot.app.baseline import Baseline
from swatbot.app.follower import Follower
from swatbot.bootstrap.process import EnginePart
from swatbot.bootstrap.world import base
from swatbot.chat.handler import View
from swatbot.chat.messages.declines import why
from swatbot.chat.messages.replies import status_all, status_one
from swatbot.config import Config
from swatbot.domain.decide.picking import known
from swatbot.domain.person import Actor
from swatbot.domain.reasons import DeclinedError
from swatbot.errors import OperationalError, UserError


def take_baseline(config: Config, commit: str, by: str) -> str:
    """Take over what the fleet holds from what its hosts prove, as of a commit of the tree.

    Args:
        config: the site's.
        commit: the commit that the hosts are believed to hold, "" to find it.
        by: who says so, for the record.

    Returns:
        What was taken over, in a sentence.

    Raises:
        UserError: hosts differ from the commit, or among themselves; they and the files are named.
        OperationalError: a host can not be asked.
        LeaseTakenError: an engine runs; it must be stopped first.
    """
    shared = base(config)
    part = EnginePart(shared, lambda _why: None)
    try:
        return Baseline(part.tree, part.fleet, shared.site.rules).take(part.engine, commit, by)
    finally:
        part.engine.release()
        part.fleet.close()
        shared.journal.close()


def read_status(config: Config, number: int | None) -> tuple[str, ...]:
    """How things stand by the journal, in words; no engine is needed.

    Args:
        config: the site's.
        number: a deployment, None for all.

    Raises:
        OperationalError: there is no journal yet.
        UserError: there is no such deployment.
    """
    path = Path(config.swatbot.journal.path)
    if not path.exists():
        raise OperationalError(f"there is no journal at {path} yet: swatbot baseline makes one")
    shared = base(config)
    try:
        follower = Follower(shared.journal)
        follower.catch_up()
        view = View(follower.status, shared.site, shared.clock.now())
        if number is None:
            return status_all(view, Actor(""))
        return status_one(known(view.status, number), view)
    except DeclinedError as error:
        raise UserError(why(error.reason)) from error
    finally:
        shared.journal.close()
