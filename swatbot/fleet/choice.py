"""Whether the contents of an order are pushed or pulled, and why."""

from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from swatbot.domain.manifest import Kind
from swatbot.fleet.hosts import PullSettings, Transfer
from swatbot.ports import Order

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class Choice:
    """How contents come to the hosts of an order.

    Attributes:
        pulls: whether hosts pull.
        why: for a person.
    """

    pulls: bool
    why: str


def choose(order: Order, kept: Callable[[str], AbstractSet[str]], settings: PullSettings) -> Choice:
    """Choose for an order, by bytes times hosts; what hosts have kept needs not be shipped.

    Args:
        order: what is to be shipped.
        kept: the sha256 of contents that a host is believed to have.
        settings: the site's.
    """
    if settings.source is None:
        return Choice(pulls=False, why="push: no rsync daemon is configured")
    if settings.transfer is not Transfer.AUTO:
        pulls = settings.transfer is Transfer.PULL
        return Choice(pulls, f"{settings.transfer}, as the config says")
    return by_size(*_size(order, kept, settings.crossing), settings.crossing)


def rule(settings: PullSettings) -> str:
    """How contents come to hosts, whatever there is to ship."""
    if settings.source is None:
        return "Contents are pushed: no rsync daemon is configured."
    if settings.transfer is not Transfer.AUTO:
        return f"Contents are {settings.transfer}ed, as the config says."
    return f"Contents are pushed; from {readable_size(settings.crossing)} in all on, hosts pull them."


def by_size(shipped: int, hosts: int, crossing: int) -> Choice:
    """Choose for so many bytes in all, compared with the crossing, to so many hosts."""
    pulls = shipped >= crossing
    verdict = "not less" if pulls else "less"
    said = f"{readable_size(shipped)} in all for {hosts} host{'' if hosts == 1 else 's'}"
    return Choice(
        pulls, f"{'pull' if pulls else 'push'}: {said} are {verdict} than {readable_size(crossing)}"
    )


def readable_size(size: float) -> str:
    """A number of bytes for a person: 512 bytes, 3.1 MB."""
    for unit in _UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {_UNITS[-1]}"


def _size(order: Order, kept: Callable[[str], AbstractSet[str]], crossing: int) -> tuple[int, int]:
    """Bytes that are to be shipped to all hosts together, and to how many."""
    target = order.target.by_path
    changed = (target[path] for path in order.target.differences(order.base) if path in target)
    sizes = {entry.content: entry.size for entry in changed if entry.kind is Kind.FILE}
    most = sum(sizes.values()) * len(order.hosts)
    if most < crossing:  # as nearly always: what hosts have kept does not matter then
        return most, len(order.hosts)
    lacking = [_lacking(sizes.keys() - kept(host), sizes) for host in order.hosts]
    return sum(lacking), sum(map(bool, lacking))


def _lacking(contents: Collection[str], sizes: dict[str, int]) -> int:
    return sum(sizes[content] for content in contents)
