"""What ships: the tree, and the store of its snapshots."""

from collections.abc import Sequence
from typing import Protocol

from swatbot.domain.changed import Changes
from swatbot.domain.findings import Findings, Holdings, PathFault, Pin
from swatbot.domain.manifest import Manifest
from swatbot.domain.plan import Plan


class Contents(Protocol):
    """The content-addressed store of snapshots."""

    def manifest(self, digest: str) -> Manifest:
        """The manifest of this digest.

        Raises:
            OperationalError: the store does not have it, or has it damaged.
        """
        ...

    def content(self, sha256: str) -> bytes:
        """The bytes with this SHA-256, proven on reading.

        Raises:
            OperationalError: the store does not have them, or has them damaged.
        """
        ...


class Tree(Contents, Protocol):
    """The staging directory, its git history, and the snapshots taken from it."""

    def deployable(self, digest: str) -> Manifest:
        """The manifest of this digest without what is not deployed (any more): what hosts are held against.

        Raises:
            OperationalError: the store does not have it, or has it damaged.
        """
        ...

    def nowhere(self, paths: Sequence[str], holdings: Holdings) -> tuple[PathFault, ...]:
        """Those of the paths that no host can hold: neither tree nor fleet has them, or they are ignored.

        Raises:
            OperationalError: the disk failed.
        """
        ...

    def known(self, words: Sequence[str], holdings: Holdings) -> tuple[str, ...]:
        """Those of the words that are paths at which tree or fleet have something that is deployed.

        Raises:
            OperationalError: the disk failed, or the store does not have what the fleet holds.
        """
        ...

    def inspect(self, plan: Plan, holdings: Holdings) -> Findings:
        """Hold the tree against what the fleet holds, for the paths of a plan.

        Raises:
            OperationalError: git or the disk failed.
        """
        ...

    def snapshot(self, plan: Plan, holdings: Holdings) -> Pin:
        """Copy the plan's paths into the store and pin them.

        Raises:
            OperationalError: a file kept changing while it was copied, or the disk failed.
            UserError: a path can not be shipped (see Findings.faults).
        """
        ...

    def diff(self, paths: Sequence[str], holdings: Holdings) -> Changes:
        """What differs between what the fleet holds and the tree, for these paths.

        Raises:
            OperationalError: git or the disk failed.
            UserError: a path can not be shipped.
        """
        ...

    def compare(self, old: str, new: str) -> Changes:
        """What differs between two manifests in the store, by digest.

        Raises:
            OperationalError: the store does not have them, or git or the disk failed.
        """
        ...

    def overlay(self, whole: str, part: str) -> str:
        """Digest of the deployable part of `whole`, what is under the roots of `part` replaced by it."""
        ...

    def hidden(self, path: str) -> bool:
        """Whether a path is private: not to be named where everybody reads."""
        ...

    def discreet(self, text: str) -> str:
        """The text, as a host or a program said it, without the names of private files."""
        ...

    def differs(self, paths: Sequence[str], whole: str) -> bool:
        """Whether the tree holds something else under these paths than the manifest `whole`, by digest.

        Raises:
            OperationalError: the disk failed, or the store does not have the manifest.
        """
        ...

    def adopt(self, manifest: Manifest, commit: str = "") -> Holdings:
        """Take over what a fleet proves to hold as holdings, with `commit` as its place in history.

        Without a commit the newest one of the tree's history is found that is what the hosts hold.

        Raises:
            UserError: the commit is not in the tree's history, or differs from what the hosts hold (the
                differing files are named); or there is none, and the nearest is named.
        """
        ...
