"""A deployment that is over: what is still told of it, so that a bot that runs for years stays small."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from swatbot.domain.deployment import Deployment
from swatbot.domain.live import Live


@dataclass(frozen=True, slots=True)
class Past(Deployment):
    """A deployment that nothing changes any more. Of hosts that did well only the number is kept.

    Attributes:
        failed: hosts that failed last, with the reason.
        back: hosts that proved an older state while it was undone, and prove S_0.
        reached: how many of the last stage's hosts prove what they should, of how many; 0 of 0 where it
            left nothing on any host.
    """

    failed: Mapping[str, str] = field(default_factory=dict)
    back: tuple[str, ...] = ()
    reached: tuple[int, int] = (0, 0)


def past_of(d: Live) -> Past:
    """What stays of a deployment that has just ended."""
    restored = set(d.restored)
    back = tuple(h for h in d.hosts() if h in restored and d.proves(h, 0))
    known = {f.name: getattr(d, f.name) for f in fields(Deployment)}
    return Past(**known, failed=d.failed, back=back, reached=d.reached)
