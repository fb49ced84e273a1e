"""Sealed headers and small real tries for tests: py-evm's ``trie`` builds them, so it is the oracle of our verifier."""

from collections.abc import Mapping, Sequence

from trie import HexaryTrie

from ledger import rlp
from ledger.crypto.signing import Address, address_of, public_of, sign_digest
from ledger.hashing import keccak256
from ledger.proofs.headers import ISTANBUL_DIGEST, extra_data, seal_hash, with_seals
from ledger.proofs.proof import ReceiptProof, SlotProof, StorageProof
from ledger.proofs.trie import EMPTY_ROOT


def secrets_of(label: str, count: int = 4) -> list[bytes]:
    """Return secrets of validators, in the order of their addresses."""
    return sorted((keccak256(f"{label} {i}".encode()) for i in range(count)), key=address)


def address(secret: bytes) -> Address:
    return address_of(public_of(secret))


VALIDATORS = secrets_of("validator")
ADDRESSES = tuple(map(address, VALIDATORS))
CONTRACT = Address(bytes(18) + b"\x53\x02")
STATEMENT = keccak256(b"statement key")
MESSAGE = "a statement"
TOPIC = keccak256(b"Happened(bytes32)")


def header_items(**changes: rlp.Item) -> dict[str, rlp.Item]:
    """Return the 21 items of a Prague header by name, without seals."""
    items: dict[str, rlp.Item] = {
        "parent": keccak256(b"parent"),
        "ommers": keccak256(b"\xc0"),
        "coinbase": bytes(20),
        "state": EMPTY_ROOT,
        "transactions": EMPTY_ROOT,
        "receipts": EMPTY_ROOT,
        "bloom": bytes(256),
        "difficulty": b"",
        "number": rlp.encode_uint(7),
        "gas_limit": rlp.encode_uint(10**12),
        "gas_used": rlp.encode_uint(49_025),
        "timestamp": rlp.encode_uint(1_700_000_000),
        "extra": extra_data(bytes(32), ADDRESSES),
        "mix": ISTANBUL_DIGEST,
        "nonce": bytes(8),
        "base_fee": b"",
        "withdrawals": EMPTY_ROOT,
        "blob_gas": b"",
        "excess_blob_gas": b"",
        "beacon": bytes(32),
        "requests": keccak256(b""),
    }
    return items | changes


def unsealed(**changes: rlp.Item) -> bytes:
    return rlp.encode(tuple(header_items(**changes).values()))


def seal(raw: bytes, signers: Sequence[bytes] = VALIDATORS) -> bytes:
    """Return the header with the seals of these secrets, in order."""
    digest = seal_hash(raw)
    return with_seals(raw, [sign_digest(secret, digest) for secret in signers])


def nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """Return the proof of a key: the nodes that stand for themselves; the library also lists embedded ones."""
    proof = [rlp.encode(_tuples(node)) for node in trie.get_proof(key)]
    return tuple(node for place, node in enumerate(proof) if len(node) >= 32 or place == 0)


def storage(words: Mapping[bytes, int]) -> HexaryTrie:
    trie = HexaryTrie({})
    for slot, value in words.items():
        trie[keccak256(slot)] = rlp.encode(rlp.encode_uint(value))
    return trie


def state(contract: HexaryTrie, others: int = 30) -> HexaryTrie:
    """Return a state trie with one contract among other accounts."""
    trie = HexaryTrie({})
    for i in range(others):
        trie[keccak256(keccak256(b"account %d" % i)[:20])] = _account(i, EMPTY_ROOT, keccak256(b""))
    trie[keccak256(CONTRACT)] = _account(1, contract.root_hash, keccak256(b"code"))
    return trie


def receipts(count: int, *, failed: frozenset[int] = frozenset(), typed: bool = True) -> HexaryTrie:
    """Return a receipts trie; receipt i has one log whose data is i, and is typed when odd."""
    trie = HexaryTrie({})
    for i in range(count):
        log = (CONTRACT, (TOPIC, keccak256(b"entity")), i.to_bytes(32, "big"))
        body = rlp.encode((b"" if i in failed else b"\x01", rlp.encode_uint(50_000 * (i + 1)), bytes(256), (log,)))
        trie[receipt_key(i)] = (b"\x02" if typed and i % 2 else b"") + body
    return trie


def receipt_key(index: int) -> bytes:
    return rlp.encode(rlp.encode_uint(index))


def storage_proof(header_hash: bytes, accounts: HexaryTrie, words: HexaryTrie, *slots: bytes) -> StorageProof:
    proofs = tuple(SlotProof(slot, nodes(words, keccak256(slot))) for slot in slots)
    return StorageProof(header_hash, CONTRACT, nodes(accounts, keccak256(CONTRACT)), proofs)


def receipt_proof(header_hash: bytes, trie: HexaryTrie, index: int, log_index: int = 0) -> ReceiptProof:
    return ReceiptProof(header_hash, index, nodes(trie, receipt_key(index)), log_index)


def _account(nonce: int, root: bytes, code_hash: bytes) -> bytes:
    return rlp.encode((rlp.encode_uint(nonce), b"", root, code_hash))


def _tuples(node: object) -> rlp.Item:
    if isinstance(node, bytes):
        return node
    assert isinstance(node, list | tuple)
    return tuple(map(_tuples, node))
