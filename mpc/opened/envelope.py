"""The file that carries an opened audit to one auditor: a readable first line, and the record sealed part by part.

The line says party, job, attempt and auditor; its digest stands for the session in every envelope
(``mpc.sessions.sealing``), so that no part fits another line. Parts are signed with the party's statement key and open
under the auditor's registered seal key alone. There is no forward secrecy against that key once it is stolen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ledger import canonical
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged
from mpc.fields import Fields
from mpc.sessions import sealing
from mpc.sessions.sealing import BODY_LIMIT, ENVELOPE_LIMIT, PART_LIMIT, Envelope, Header

FORMAT = "shuxin-opened-audit-file-v1"
STEP = "opened-audit"
LINE_LIMIT, LENGTH_BYTES = 1 << 10, 4
LIMIT = BODY_LIMIT + (BODY_LIMIT // PART_LIMIT + 1) * (ENVELOPE_LIMIT - PART_LIMIT + LENGTH_BYTES)


@dataclass(frozen=True, slots=True)
class Address:
    """Whose audit of which attempt this is, and for whom."""

    party: str
    job: bytes
    attempt: int
    auditor: str

    def encode(self) -> bytes:
        """Write the first line, without its end."""
        return canonical.encode(
            {
                "format": FORMAT,
                "party": self.party,
                "job": self.job.hex(),
                "attempt": self.attempt,
                "auditor": self.auditor,
            }
        )

    @property
    def session(self) -> bytes:
        """What stands for a session's digest in the envelopes."""
        return tagged("SHUXIN-OPENED-AUDIT-V1", self.encode())


def seal(address: Address, record: bytes, *, auditor_key: bytes, signer: Signer) -> bytes:
    """Seal a record for its auditor.

    Raises:
        InvalidRecord: the auditor's key is of low order, or the record is too long.
    """
    chunks = sealing.chunks_of(len(record))
    parts = [address.encode() + b"\n"]
    for chunk in range(chunks):
        header = _header(address, chunk, chunks, len(record))
        body = record[chunk * PART_LIMIT : (chunk + 1) * PART_LIMIT]
        sealed = sealing.seal(header, body, session=address.session, recipient_key=auditor_key, signer=signer)
        parts.append(len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)
    return b"".join(parts)


def read_address(data: bytes) -> Address:
    """Read whose audit a file is, for whom: readable to everybody, and not yet believed. Raises: InvalidRecord."""
    line, end, _ = data[: LINE_LIMIT + 1].partition(b"\n")
    if not end:
        raise InvalidRecord("this is no opened audit")
    fields = Fields(canonical.decode(line, limit=LINE_LIMIT), "opened audit")
    if fields.text("format") != FORMAT:
        raise InvalidRecord(f"opened audit: expected format {FORMAT}")
    found = Address(fields.text("party"), fields.digest("job"), fields.integer("attempt"), fields.text("auditor"))
    fields.done()
    return found


def unseal(data: bytes, *, auditor: str, private: PrivateKey, keys: Mapping[str, bytes]) -> bytes:
    """Open a file at its auditor.

    Args:
        keys: statement keys of the parties that may have sealed it.

    Raises:
        InvalidRecord: for another auditor, from nobody known, cut off, or parts out of order.
        VerificationError: it does not open under this key, or was changed.
    """
    address = read_address(data)
    if address.auditor != auditor:
        raise InvalidRecord(f"opened audit: sealed for {address.auditor}, not for {auditor}")
    if address.party not in keys:
        raise InvalidRecord(f"opened audit: {address.party} takes no part in this job")
    known = {address.party: keys[address.party]}
    bodies: list[bytes] = []
    expected: Header | None = None
    for place, sealed in enumerate(_parts(data, len(address.encode()) + 1)):
        part = Envelope(sealed, recipient=auditor, private=private).open(address.session, known)
        expected = _header(address, place, part.header.chunks, part.header.size)
        if part.header != expected:
            raise VerificationError("opened audit: a part is out of order or of another file")
        bodies.append(part.body)
    if expected is None or len(bodies) != expected.chunks:
        raise InvalidRecord("opened audit: cut off")
    return b"".join(bodies)


def _header(address: Address, chunk: int, chunks: int, size: int) -> Header:
    return Header(address.job, address.attempt, address.party, address.auditor, STEP, 0, chunk, chunks, size)


def _parts(data: bytes, at: int) -> Iterator[bytes]:
    while at < len(data):
        start = at + LENGTH_BYTES
        end = start + int.from_bytes(data[at:start], "big")
        if end > len(data) or end - start > ENVELOPE_LIMIT:
            raise InvalidRecord("opened audit: cut off")
        yield data[start:end]
        at = end
