"""All parties of one job in one process: for tests, benchmarks and an officer's dry run on invented data.

Statement keys and seeds derive from one seed, so a rehearsal repeats byte for byte. It is NOT for real
parties: who holds the seed holds every key.
"""

from collections.abc import Mapping, Sequence

from ledger.canonical import JsonValue
from ledger.errors import Conflict
from ledger.hashing import tagged
from ledger.signing import Ed25519Signer
from mpc.session import Seat, Session
from mpc.stream import derive


def sessions(
    owners: Sequence[str],
    recipient: str,
    protocol: str,
    terms: Mapping[str, JsonValue],
    *,
    seed: bytes = bytes(32),
    job: bytes = bytes(32),
    attempt: int = 1,
) -> dict[str, Session]:
    """Build one session a party, owners and recipient, as nodes would from the chain."""
    everybody = (*owners, recipient)
    signers = {party: Ed25519Signer(derive(seed, b"", f"statement key {party}")) for party in everybody}
    seats = tuple(Seat(p, signers[p].public, derive(seed, job, f"input {p}")) for p in owners)
    return {
        party: Session(
            protocol=protocol,
            genesis=bytes(32),
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
