"""All parties of one job in one process: for tests, benchmarks and an officer's dry run on invented data.

Statement keys and seeds derive from one seed, so a rehearsal repeats byte for byte. It is NOT for real
parties: who holds the seed holds every key.
"""

from collections.abc import Mapping, Sequence

from ledger.canonical import JsonValue
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import Conflict
from ledger.hashing import tagged
from mpc.sessions.session import Seat, Session
from mpc.stream import derive

GENESIS = JOB = bytes(32)


def sessions(
    owners: Sequence[str],
    recipient: str,
    protocol: str,
    terms: Mapping[str, JsonValue],
    *,
    seed: bytes = bytes(32),
    job: bytes = JOB,
    attempt: int = 1,
    inputs: Mapping[str, bytes] | None = None,
) -> dict[str, Session]:
    """Build one session a party, owners and recipient, as nodes would from the chain.

    Args:
        inputs: the owners' input commitments; invented ones where a protocol does not look at them.
    """
    everybody = (*owners, recipient)
    signers = {party: Ed25519Signer(derive(seed, b"", f"statement key {party}")) for party in everybody}
    committed = inputs or {party: derive(seed, job, f"input {party}") for party in owners}
    seats = tuple(Seat(party, signers[party].public, committed[party]) for party in owners)
    return {
        party: Session(
            protocol=protocol,
            genesis=GENESIS,
            job=job,
            attempt=attempt,
            seats=seats,
            recipient=recipient,
            recipient_key=signers[recipient].public,
            terms=terms,
            me=party,
            signer=signers[party],
            seed=derive(seed, tagged("attempt", job, attempt.to_bytes(8, "big")), f"seed {party}"),
        )
        for party in everybody
    }


class MemoryJournal:
    """A journal that forgets when the process ends; its rules are those of the durable one."""

    OPENING = ("open",)

    def __init__(self, *opening: str) -> None:
        self._sent: dict[tuple[bytes, int, str], bytes] = {}
        self._final: dict[bytes, bytes] = {}
        self._opening = opening or self.OPENING

    def before_send(self, session: Session, step: str, digest: bytes) -> None:
        """Record, or refuse a second message of one step and a second set of contributors after an
        opening."""
        if self._final.get(session.job, session.contribution) != session.contribution:
            raise Conflict("journal: this job was opened for another set of contributors or inputs")
        if self._sent.setdefault((session.job, session.attempt, step), digest) != digest:
            raise Conflict(f"journal: another message left at step {step} of attempt {session.attempt}")
        if step in self._opening:
            self._final[session.job] = session.contribution
