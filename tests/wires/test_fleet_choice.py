"""Whether contents are pushed or pulled is chosen by bytes times hosts, and said in words."""

import pytest

from swatbot.fleet.choice import Choice, choose, readable_size, rule
from swatbot.fleet.hosts import Daemon, PullSettings, Transfer
from tests.contracts.fleet_lab import Store, order

HOSTS = ("h1", "h2", "h3")
SOURCE = Daemon("the deployment host", "rsync://127.0.0.1/x/")


def nothing(_host: str) -> set[str]:
    return set()


def test_without_a_daemon_everything_is_pushed() -> None:
    store = Store()
    wanted = order(HOSTS, store.take(["c"], {}), store.take(["c"], {"c/a": (0o644, b"a" * 1000)}))
    found = choose(wanted, nothing, PullSettings(Transfer.AUTO, crossing=1))
    assert found == Choice(pulls=False, why="push: no rsync daemon is configured")


@pytest.mark.parametrize(("transfer", "pulls"), [(Transfer.PUSH, False), (Transfer.PULL, True)])
def test_what_the_config_says_is_done(transfer: Transfer, *, pulls: bool) -> None:
    store = Store()
    wanted = order(HOSTS, store.take(["c"], {}), store.take(["c"], {}))
    settings = PullSettings(transfer, source=SOURCE)
    assert choose(wanted, nothing, settings) == Choice(pulls, f"{transfer}, as the config says")
    assert rule(settings) == f"Contents are {transfer}ed, as the config says."


def test_equal_contents_count_once_and_kept_ones_not_at_all() -> None:
    store = Store()
    base = store.take(["c"], {"c/same": (0o644, b"s" * 5000)})
    files = {"c/a": (0o644, b"a" * 1000), "c/b": (0o755, b"a" * 1000), "c/l": (0, b"a")}
    target = store.take(["c"], {"c/same": (0o644, b"s" * 5000), **files})
    settings = PullSettings(crossing=3000, source=SOURCE)
    wanted = order(HOSTS, base, target)
    assert choose(wanted, nothing, settings) == Choice(
        pulls=True, why="pull: 3 kB in all for 3 hosts are not less than 3 kB"
    )
    kept = {entry.content for entry in target.entries}
    found = choose(wanted, lambda host: kept if host == "h2" else set(), settings)
    assert found == Choice(pulls=False, why="push: 2 kB in all for 2 hosts are less than 3 kB")
    one = choose(order(HOSTS[:1], base, target), nothing, settings)
    assert one.why == "push: 1 kB in all for 1 host are less than 3 kB"
    assert rule(settings) == "Contents are pushed; from 3 kB in all on, hosts pull them."


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2.5e9, "2.5 GB"), (7e15, "7e+03 TB")],
)
def test_sizes_are_readable(size: float, told: str) -> None:
    assert readable_size(size) == told
