"""The tables of the config files as frozen values (fleet.toml: see fleet.py, checks.toml: see probes.py).

Times are timedeltas, paths start at the directory of the config files, host names are unfolded.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from swatbot.config.slack import SlackSection
from swatbot.config.types import (
    ClockTime,
    Count,
    Duration,
    DurationOrNever,
    Flag,
    InFlight,
    LocalPath,
    Moment,
    Port,
    Section,
    Server,
    Share,
    Title,
    Whole,
    WithPassword,
    Word,
    Zone,
    account,
)
from swatbot.domain.rules import Outside, Rules
from swatbot.domain.stage import Stage


class BotSection(Section):
    """[bot]: who it is, and where its commands come from."""

    name: Word = "swatbot"
    deploy_host: Word = "deploy1001"
    handlers: tuple[Word, ...] = ("handlers",)


class JournalSection(Section):
    """[journal]: where the records lie."""

    path: LocalPath


class LintSection(Section):
    """[[tree.lint]]: a command for the files that match a glob pattern; the file's name is put after it."""

    match: str
    command: Annotated[tuple[str, ...], Field(min_length=1)]


class TreeSection(Section):
    """[tree]: what is deployed, and where snapshots lie."""

    path: LocalPath
    snapshots: LocalPath
    ignore: tuple[str, ...] = ()
    private: tuple[str, ...] = ()
    lint: tuple[LintSection, ...] = ()


class BudgetSection(Section):
    """[deploy.budgets] STAGE = {...}: how many of a stage's hosts may fail."""

    hosts: Whole = 0
    share: Share = 0.0


class DeploySection(Section):
    """[deploy]: what the site has decided beforehand; see `swatbot.domain.rules.Rules`."""

    budgets: dict[Stage, BudgetSection] = Field(default_factory=dict)
    batch: InFlight = Rules.batch
    pause: DurationOrNever = Rules.pause
    self_verify: Flag = Rules.self_verify
    verify_within: Duration = Rules.verify_within
    remind_every: Duration = Rules.remind_every
    park_after: Duration = Rules.park_after
    parked_for: Duration = Rules.parked_for
    ask_within: Duration = Rules.ask_within
    hold_reminder: Duration = Rules.hold_reminder
    fail_rolls_back: Flag = Rules.fail_rolls_back
    patrol_every: DurationOrNever = Rules.patrol_every
    outside: Outside = Rules.outside
    delete_share: Share = Rules.delete_share
    delete_floor: Whole = Rules.delete_floor
    test_hint: str = Rules.test_hint


class IrcSection(WithPassword):
    """[[irc]]: one network."""

    network: Word
    host: Word
    port: Port = 6697
    tls: Flag = True
    ca_file: LocalPath | None = None
    server_name: Word = ""
    nick: Word = "swatbot"
    other_hosts: tuple[Server, ...] = ()
    channels: Annotated[tuple[Word, ...], Field(min_length=1)]
    progress_channels: tuple[Word, ...] = ()
    log_channels: tuple[Word, ...] = ()
    whox: Flag = False
    sasl_account: str = ""
    cert_file: LocalPath | None = None
    key_file: LocalPath | None = None
    ignore_nicks: tuple[Word, ...] = ()


class LocalSection(Section):
    """[local]: where `swatbot say` finds the bot; nowhere without a socket."""

    socket: LocalPath | None = None


class SwatbotFile(Section):
    """swatbot.toml."""

    bot: BotSection = BotSection()
    journal: JournalSection
    tree: TreeSection
    deploy: DeploySection = DeploySection()
    irc: tuple[IrcSection, ...] = ()
    slack: tuple[SlackSection, ...] = ()
    local: LocalSection = LocalSection()


class PersonSection(Section):
    """[NAME]: one person."""

    role: Literal["person", "deployer", "admin"] = "person"
    accounts: tuple[Annotated[str, AfterValidator(account)], ...] = ()
    emails: tuple[Word, ...] = ()
    nick: str = ""


class WindowSection(Section):
    """[[window]]: a slot of every week."""

    name: Title
    days: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], Field(min_length=1)]
    start: ClockTime
    minutes: Annotated[Count, Field(le=7 * 24 * 60)]
    zone: Zone = "UTC"


class FreezeSection(Section):
    """[[freeze]]: a time without deployments."""

    start: Annotated[Moment, Field(alias="from")]
    until: Moment
    why: Title


class WindowsFile(Section):
    """windows.toml."""

    window: tuple[WindowSection, ...] = ()
    freeze: tuple[FreezeSection, ...] = ()
