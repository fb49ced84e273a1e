"""What stands in a sealed block: every call, who made it, whether the contract took it, and what it recorded.

A header commits to the block's transactions and receipts, so their bytes are checked against it as a whole: no call can
be left out, added or shown with another outcome. A refused call stands in its block too, with a receipt that says so;
why it was refused does not, and nothing here makes up a reason. What is no call of a contract, such as the creation of
one, or of a type unknown here keeps its place and is not read, so that nobody can stop a reader by sending one. It does
NOT judge the header (``ledger.proofs.view`` does) or know contracts.

Source: Ethereum yellow paper, section 4.3; EIP-155, EIP-2718, EIP-2930, EIP-1559, EIP-4844, EIP-7702 (what a sender
signs).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger import rlp
from ledger.chain.port import Body
from ledger.crypto.signing import Address, recover
from ledger.embedded.execution.tries import ordered_root
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import Header
from ledger.proofs.proof import Log, read_receipt

# By type of a transaction, how many items it has, how many of them are signed, and where target and call data stand.
_TYPED = {1: (11, 8, 4, 6), 2: (12, 9, 5, 7), 3: (14, 11, 5, 7), 4: (13, 10, 5, 7)}


@dataclass(frozen=True, slots=True)
class Sent:
    """One call of a sealed block and what became of it. A refused one has no logs."""

    sender: Address
    to: Address
    payload: bytes = field(repr=False)
    accepted: bool
    logs: tuple[Log, ...] = ()


def read_body(header: Header, body: Body) -> tuple[Sent | None, ...]:
    """Return all calls of a block in their order; None where a transaction is no call that can be read.

    Raises:
        VerificationError: the bytes are not those the header commits to.
        InvalidRecord: they are, and one is no receipt.
    """
    for what, items, root in (
        ("transactions", body.transactions, header.transactions_root),
        ("receipts", body.receipts, header.receipts_root),
    ):
        if ordered_root(items) != root:
            raise VerificationError(f"block {header.number}: these are not all its {what}")
    if len(body.transactions) != len(body.receipts):
        raise VerificationError(f"block {header.number}: a receipt for each transaction was expected")
    return tuple(_sent(*pair) for pair in zip(body.transactions, body.receipts, strict=True))


def _sent(transaction: bytes, receipt: bytes) -> Sent | None:
    try:
        sender, to, payload = read_transaction(transaction)
    except InvalidRecord:
        return None
    accepted, logs = read_receipt(receipt)
    return Sent(sender, to, payload, accepted, logs)


def read_transaction(raw: bytes) -> tuple[Address, Address, bytes]:
    """Return sender, target and call data of a signed transaction.

    Raises:
        InvalidRecord: not a signed call of a type that is known.
    """
    if raw[:1] >= b"\xc0":
        items = _items(raw, 9)
        signed, recovery = _legacy(items)
        target, payload, signature = items[3], items[5], items[7:9]
    else:
        count, covered, at_target, at_payload = _TYPED.get(raw[0] if raw else 0, (0, 0, 0, 0))
        items = _items(raw[1:], count)
        signed, recovery = raw[:1] + rlp.encode(items[:covered]), rlp.decode_uint(items[-3], max_bytes=1)
        target, payload, signature = items[at_target], items[at_payload], items[-2:]
    if not isinstance(target, bytes) or len(target) != 20 or not isinstance(payload, bytes) or recovery > 1:
        raise InvalidRecord("transaction: expected a signed call of a contract")
    r, s = (rlp.decode_uint(item, max_bytes=32).to_bytes(32, "big") for item in signature)
    try:
        sender = recover(keccak256(signed), r + s + bytes([recovery]))
    except VerificationError as exc:
        raise InvalidRecord("transaction: nobody can have signed it") from exc
    return sender, Address(target), payload


def _legacy(items: tuple[rlp.Item, ...]) -> tuple[bytes, int]:
    """Return what the sender of a legacy transaction signed, and which of the two keys it is."""
    v = rlp.decode_uint(items[6])
    if v >= 35:
        return rlp.encode((*items[:6], rlp.encode_uint((v - 35) // 2), b"", b"")), (v - 35) % 2
    return rlp.encode(items[:6]), v - 27 if v >= 27 else 2


def _items(raw: bytes, count: int) -> tuple[rlp.Item, ...]:
    items = rlp.decode(raw)
    if not isinstance(items, tuple) or not count or len(items) != count:
        raise InvalidRecord("transaction: of no type that is known")
    return items
