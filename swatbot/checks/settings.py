"""The checks of checks.toml, as frozen values: what is asked, of whom, and what counts as an answer."""

from dataclasses import dataclass, field

from swatbot.domain.stage import Stage


@dataclass(frozen=True, slots=True)
class WebAddress:
    """Where a host's web server answers."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class WebCheck:
    """One request to each host, by its address.

    Attributes:
        name: as in checks.toml.
        stages: where it runs.
        path: what is asked for, with its query.
        host_header: the site's name, "" for the name of each host; over TLS the certificate must be for it.
        scheme: http or https.
        port: where to ask, None for where the host's web server answers.
        send: more headers to send.
        timeout: seconds for one try.
        tries: how often a host is asked before it fails.
        ca_file: certificates to trust, "" for the system's.
        server_name: the name that the certificate must bear instead; `{host}` stands for the host's name.
    """

    name: str
    stages: tuple[Stage, ...]
    path: str = "/"
    host_header: str = ""
    scheme: str = "http"
    port: int | None = None
    send: tuple[tuple[str, str], ...] = ()
    timeout: float = 5.0
    tries: int = 2
    ca_file: str = ""
    server_name: str = ""


@dataclass(frozen=True, slots=True)
class HttpCheck(WebCheck):
    """Whether each host answers as it should.

    Attributes:
        status: the status that counts; redirects are not followed.
        body: a regular expression that the first 1 MB must hold, "" for none.
        headers: names and regular expressions that the answer's headers must hold.
    """

    status: int = 200
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ServedCheck(WebCheck):
    """Whether each host serves what the snapshot says, since a right file may lie behind a stale cache.

    Without a pointer, a pattern and a digest the answer's body is to be the file, byte for byte.

    Attributes:
        file: path in the tree.
        pointer: a JSON pointer (RFC 6901) into the body, None for none.
        file_pointer: a JSON pointer into the file, whose value is to be equal.
        pattern: a regular expression with one group, found in the body, "" for none.
        file_pattern: one for the file, whose group is to be equal.
        digest: "sha256" where the body, or what pointer or pattern find in it, is to be that of the file.
        private: whether neither the file's name nor what it holds may be told.
    """

    file: str = ""
    pointer: str | None = None
    file_pointer: str | None = None
    pattern: str = ""
    file_pattern: str = ""
    digest: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class CommandCheck:
    """A command on the deployment host whose exit status is the answer: 0 is a pass.

    It gets PATH, HOME and LANG, and SWATBOT_NUMBER, _STAGE, _STEP and _HOSTS (with spaces between).

    Attributes:
        name: as in checks.toml.
        stages: where it runs.
        run: the command as a list, without a shell; `{host}` stands for a host.
        per_host: whether it runs once for each host, else once for all.
        timeout: seconds for one try; then it is killed.
        tries: how often it may run before it fails.
    """

    name: str
    stages: tuple[Stage, ...]
    run: tuple[str, ...]
    per_host: bool = False
    timeout: float = 30.0
    tries: int = 1


@dataclass(frozen=True, slots=True)
class LogsCheck:
    """Watches the logs of the canaries beside those of the control group while the canaries bake.

    Attributes:
        name: as in checks.toml.
        stages: where it runs.
        url: of OpenSearch or Elasticsearch.
        index: name or pattern of the index.
        username: for basic authentication, "" for none.
        password: its secret.
        host_field: keyword field with the host's name as in fleet.toml.
        level_field: keyword field with the level.
        message_field: keyword field with the message, normalised.
        time_field: date field.
        error_levels: the levels that count as errors.
        watch: seconds after the sync at which watching ends.
        least: seconds of complete data without which there is no pass.
        poll: seconds between two questions.
        patience: seconds without an answer, or without a line of a canary, after which it is unknown.
        timeout: seconds for one question.
        ca_file: certificates to trust, "" for the system's.
    """

    name: str
    stages: tuple[Stage, ...]
    url: str
    index: str
    username: str = ""
    password: str = field(default="", repr=False)
    host_field: str = "host"
    level_field: str = "level"
    message_field: str = "normalized_message"
    time_field: str = "@timestamp"
    error_levels: tuple[str, ...] = ("ERROR", "CRITICAL", "FATAL")
    watch: float = 60.0
    least: float = 12.0
    poll: float = 2.0
    patience: float = 15.0
    timeout: float = 5.0
    ca_file: str = ""


Check = HttpCheck | ServedCheck | CommandCheck | LogsCheck
