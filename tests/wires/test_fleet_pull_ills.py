"""Pull mode where things are ill: what is left over, full, hostile or dead costs time, never a sync."""

from pathlib import Path

import pytest

from tests.wires.rsync_lab import PullLab, lacking
from tests.wires.sshd import Sshd, sshd  # noqa: F401 - a fixture
from tests.wires.test_fleet_pull import NEW, ROOTS, SEEDED, World, no_push


def make_world(
    sshd: Sshd,  # noqa: F811
    directory: Path,
    log: pytest.LogCaptureFixture,
    count: int,
    proxies: int = 1,
) -> World:
    """A world of so many hosts; who made it closes its lab."""
    log.set_level("INFO", "swatbot.fleet")
    return World(PullLab(sshd, directory, count, proxies=proxies), log)


def noise(count: int, size: int) -> dict[str, tuple[int, bytes]]:
    """So many files of so many bytes."""
    rng = SEEDED(5)
    return {f"conf/{n}": (0o644, rng.randbytes(size)) for n in range(count)}


def leave(world: World, host: str, sha: str, digest: str) -> Path:
    """Where a pull of a content would have left it; its directory is made."""
    place = world.lab.state(host) / "pulled" / digest[:16] / sha[:2] / sha[2:]
    world.lab.state(host).mkdir(mode=0o700, exist_ok=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def test_what_is_left_over_is_proven_before_it_is_used(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """More of it is spoilt than there are rounds, some was half pulled, some is something else."""
    world, files = make_world(sshd, tmp_path, caplog, 2), noise(12, 1000)
    target = world.store.take(ROOTS, files)
    for host in world.lab.hosts:
        for sha in lacking(world.base, target):
            leave(world, host, sha, target.digest).write_bytes(b"")
        leave(world, host, sha, target.digest).with_name(".half.Xy12").write_bytes(b"half")
    world.assert_synced(files)
    no_push(world)
    world.lab.close()


def test_a_directory_in_the_place_of_a_content_is_removed(
    sshd: Sshd,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = make_world(sshd, tmp_path, caplog, 1)
    target = world.store.take(ROOTS, NEW)
    sha = min(lacking(world.base, target))
    (leave(world, "h1", sha, target.digest) / "in" / "it").mkdir(parents=True)
    world.assert_synced()
    no_push(world)
    assert leave(world, "h1", sha, target.digest).is_file()
    world.lab.close()
