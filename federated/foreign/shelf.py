"""A department's allow-list: the bundles of others that it has looked at and lets run, by digest.

The list is a folder of the node's own account; a bundle is allowed while it lies there. It is empty unless somebody of
the department puts one in (``shuxin federated allow``). What is read is hashed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from federated.foreign import fab
from federated.foreign.fab import Bundle
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.files import read_bounded
from mpc.node.whole import write_whole

SUFFIX = ".fab"


class NotAllowed(NotAuthorized):
    """This department does not run an app."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """directory: of the department's node."""

    directory: Path

    def allow(self, content: bytes) -> Bundle:
        """Let a bundle run here from now on; raises InvalidRecord for what is none."""
        found = fab.read(content)
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(self._path(found.digest), content)
        return found

    def disallow(self, digest: bytes) -> None:
        """Let it run no more; raises NotAllowed if it is not allowed."""
        if not self._path(digest).is_file():
            raise _not_allowed(digest)
        self._path(digest).unlink()

    def allowed(self) -> list[Bundle]:
        """List what may run."""
        return [self.take(bytes.fromhex(path.stem)) for path in sorted(self.directory.glob(f"*{SUFFIX}"))]

    def take(self, digest: bytes) -> Bundle:
        """Return a bundle that is allowed.

        Raises:
            NotAllowed: it is not. InvalidRecord: the file holds something else.
        """
        path = self._path(digest)
        if not path.is_file():
            raise _not_allowed(digest)
        found = fab.read(read_bounded(path, fab.MAX_BYTES))
        if found.digest != digest:
            raise InvalidRecord(f"app: {path.name} holds another bundle than its name says")
        return found

    def _path(self, digest: bytes) -> Path:
        return self.directory / f"{digest.hex()}{SUFFIX}"


def _not_allowed(digest: bytes) -> NotAllowed:
    return NotAllowed(f"app: {digest.hex()} is not on this department's allow-list ('shuxin federated allow')")
