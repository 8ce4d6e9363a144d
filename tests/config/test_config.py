"""Config faults are told all at once, in words that say what to change; secrets are told never."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from swatbot.config import Config, ConfigError, load, local_socket
from swatbot.config.fleet import FleetFile
from swatbot.config.probes import ChecksFile
from swatbot.config.sections import PersonSection, SwatbotFile, WindowsFile
from swatbot.config.types import duration
from swatbot.domain.person import Role
from swatbot.domain.rules import Outside, Rules
from swatbot.domain.stage import Batch, Budget, Stage
from swatbot.errors import OperationalError, UserError

SAMPLES = Path(__file__).parents[2] / "config"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A directory with the samples."""
    directory = tmp_path / "config"
    shutil.copytree(SAMPLES, directory)
    return directory


@pytest.fixture
def change(config: Path) -> Callable[[str, str, str], None]:
    def change(name: str, old: str, new: str) -> None:
        """Replace the first place that is not in a comment, unless a comment is meant."""
        text = (config / name).read_text()
        places = [m.start() for m in re.finditer(re.escape(old), text)]
        commented = [text.startswith("#", text.rfind("\n", 0, place) + 1) for place in places]
        place = next(p for p, c in zip(places, commented, strict=True) if c == old.startswith("#"))
        (config / name).write_text(text[:place] + new + text[place + len(old) :])

    return change


Change = Callable[[str, str, str], None]


def faults(directory: Path, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        load(directory, environ or {})
    assert isinstance(raised.value, UserError)
    lines = str(raised.value).split("\n")
    assert lines == [str(fault) for fault in raised.value.faults]
    assert all(line.startswith(f"{directory}/") for line in lines)
    return [line.removeprefix(f"{directory}/") for line in lines]


# --- the samples ---------------------------------------------------------------------------------


def test_the_samples_load_as_they_are() -> None:
    found = load(SAMPLES, {})
    assert found.hosts(Stage.CANARIES) == ("mw1261", "mw1262", "mw1263")
    assert len(found.hosts(Stage.FLEET)) == 97
    assert [check.kind for check in found.checks.check] == ["http", "served", "command", "logs"]


def test_the_samples_become_domain_values() -> None:
    found = load(SAMPLES, {})
    rules, people = found.rules(), found.people()
    assert [(s.stage, len(s.hosts)) for s in rules.stages] == [
        (Stage.TESTSERVERS, 1),
        (Stage.CANARIES, 3),
        (Stage.FLEET, 97),
    ]
    assert rules.budget(Stage.FLEET) == Budget(1, 0.02)
    assert rules.budget(Stage.CANARIES) == Budget()
    assert rules.ignore == ("tests/**", "*.md")
    assert rules.people == people
    alice = people.actor("whoever", "irc:libera/ALICE")
    assert (alice.name, alice.role) == ("alice", Role.DEPLOYER)
    bob = people.by_email("Bob@users.noreply.example.org")
    assert bob is not None
    assert bob.role is Role.PERSON


def test_what_is_left_out_is_what_the_domain_has_decided(config: Path) -> None:
    text = (config / "swatbot.toml").read_text()
    (config / "swatbot.toml").write_text(re.sub(r"(?s)\[deploy\].*(?=# One \[\[irc\]\])", "", text))
    (config / "windows.toml").unlink()
    found = load(config, {})
    rules = found.rules()
    assert rules == Rules(stages=rules.stages, ignore=("tests/**", "*.md"), people=rules.people)
    assert found.windows.window == ()


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _models(field.annotation)
    elif get_origin(annotation) in (tuple, dict, Annotated, Union, UnionType):
        for part in get_args(annotation):
            yield from _models(part)


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("swatbot.toml", SwatbotFile),
        ("fleet.toml", FleetFile),
        ("checks.toml", ChecksFile),
        ("windows.toml", WindowsFile),
        ("people.toml", PersonSection),
    ],
)
def test_every_setting_occurs_in_the_samples_and_every_key_there_is_a_setting(
    name: str, model: type[BaseModel]
) -> None:
    lines = (SAMPLES / name).read_text().splitlines()
    settings = [line for line in lines if re.match(r"(# )?[a-z_]+ = ", line)]
    shown = {key for line in settings for key in re.findall(r"\b([a-z_]+) = ", line)}
    headings = [line.removeprefix("# ") for line in lines]
    tables = {part for line in headings if line.startswith("[") for part in line.strip("[]").split(".")}
    known = {key for section in _models(model) for key in _keys(section)}
    assert known - shown - tables == set()
    assert shown - known - {stage.value for stage in Stage} == set()


def test_defaults_in_comments_and_code_agree(config: Path) -> None:
    """A sample that says `key = value` for a plain default says the one that holds."""
    written = load(config, {})
    bare = SwatbotFile.model_validate(
        {"journal": {"path": "/j"}, "tree": {"path": "/t", "snapshots": "/s"}}, context={"directory": config}
    )
    same = written.swatbot.deploy.model_copy(update={"budgets": {}})
    assert same == bare.deploy
    assert written.swatbot.bot == bare.bot
    ssh = written.fleet.ssh
    assert {k for k in type(ssh).model_fields if getattr(ssh, k) != type(ssh).model_fields[k].default} == {
        "known_hosts",
        "keys",
    }


# --- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("20m", timedelta(minutes=20)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(minutes=90)),
        ("2.5s", timedelta(seconds=2.5)),
        ("250ms", timedelta(milliseconds=250)),
        ("7d", timedelta(days=7)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "20", "m", "20 m", "-5m", "0s", "5 minutes", "1h-", "999999d", 20, None]
)
def test_what_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match='a duration such as "90s", "20m" or "2h"'):
        duration(text)


def test_paths_start_at_the_directory_of_the_config(config: Path, change: Change) -> None:
    change("swatbot.toml", '"/var/lib/swatbot/journal.sqlite"', '"../journal.sqlite"')
    assert load(config, {}).swatbot.journal.path == config / "../journal.sqlite"
    assert load(config, {}).swatbot.tree.path == Path("/srv/mediawiki-staging")


def test_addresses_and_ports_of_hosts(config: Path, change: Change) -> None:
    change("fleet.toml", '# addresses = { mw1261 = "10.64.0.61" }', 'addresses = { mw1261 = "10.64.0.61" }')
    change("fleet.toml", "# ports = { mw1261 = 2222 }", "ports = { mw1261 = 2222 }")
    change("fleet.toml", "# http_ports = { mw1261 = 8080 }", "http_ports = { mw1261 = 8080 }")
    group = load(config, {}).group_of("mw1262")
    assert (
        group.name,
        group.address_of("mw1261"),
        group.port_of("mw1261"),
        group.http_port_of("mw1261"),
    ) == (
        "canary",
        "10.64.0.61",
        2222,
        8080,
    )
    assert (group.address_of("mw1262"), group.port_of("mw1262"), group.http_port_of("mw1262")) == (
        "mw1262.eqiad.example.org",
        22,
        80,
    )


def test_settings_are_frozen(config: Path) -> None:
    found: Config = load(config, {})
    with pytest.raises(ValidationError):
        found.swatbot.bot.name = "other"
    assert found.swatbot.deploy.outside is Outside.WARN


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("fleet.toml", "port = 22", 'port = "abc"', 'group[1].port: found "abc", expected a whole number'),
        ("fleet.toml", "port = 22", 'port = "22"', 'group[1].port: found "22", expected a whole number'),
        ("fleet.toml", "port = 22", "port = true", "group[1].port: found true, expected a whole number"),
        ("fleet.toml", "port = 22", "port = 70000", "group[1].port: found 70000, expected 65535 or less"),
        ("fleet.toml", "agent = false", "agent = 1", "ssh.agent: found 1, expected true or false"),
        ("fleet.toml", "agent = false", "agnet = false", "ssh.agnet: unknown key, did you mean agent?"),
        ("fleet.toml", 'root = "/srv/mediawiki"\n', "", "group[0].root: is missing, expected text in quotes"),
        (
            "fleet.toml",
            "user =",
            'state_dir = "srv/state"\nuser =',
            'group[0].state_dir: group debug: found "srv/state", expected a directory that begins with /',
        ),
        ("fleet.toml", "mw[1261-1263]", "mw[1261-12", "(not a host range: 'mw[1261-12')"),
        (
            "fleet.toml",
            'hosts = "mw[1261-1263]"',
            'hosts = ["mw1261", "mw [1262-1263"]',
            "(not a host range: 'mw [1262-1263')",
        ),
        ("fleet.toml", '"10s"', "10", 'ssh.connect_timeout: found 10, expected a duration such as "90s"'),
        ("fleet.toml", "mw[1261-1263]", "mw[3-1]", 'group[1].hosts: found "mw[3-1]", expected hosts such as'),
        ("fleet.toml", "mwdebug1001", "mw debug;1", "('mwdebug;1' is no host name)"),
        (
            "fleet.toml",
            "mwdebug1001",
            "mw1262",
            "group: mw1262 found in debug and canary, expected in one group",
        ),
        (
            "fleet.toml",
            '[["sudo", "-n", "systemctl", "reload", "php-fpm"]]',
            '["systemctl", "reload"]',
            'group[1].after_sync[0]: found "systemctl", expected a list',
        ),
        (
            "fleet.toml",
            '["sudo", "-n", "systemctl", "reload", "php-fpm"]',
            '["systemctl reload php-fpm"]',
            'group[1].after_sync[0]: found a list, expected a command as a list of its words: ["systemctl", ',
        ),
        (
            "fleet.toml",
            '["sudo", "-n", "systemctl", "reload", "php-fpm"]',
            "[]",
            "group[1].after_sync[0]: found an empty list, expected a command as a list of its words",
        ),
        (
            "fleet.toml",
            'python = "python3"',
            'directory_mode = "rwx"',
            'group[0].directory_mode: found "rwx", expected the mode of a directory such as "0755"',
        ),
        ("fleet.toml", '["app"]', '["apps"]', "stages.fleet[0]: there is no group apps, did you mean app?"),
        ("fleet.toml", '["app"]', '["canary"]', "stages.fleet[0]: canary is in the stage canaries already"),
        ("fleet.toml", '["app"]', "[]", "stages.fleet: found an empty list, expected at least 1"),
        ("fleet.toml", "[stages]", "[stage]", "stage: unknown key, did you mean stages?"),
        ("fleet.toml", "[stages]", "[stage]", "stages: is missing, expected a table"),
        (
            "fleet.toml",
            'name = "canary"',
            'name = "debug"',
            "group[1].name: debug is the name of group[0] already",
        ),
        (
            "fleet.toml",
            '# jump = "bastion1001"',
            'jump = "mw126"',
            "group[2].jump: there is no host mw126, did you",
        ),
        (
            "fleet.toml",
            "# ports = { mw1261",
            "ports = { mw1361",
            "group[1].ports.mw1361: the group has no host",
        ),
        (
            "fleet.toml",
            '"{host}.eqiad.example.org"',
            '"{name}.org"',
            "expected an address, in which {host} stands",
        ),
        (
            "swatbot.toml",
            '"warn"',
            '"maybe"',
            "deploy.outside: found \"maybe\", expected 'allow', 'warn' or 'refuse'",
        ),
        (
            "swatbot.toml",
            '"20m"',
            '"20 minutes"',
            'deploy.verify_within: found "20 minutes", expected a duration',
        ),
        ("swatbot.toml", "= 0.2", "= 20", "deploy.delete_share: found 20, expected 1.0 or less"),
        (
            "swatbot.toml",
            "fleet = {",
            "flet = {",
            "deploy.budgets.flet: found \"flet\", expected 'testservers', 'can",
        ),
        (
            "swatbot.toml",
            "share = 0.02",
            "shares = 0.02",
            "deploy.budgets.fleet.shares: unknown key, did you mean",
        ),
        (
            "swatbot.toml",
            '["php", "-l"]',
            '"php -l"',
            'tree.lint[0].command: found "php -l", expected a list',
        ),
        (
            "swatbot.toml",
            'path = "/srv/mediawiki-staging"',
            "path = 7",
            "tree.path: found 7, expected a path",
        ),
        (
            "swatbot.toml",
            "tls = true",
            "tls = false",
            "irc[0].tls: found false, expected true: without TLS only",
        ),
        (
            "swatbot.toml",
            "# sasl_account",
            "sasl_account",
            "irc[0]: can not log in without password_env, password_file or cert_file",
        ),
        ("swatbot.toml", "[journal]", "[jurnal]", "jurnal: unknown key, did you mean journal?"),
        ("swatbot.toml", "[bot]", "[bot", "line 6, column 5: Expected ']' at the end of a table declaration"),
        (
            "people.toml",
            '"deployer"',
            '"root"',
            "alice.role: found \"root\", expected 'person', 'deployer' or 'admin'",
        ),
        (
            "people.toml",
            "irc:libera/bob",
            "bob",
            'bob.accounts[0]: found "bob", expected an account: irc:NETWORK',
        ),
        (
            "people.toml",
            "irc:libera/bob",
            "irc:libera/Alice",
            "bob.accounts: irc:libera/Alice belongs to alice",
        ),
        (
            "people.toml",
            "bob@example.org",
            "ALICE@example.org",
            "bob.emails: ALICE@example.org belongs to alice",
        ),
        ("people.toml", "[bob]", '["b o b"]', "b o b: expected a name without spaces"),
        ("people.toml", "[bob]", "[Alice]", "Alice.name: Alice belongs to alice already"),
        (
            "people.toml",
            "[bob]",
            "x = 1\n[bob]",
            "alice.x: unknown key; known here: accounts, emails, nick, role",
        ),
        ("windows.toml", '"UTC"', '"UCT+1"', 'window[0].zone: found "UCT+1", expected an IANA time zone'),
        (
            "windows.toml",
            '"mon", "tue"',
            '"monday"',
            "window[0].days[0]: found \"monday\", expected 'mon', 'tue',",
        ),
        ("windows.toml", '"14:00"', '"24:00"', 'window[0].start: found "24:00", expected a time of day'),
        (
            "windows.toml",
            "00Z\nu",
            "00\nu",
            "freeze[0].from: found 2030-12-20 00:00:00, expected a date and time with",
        ),
        (
            "windows.toml",
            "2031-01",
            "2030-01",
            "freeze[0].until: found 2030-01-02 00:00:00+00:00, expected a time",
        ),
        (
            "checks.toml",
            '"http"',
            '"htp"',
            "check[0].kind: found \"htp\", expected 'http', 'served', 'command', 'logs'",
        ),
        (
            "checks.toml",
            'kind = "http"\n',
            "",
            'check[0]: has no kind, expected kind = "http" or "served" or "command" or "logs"',
        ),
        (
            "checks.toml",
            '"</html>"',
            '"("',
            'check[0].body: found "(", expected a regular expression (missing )',
        ),
        ("checks.toml", "tries = 2", "trys = 2", "check[0].trys: unknown key, did you mean tries?"),
        (
            "checks.toml",
            "smoke test",
            "main page",
            "check[2].name: main page is the name of check[0] already",
        ),
        ("checks.toml", "https://logs", "https://bot:pw@logs", "check[3].url: found"),
        ("checks.toml", "# username", "username", "check[3]: has a username, and neither password_env nor"),
        (
            "checks.toml",
            '["canaries"]',
            '["fleet"]',
            'check[3].stages: expected ["canaries"]: logs are watched',
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_was_expected(
    config: Path, change: Change, name: str, old: str, new: str, told: str
) -> None:
    change(name, old, new)
    lines = faults(config)
    assert any(line.startswith(f"{name}: ") and told in line for line in lines), lines


@pytest.mark.parametrize(
    ("text", "batch"), [("7", Batch(hosts=7)), ('"10%"', Batch(share=0.1)), ('"100%"', Batch(share=1.0))]
)
def test_a_batch_is_a_number_or_a_share(config: Path, change: Change, text: str, batch: Batch) -> None:
    change("swatbot.toml", "batch = 50", f"batch = {text}")
    assert load(config, {}).swatbot.deploy.batch == batch
    assert batch.size(300) == (int(batch.share * 300) or batch.hosts)


@pytest.mark.parametrize("text", ["0", "true", '"0%"', '"101%"', '"ten"', "0.1"])
def test_a_batch_that_is_neither_is_a_fault(config: Path, change: Change, text: str) -> None:
    change("swatbot.toml", "batch = 50", f"batch = {text}")
    assert faults(config)[0].startswith("swatbot.toml: deploy.batch: found")
    assert 'expected a number of hosts, or a share of a stage such as "10%"' in faults(config)[0]


def test_ten_faults_in_five_files_are_ten_lines(config: Path, change: Change) -> None:
    change("swatbot.toml", "batch = 50", 'batch = "many"')
    change("swatbot.toml", "[local]", "[lokal]")
    change("fleet.toml", "port = 22", 'port = "abc"')
    change("fleet.toml", '["app"]', '["apps"]')
    change("fleet.toml", "mwdebug1001", "mw1261")
    change("people.toml", "irc:libera/bob", "irc:libera/alice")
    change("people.toml", '"person"', '"persona"')
    change("windows.toml", '"UTC"', '"Mars"')
    change("checks.toml", "tries = 2", "tries = 0")
    change("checks.toml", '"/wiki', '"wiki')
    assert [line.split(": found")[0] for line in faults(config)] == [
        "swatbot.toml: deploy.batch",
        "swatbot.toml: lokal: unknown key, did you mean local?",
        "fleet.toml: group[1].port",
        "fleet.toml: group: mw1261 found in debug and canary, expected in one group only",
        "fleet.toml: stages.fleet[0]: there is no group apps, did you mean app?",
        "checks.toml: check[0].path",
        "checks.toml: check[0].tries",
        "windows.toml: window[0].zone",
        "people.toml: bob.role",
        "people.toml: bob.accounts: irc:libera/alice belongs to alice already",
    ]


def test_files_that_are_missing_or_have_nearly_the_right_name(config: Path) -> None:
    (config / "fleet.toml").unlink()
    (config / "checks.toml").rename(config / "check.toml")
    (config / "windows.toml").unlink()
    (config / "notes.toml").touch()
    (config / "people.toml").write_bytes(b"# \xff")
    assert faults(config) == [
        "fleet.toml: is missing: copy the sample of this name, and change it",
        "people.toml: is not UTF-8 at byte 2",
        "checks.toml: is missing: copy the sample of this name, and change it",
        "check.toml: is not read, did you mean checks.toml?",
    ]


UNCHECKED = (
    "checks.toml: no check runs on the canaries, so every deployment would pass unchecked: "
    'write a [[check]] with stages = ["canaries"], as in the sample'
)
NOBODY = 'people.toml: nobody could deploy: give somebody with an account role = "deployer" or role = "admin"'


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("checks.toml", "", [UNCHECKED]),
        ("checks.toml", "check = []", [UNCHECKED]),
        ("checks.toml", "[[check]]\nkind='http'\nname='x'\nstages=['testservers', 'fleet']", [UNCHECKED]),
        ("people.toml", "", [NOBODY]),
        ("people.toml", "[a]\nrole='person'\naccounts=['irc:libera/a']", [NOBODY]),
        ("people.toml", "[a]\nrole='deployer'\naccounts=[]", [NOBODY]),
        ("people.toml", "[a]\nrole='deployer'", [NOBODY]),
    ],
)
def test_where_nothing_is_checked_or_nobody_deploys_is_a_fault(
    config: Path, name: str, text: str, told: list[str]
) -> None:
    (config / name).write_text(text)
    assert faults(config) == told


def test_an_account_of_a_network_that_the_bot_is_not_on_is_a_fault(config: Path) -> None:
    (config / "people.toml").write_text("[a]\nrole='admin'\naccounts=['irc:libra/a', 'local:h/a']")
    (fault,) = faults(config)
    assert fault.startswith("people.toml: a.accounts: irc:libra/a: swatbot.toml has no [[irc]] network libra")
    assert fault.endswith(", did you mean libera?")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("checks.toml", "[[check]]\nkind='http'\nname='x'\nstages=['canaries']"),
        ("people.toml", "[a]\nrole='admin'\naccounts=['irc:libera/a']"),
    ],
)
def test_one_check_and_one_admin_are_enough(config: Path, name: str, text: str) -> None:
    (config / name).write_text(text)
    load(config, {})


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bot:hunter2@logs:9200", '"https://***@logs:9200"'),
        ("https://bot:hun/hunter2@logs/x", '"https://***@logs/x"'),
        ("https://hunter2@logs", '"https://***@logs"'),
        ("https://bot:a@hunter2@logs", '"https://***@logs"'),
        (" https://bot:hunter2 @logs", '"***@logs"'),
        ("bot:hunter2@logs", '"***@logs"'),
        ("ftp://logs", '"ftp://logs"'),
        ("me@logs", '"me@logs"'),
    ],
)
def test_a_password_in_an_address_is_not_repeated(config: Path, change: Change, url: str, shown: str) -> None:
    change("checks.toml", "https://logs.example.org:9200", url)
    (line,) = faults(config)
    assert line.startswith(f"checks.toml: check[3].url: found {shown}, expected an address such as")
    assert "hunter2" not in line


def test_odd_shapes_are_faults_and_not_crashes(config: Path) -> None:
    (config / "swatbot.toml").write_text(
        "bot = 1\njournal = []\ntree = {lint = [1, {}]}\nirc = {}\nlocal = 1.5"
    )
    (config / "fleet.toml").write_text(
        "ssh = true\ngroup = [1, {name = 2, hosts = {}, ports = 3}]\nstages = 4"
    )
    (config / "people.toml").write_text("alice = 1\nbob = {accounts = 3, emails = [4]}")
    (config / "windows.toml").write_text("window = 1\nfreeze = [[]]")
    (config / "checks.toml").write_text("check = [1, {kind = 2}, {kind = 'logs', stages = 3}]")
    lines = faults(config)
    assert len(lines) > 15
    assert "people.toml: alice: found 1, expected a table" in lines
    assert not [line for line in lines if "Input should" in line]


# --- secrets -------------------------------------------------------------------------------------


def secret_file(config: Path, content: str = "hunter2\n", mode: int = 0o640) -> Path:
    path = config / "irc-password"
    path.write_text(content)
    path.chmod(mode)
    return path


def with_login(change: Change, key: str, value: str) -> None:
    change("swatbot.toml", '# sasl_account = "swatbot"', f'sasl_account = "swatbot"\n{key} = "{value}"')


def test_a_password_comes_from_the_environment(config: Path, change: Change) -> None:
    with_login(change, "password_env", "IRC_PW")
    environ = {"IRC_PW": "hunter2"}
    (irc,) = load(config, environ).swatbot.irc
    password = irc.password(environ)
    assert password is not None
    assert password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr((irc, password))
    with pytest.raises(OperationalError, match="not set any more"):
        irc.password({})


def test_a_password_comes_from_a_file(config: Path, change: Change) -> None:
    path = secret_file(config)
    with_login(change, "password_file", "irc-password")
    (irc,) = load(config, {}).swatbot.irc
    password = irc.password({})
    assert password is not None
    assert password.get_secret_value() == "hunter2"
    path.unlink()
    with pytest.raises(OperationalError, match="can not be read any more"):
        irc.password({})


def test_without_a_password_there_is_none(config: Path) -> None:
    assert load(config, {}).swatbot.irc[0].password({}) is None


def test_a_secret_in_the_file_is_a_fault_that_does_not_repeat_it(config: Path, change: Change) -> None:
    with_login(change, "password", "hunter2")
    lines = faults(config)
    assert (
        "swatbot.toml: irc[0].password: a secret must not be in this file: "
        "name where it is, with password_env or password_file"
    ) in lines
    assert "hunter2" not in "\n".join(lines)


def test_a_secret_that_is_not_there_is_a_fault(config: Path, change: Change) -> None:
    with_login(change, "password_env", "IRC_PW")
    assert faults(config) == ["swatbot.toml: irc[0].password_env: the environment variable IRC_PW is not set"]


def test_a_password_where_its_variable_is_wanted_is_not_repeated(config: Path, change: Change) -> None:
    with_login(change, "password_env", "hunter2")
    assert faults(config) == [
        "swatbot.toml: irc[0].password_env: expected the name of an environment variable, in capitals"
    ]


@pytest.mark.parametrize(
    ("content", "mode", "told"),
    [
        ("hunter2", 0o644, "can be read or written by everyone on this machine: chmod o="),
        ("hunter2", 0o602, "can be read or written by everyone on this machine: chmod o="),
        ("\nhunter2", 0o600, "has an empty first line, expected the password there"),
    ],
)
def test_a_secret_file_that_will_not_do_is_a_fault(
    config: Path, change: Change, content: str, mode: int, told: str
) -> None:
    secret_file(config, content, mode)
    with_login(change, "password_file", "irc-password")
    (line,) = faults(config)
    assert line.startswith(f"swatbot.toml: irc[0].password_file: {config}/irc-password {told}")
    assert "hunter2" not in line


def test_a_secret_file_that_is_missing_is_a_fault(config: Path, change: Change) -> None:
    with_login(change, "password_file", "irc-password")
    (line,) = faults(config)
    assert line.endswith("irc-password can not be read: No such file or directory")


def test_two_places_for_one_secret_are_a_fault(config: Path, change: Change) -> None:
    secret_file(config)
    with_login(change, "password_file", "irc-password")
    change("swatbot.toml", "# password_env = ", "password_env = ")
    assert faults(config, {"SWATBOT_IRC_PASSWORD": "x"}) == [
        "swatbot.toml: irc[0]: has both password_env and password_file, expected one of them"
    ]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("password_env", "IRC_PW", "irc[0].password_env: the environment variable IRC_PW is not set"),
        ("password_file", "none", "irc[0].password_file: {}/none can not be read: No such file or directory"),
    ],
)
def test_who_does_not_need_secrets_does_without(
    config: Path, change: Change, key: str, value: str, told: str
) -> None:
    with_login(change, key, value)
    assert len(faults(config)) == 1
    found = load(config, {}, secrets=False)
    assert [str(fault) for fault in found.unseen] == [f"{config}/swatbot.toml: {told.format(config)}"]


def test_nothing_is_unseen_where_all_is_well(config: Path, change: Change) -> None:
    with_login(change, "password_env", "IRC_PW")
    assert load(config, {"IRC_PW": "x"}).unseen == ()


def test_a_password_where_its_variable_is_wanted_is_always_a_fault(config: Path, change: Change) -> None:
    with_login(change, "password_env", "hunter2")
    with pytest.raises(ConfigError, match="expected the name of an environment variable") as raised:
        load(config, {}, secrets=False)
    assert "hunter2" not in str(raised.value)


def test_the_socket_is_found_whatever_else_is_wrong(config: Path, change: Change) -> None:
    change("swatbot.toml", "batch = 50", 'batch = "many"')
    change("swatbot.toml", '"/run/swatbot/say.socket"', '"say.socket"')
    for name in ("fleet.toml", "people.toml", "checks.toml"):
        (config / name).unlink()
    assert local_socket(config) == config / "say.socket"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("socket =", "sokcet =", "local.sokcet: unknown key, did you mean socket?"),
        ('"/run/swatbot/say.socket"', "7", "local.socket: found 7, expected a path"),
        ("[bot]", "[bot", "line 6, column 5"),
    ],
)
def test_a_socket_that_is_not_well_written_is_told(
    config: Path, change: Change, old: str, new: str, told: str
) -> None:
    change("swatbot.toml", old, new)
    with pytest.raises(ConfigError, match=re.escape(f"{config}/swatbot.toml: {told}")):
        local_socket(config)
