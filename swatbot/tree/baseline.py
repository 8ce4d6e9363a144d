"""Takes over what a fleet proves to hold, matched to a commit, when swatbot did not put it there."""

from collections.abc import Mapping, Sequence

from swatbot.domain.findings import Holdings, Mark
from swatbot.domain.manifest import Entry, Kind, Manifest, as_in_git, covered
from swatbot.errors import UserError
from swatbot.tree.blobs import Blob
from swatbot.tree.inspection import Inspection
from swatbot.tree.manifest import bytes_at, entry_at
from swatbot.tree.matching import nearest_commit
from swatbot.tree.snapshots import Batch

_NAMED = 10


def adopt(tree: Inspection, manifest: Manifest, commit: str) -> Holdings:
    """Match a manifest from the hosts with a commit, and keep its contents.

    Modes are held as git has them (755 or 644): a host with another one, say 664, is put right by the next
    sync. A file that the commit does not have may come from the tree, if it is the same there: a tree has
    files besides those in git.

    Args:
        tree: the tree.
        manifest: what the hosts hold.
        commit: a name of the commit, "" to find the newest one that fits.

    Raises:
        UserError: the commit is not in the tree's history, or the hosts hold something else; or no commit
            fits, and the one that comes nearest is named.
        OperationalError: git or the disk failed.
    """
    wanted = {e.path: e for e in as_in_git(manifest).entries if not tree.ignore.match(e.path)}
    full = tree.history.commit(commit) if commit else _find(tree, wanted, manifest.roots)
    if full is None:
        raise UserError(f"the tree's history has no commit {commit[:60]}: name one that git log shows")
    blobs = {
        path: blob
        for path, blob in tree.history.blobs(full).items()
        if covered(path, manifest.roots) and not tree.ignore.match(path)
    }
    with tree.store.batch() as batch:
        taken = _from_git(tree, wanted, blobs, batch) | _from_tree(tree, wanted, blobs, batch)
        differing = sorted((wanted.keys() | blobs.keys()) - taken)
        if differing:
            raise UserError(_refusal(full, differing))
    digest = tree.store.put_manifest(Manifest.of(manifest.roots, wanted.values()))
    return Holdings(digest, (Mark(".", full, 0),))


def _find(tree: Inspection, wanted: Mapping[str, Entry], roots: Sequence[str]) -> str:
    """The newest commit that the hosts hold.

    Raises:
        UserError: there is none; the nearest is named, with the files that differ.
    """
    match = nearest_commit(tree, wanted, roots)
    if match.differing:
        raise UserError(
            f"of the last {match.looked} commits none is what the hosts hold; {match.commit[:7]} comes"
            f" nearest: {_named(match.differing)}. Make the hosts equal to a commit, or add what is not"
            " deployed to [tree] ignore"
        )
    return match.commit


def _from_git(
    tree: Inspection, wanted: Mapping[str, Entry], blobs: Mapping[str, Blob], batch: Batch
) -> set[str]:
    """The paths that the commit has as the hosts have them."""
    taken = set()
    both = [blob for path, blob in blobs.items() if path in wanted]
    for blob, data in tree.history.contents(both):
        entry = wanted[blob.path]
        if blob.link != (entry.kind is Kind.LINK):
            continue
        if blob.link:
            same = data.decode("utf-8", "surrogateescape") == entry.content
        else:
            same = batch.add(data) == entry.content and blob.executable == (entry.mode == 0o755)
        if same:
            taken.add(blob.path)
    return taken


def _from_tree(
    tree: Inspection, wanted: Mapping[str, Entry], blobs: Mapping[str, Blob], batch: Batch
) -> set[str]:
    """The paths that the commit does not have, and the tree has as the hosts have them."""
    taken = set()
    for path in wanted.keys() - blobs.keys():
        if entry_at(tree.tree, path, tree.cache.sha256) != wanted[path]:
            continue
        if wanted[path].kind is Kind.LINK or batch.add(bytes_at(tree.tree, path)) == wanted[path].content:
            taken.add(path)
    return taken


def _refusal(commit: str, differing: Sequence[str]) -> str:
    return (
        f"the hosts do not hold {commit[:7]}: {_named(differing)}. Name the commit that was last synced, or"
        " none to look for it, or add what is not deployed to [tree] ignore"
    )


def _named(differing: Sequence[str]) -> str:
    files = "1 file differs" if len(differing) == 1 else f"{len(differing)} files differ"
    more = f" and {len(differing) - _NAMED} more" if len(differing) > _NAMED else ""
    return f"{files} ({', '.join(differing[:_NAMED])}{more})"
