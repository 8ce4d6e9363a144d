"""The tables of checks.toml as frozen values; its sample says what each key is for."""

from typing import Annotated, Literal

from pydantic import Field

from swatbot.config.types import (
    Address,
    Capture,
    Count,
    Duration,
    Flag,
    LocalPath,
    Pointer,
    Port,
    Regex,
    Section,
    Title,
    TreePath,
    Url,
    Whole,
    WithPassword,
    Word,
    duration,
)
from swatbot.domain.stage import Stage

_Stages = Annotated[tuple[Stage, ...], Field(min_length=1)]


class WebSection(Section):
    """What is asked of each host; without a port, at the one of its group."""

    path: Annotated[str, Field(pattern="^/")] = "/"
    host_header: str = ""
    scheme: Literal["http", "https"] = "http"
    ca_file: LocalPath | None = None
    server_name: Address = ""
    port: Port | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    timeout: Duration = duration("5s")
    tries: Count = 2


class HttpSection(WebSection):
    """[[check]] kind = "http": whether each host answers as it should."""

    kind: Literal["http"]
    name: Title
    stages: _Stages
    status: Annotated[Whole, Field(ge=100, le=599)] = 200
    body: Regex = ""
    expect_headers: dict[str, Regex] = Field(default_factory=dict)


class ServedSection(WebSection):
    """[[check]] kind = "served": whether each host serves what the snapshot has."""

    kind: Literal["served"]
    name: Title
    stages: _Stages
    file: TreePath
    pointer: Pointer | None = None
    file_pointer: Pointer | None = None
    pattern: Capture = ""
    file_pattern: Capture = ""
    digest: Literal["sha256"] | None = None


class CommandSection(Section):
    """[[check]] kind = "command": run on the deployment host, once or for each host."""

    kind: Literal["command"]
    name: Title
    stages: _Stages
    run: Annotated[tuple[str, ...], Field(min_length=1)]
    per_host: Flag = False
    timeout: Duration = duration("30s")
    tries: Count = 1


class LogsSection(WithPassword):
    """[[check]] kind = "logs": watch the canaries' log lines beside the control group's while they bake."""

    kind: Literal["logs"]
    name: Title
    stages: _Stages = (Stage.CANARIES,)
    url: Url
    index: Word
    username: str = ""
    host_field: Word = "host"
    level_field: Word = "level"
    message_field: Word = "normalized_message"
    time_field: Word = "@timestamp"
    error_levels: Annotated[tuple[str, ...], Field(min_length=1)] = ("ERROR", "CRITICAL", "FATAL")
    watch: Duration = duration("60s")
    least: Duration = duration("12s")
    poll: Duration = duration("2s")
    patience: Duration = duration("15s")
    timeout: Duration = duration("5s")
    ca_file: LocalPath | None = None


CheckSection = Annotated[
    HttpSection | ServedSection | CommandSection | LogsSection, Field(discriminator="kind")
]


class ChecksFile(Section):
    """checks.toml."""

    check: tuple[CheckSection, ...] = ()
