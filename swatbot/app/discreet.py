"""What hosts and checks say, made fit for everybody: they name files, and some of those are private."""

import logging
from collections.abc import Iterable
from dataclasses import replace

from swatbot.domain.stage import PRIVATE_FILE, Files, HostResult
from swatbot.domain.verdict import Verdict
from swatbot.ports import HostProof, Tree

_LOG = logging.getLogger(__name__)


class Discreet:
    """Takes the names of private files out; the log has what a host said in full."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def result(self, result: HostResult) -> HostResult:
        """What came of a host, as it may be told."""
        reason = self._reason(result.host, result.reason)
        put_right = replace(result.put_right, names=self._names(result.put_right.names))
        return replace(result, reason=reason, put_right=put_right)

    def verdict(self, verdict: Verdict) -> Verdict:
        """What a check found, as it may be told: sites name files in what they answer and log."""
        return replace(verdict, reason=self._reason(verdict.check, verdict.reason))

    def proof(self, proof: HostProof) -> HostProof:
        """A host's proof, whose reason may be told."""
        return replace(proof, reason=self._reason(proof.host, proof.reason))

    def files(self, files: Iterable[str]) -> Files:
        """Files, without the names of private ones."""
        return Files.of(self._names(files))

    def _names(self, files: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(PRIVATE_FILE if self._tree.hidden(path) else path for path in files))

    def _reason(self, host: str, reason: str) -> str:
        told = self._tree.discreet(reason)
        if told != reason:
            _LOG.warning("not told in public: %s: %s", host, reason)
        return told
