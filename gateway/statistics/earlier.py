"""Questions this party has asked before, however they were written, and the jobs that answer them.

One small file a question under ``state/questions``, named by the digest of its normal form
(``mpc.disclosure.question``) with the versions of its tables in the catalogue: when an owner publishes a version, the
question is a new one. It says nothing about data that changed without a published version, and trusts the catalogue as
proven, nobody's word.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contracts.authorizations.terms import identifier
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.disclosure import question
from mpc.fields import Fields
from mpc.node.memory import recipients
from mpc.node.registry import Facts
from mpc.node.whole import write_whole
from mpc.spec.job import JobSpec

MAX_JOBS = 4096


class Questions:
    """The files of one party's state directory."""

    def __init__(self, state: Path) -> None:
        self._home = state / "questions"

    def jobs(self, digest: bytes) -> list[bytes]:
        """List the jobs that asked a question, the newest last; raises InvalidRecord for a damaged file."""
        path = self._path(digest)
        if not path.is_file():
            return []
        found = Fields(canonical.decode(path.read_bytes()), "question")
        try:
            return [bytes.fromhex(job) for job in found.texts("jobs", MAX_JOBS)]
        except ValueError as fault:
            raise InvalidRecord(f"{path}: jobs are hex") from fault

    def remember(self, digest: bytes, job: bytes) -> None:
        """Add a job as the newest."""
        known = [other for other in self.jobs(digest) if other != job][1 - MAX_JOBS :]
        write_whole(self._path(digest), canonical.encode({"jobs": [found.hex() for found in (*known, job)]}))

    def find(self, digest: bytes, is_useful: Callable[[bytes], bool]) -> bytes | None:
        """Return the newest job that has answered a question or still may."""
        return next((job for job in reversed(self.jobs(digest)) if is_useful(job)), None)

    def _path(self, digest: bytes) -> Path:
        return self._home / f"{digest.hex()}.json"


def versions(spec: JobSpec, facts: Facts) -> dict[str, int]:
    """Return how many versions of each table the catalogue shows."""
    return {source.asset: facts.asset(identifier(source.asset)).versions for source in spec.sources}


def identify(spec: JobSpec, facts: Facts) -> bytes:
    """Name a question as it stands at one proven moment."""
    recipient_class = recipients.label(facts.recipient_class(identifier(spec.recipient)))
    return question.identify(spec, versions(spec, facts), recipient_class)


def edition(spec: JobSpec, facts: Facts) -> str:
    """Name the published versions, so that one specification makes another job on each; empty as long as none is."""
    found = versions(spec, facts)
    return canonical.digest({asset: str(count) for asset, count in found.items()}).hex() if any(found.values()) else ""
