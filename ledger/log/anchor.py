"""Put a stream's newest root on the chain: composition of `Stream` and the Chain port, nothing else.

The Notary accepts only growth from the size it holds, write-once. Before it submits, `anchor` compares what
the chain holds with the stream's own history, so that a forked or older copy is refused here with a clear
reason. The call is noted in the stream's directory (file ``anchor``) before it is sent; a repetition after
a crash sends the same call under the same op_id, which an engine executes once.
Trust assumption: the answer of ``chain.read`` is only a hint that avoids useless calls; the receipt, proven
later under a sealed header, is the evidence.
"""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

from ledger import canonical
from ledger.chain.port import Chain, Operation, Receipt
from ledger.errors import Conflict, InvalidRecord
from ledger.log.checkpoint import Checkpoint
from ledger.log.durable import replace
from ledger.log.stream import Stream

CONTRACT = "Notary"
LABEL = b"SHUXIN-STREAM-ANCHOR-V1"
FILE = "anchor"
NONCE_BYTES = 16
_NONCE = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Growth:
    """One step of a stream on the chain: from ``old_size`` leaves to a checkpoint.

    The nonce tells a new try after a refusal from a repetition of the same call.
    """

    old_size: int
    new: Checkpoint
    nonce: bytes

    def __post_init__(self) -> None:
        if not 0 <= self.old_size < self.new.size:
            raise InvalidRecord(f"anchor: {self.old_size} to {self.new.size} leaves is no growth")
        if len(self.nonce) != NONCE_BYTES:
            raise InvalidRecord(f"anchor: expected a nonce of {NONCE_BYTES} bytes, got {len(self.nonce)}")

    def operation(self) -> Operation:
        """Build the call."""
        args = (self.new.id, self.old_size, self.new.size, self.new.root)
        sizes = self.old_size.to_bytes(8, "big") + self.new.size.to_bytes(8, "big")
        op_id = sha256(LABEL + self.nonce + self.new.id + sizes + self.new.root).digest()
        return Operation(CONTRACT, "anchor", args, op_id)

    def note(self) -> bytes:
        """Write what a repetition needs to know."""
        return canonical.encode({"old_size": self.old_size, "size": self.new.size, "nonce": self.nonce.hex()})


def anchor(stream: Stream, chain: Chain, *, timeout_s: float = 30.0) -> Receipt | None:
    """Anchor the stream's checkpoint; calling again, also after a crash, changes nothing more.

    Returns: the receipt, also when repeated; None if the chain holds this state by another copy's call.
    Raises:
        Conflict: the chain holds a longer or different stream under this name, or refuses the call.
        InvalidRecord: the stream is empty.
    """
    growth = _noted(stream) or _needed(stream, chain)
    if growth is None:
        return None
    replace(stream.directory / FILE, growth.note())
    receipt = chain.submit(growth.operation(), timeout_s=timeout_s)
    if not receipt.accepted:
        (stream.directory / FILE).unlink(missing_ok=True)
        raise Conflict(f"stream {stream.checkpoint.name}: anchor refused: {receipt.reason}")
    return receipt


def anchored_size(stream: Stream, chain: Chain) -> int:
    """Return the size the chain holds; raise Conflict if its root is not one that this stream had."""
    state = stream.checkpoint
    match chain.read(CONTRACT, "anchored", state.id):
        case (int(size), bytes(root), *_):
            pass
        case other:
            raise InvalidRecord(f"Notary.anchored: expected size and root, got {len(other)} values")
    if size > state.size:
        raise Conflict(f"stream {state.name}: the chain holds {size} leaves, this copy only {state.size}")
    if size and stream.root_at(size) != root:
        raise Conflict(f"stream {state.name}: the chain holds another stream's root at {size} leaves")
    return size


def _needed(stream: Stream, chain: Chain) -> Growth | None:
    state = stream.checkpoint
    if not state.size:
        raise InvalidRecord(f"stream {state.name}: empty, nothing to anchor")
    size = anchored_size(stream, chain)
    return Growth(size, state, secrets.token_bytes(NONCE_BYTES)) if size < state.size else None


def _noted(stream: Stream) -> Growth | None:
    """Return the call noted for this very checkpoint, if one was."""
    try:
        noted = canonical.decode((stream.directory / FILE).read_bytes())
    except FileNotFoundError:
        return None
    match noted:
        case {"old_size": int(old_size), "size": int(size), "nonce": str(nonce)} if _NONCE.fullmatch(nonce):
            if size != stream.checkpoint.size:
                return None
            return Growth(old_size, stream.checkpoint, bytes.fromhex(nonce))
        case _:
            raise InvalidRecord("stream: the file anchor is damaged; delete it to ask the chain anew")
