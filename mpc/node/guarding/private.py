"""An owner's part in a private question: which question it is, and the last word before its pads leave.

There is no gate and no disclosure audit: what protects a unit is the noise that every figure carries, whatever it is
beside. What remains to be decided is whether the asset may be asked privately at all and was not asked this before
(``mpc.node.memory.usage``), and whether the chain still permits it. All cells are opened, or the job ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from contracts.jobs.record import JobState
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import TrustError
from mpc.kinds.registry import kind_of
from mpc.node.memory.journal import NodeJournal
from mpc.node.memory.usage import Usage, answered
from mpc.node.registry import Facts
from mpc.sessions.session import Session
from mpc.spec.job import JobSpec

GROUND = "privacy: mode or repetition"


@dataclass(frozen=True, slots=True)
class Private:
    """One private question as one owner knows it again.

    version: of the whole own table. after: the job, since failed, that was opened for this question last.
    """

    asset: str
    version: bytes
    question: bytes
    after: bytes | None

    @property
    def cells(self) -> Mapping[str, bytes]:
        """No rows are remembered: noise, not the disclosure audit, stands between two answers."""
        return {}


@dataclass(slots=True)
class PrivateOpening:
    """The decision of one attempt; see ``mpc.node.guarding.opening.Opening`` for the exact one."""

    session: Session
    own: Private
    journal: NodeJournal
    announce: Callable[[], None]
    _announced: bool = field(default=False, init=False)

    def begin(self) -> None:
        """Put nothing on record: no bit is told."""

    def __call__(self, bits: Mapping[str, bool]) -> AbstractSet[str]:
        """Open everything, once the chain has seen it announced.

        Raises:
            NotAuthorized: the job may not go on.
            Conflict: the journal forbids this opening.
        """
        if not self._announced:
            self._announce()
            self._announced = True
        return {name for name, flag in bits.items() if flag}

    def _announce(self) -> None:
        job, attempt = self.session.job, self.session.attempt
        own = self.own
        self.journal.usage.record_answer(own.asset, own.question, job, attempt, after=own.after)
        try:
            self.announce()
            self.journal.record_opening(self.session)
        except TrustError:
            self.journal.usage.withdraw_answer(job, attempt)
            raise


def find(usage: Usage, facts: Facts, asset: str, question: bytes) -> bytes | None:
    """Look for a question among those that were opened; return the job, since failed, that was opened for it last.

    Raises:
        NotAuthorized: it was released, or may still be.
    """
    after = usage.answering(asset, question)
    if after is not None:
        earlier = facts.job(after)
        # Aborted once opened is the end here: its retry would show other noise, which the journal refuses.
        has_failed = earlier.state is not JobState.RELEASED and earlier.is_over(facts.time)
        if not (has_failed or earlier.state is JobState.ABORTED):
            raise answered(asset)
    return after


def identify(spec: JobSpec, versions: Mapping[str, int]) -> bytes:
    """Name a question by what its answer is drawn from, not by how it was written, who asked it or for which purpose.

    Versions count as published, never as the own rows are: a node that answered or refused by them would tell, without
    noise, that some row changed.

    Args:
        versions: of every contributing asset, how many versions its owner has published on chain.
    """
    assert spec.privacy is not None
    kind = kind_of(spec)
    rows = kind.cells(sorted(versions))[0].base
    named: dict[str, JsonValue] = {
        "rows": rows.json(),
        "privacy": spec.privacy.json(),  # of a join it names columns and groups too
        "versions": {asset: str(count) for asset, count in versions.items()},
    }
    return canonical.digest({**named, **kind.asked()})
