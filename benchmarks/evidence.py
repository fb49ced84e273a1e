"""Evidence: size and cost of a receipt proof, time of a whole verification, cold start of the command.

    python benchmarks/evidence.py

Files: the committed vectors, and a block of 200 receipts made here. Peer: py-trie's ``get_from_proof`` on the very same
receipt proof, both from the bytes of the nodes. Times are CPU times, the best of several rounds. Exit code 1 if one of
the limits is exceeded.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import sealed  # noqa: E402
from trie import HexaryTrie  # noqa: E402

from contracts.evidence import bundle  # noqa: E402
from contracts.evidence.verify import verify  # noqa: E402
from ledger import rlp  # noqa: E402
from ledger.crypto import signing  # noqa: E402
from ledger.proofs import trust as trust_file  # noqa: E402
from ledger.proofs.headers import parse_header, verify_header  # noqa: E402
from ledger.proofs.proof import ReceiptProof, verify_receipt  # noqa: E402

VECTORS = ROOT / "tests" / "vectors" / "evidence" / "v1"
RECEIPTS, ROUNDS, FACTS = 200, 200, 30
PROOF_BYTES, PROOF_S, WHOLE_S, COLD_S = 5000, 0.002, 0.050, 0.8


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed block of many receipts and the proof of one of them."""

    header: bytes
    root: bytes
    proof: ReceiptProof


def main() -> int:
    """Measure and print; say whether every limit was kept."""
    kept = [receipt_proof(), *(whole(name) for name in ("sums", "join")), cold()]
    return 0 if all(kept) else 1


def receipt_proof() -> bool:
    """A receipt under its sealed header: bytes and CPU, and against py-trie without the header."""
    block = make_block()
    size = len(block.header) + sum(map(len, block.proof.nodes))
    full = best(lambda: verify_receipt(verify_header(block.header, sealed.ADDRESSES), block.proof))
    header = parse_header(block.header)
    ours = best(lambda: verify_receipt(header, block.proof))
    key = sealed.receipt_key(block.proof.index)
    peer = best(lambda: HexaryTrie.get_from_proof(block.root, key, [decoded(node) for node in block.proof.nodes]))
    print(f"receipt proof of {RECEIPTS}: {size} bytes with header (limit {PROOF_BYTES}), {full * 1e3:.2f} ms (limit 2)")
    print(f"  trie alone, log decoded too: {ours * 1e6:.0f} us; py-trie {peer * 1e6:.0f} us: {peer / ours:.1f}x")
    return size < PROOF_BYTES and full < PROOF_S


def whole(name: str) -> bool:
    """All of a job's evidence, and what of it goes into recovering the signers of seals."""
    data, trust = (VECTORS / f"{name}.json").read_bytes(), trust_file.parse((VECTORS / "trust.json").read_bytes())
    evidence = bundle.parse(data)
    proofs = [state.proof for state in evidence.facts.states]
    proofs += [proof for change in evidence.facts.changes for proof in (change.change.proof, change.directory)]
    facts = sum(len(proof.slots) for proof in proofs) + len(evidence.facts.moments)
    taken = best(lambda: verify(data, trust).require(), rounds=30)
    headers = [parse_header(raw) for raw in evidence.facts.headers]
    seals = [(header.seal_hash, seal) for header in headers for seal in header.seals]
    recovering = best(lambda: [signing.recover(digest, seal) for digest, seal in seals])
    print(
        f"{name}: {len(data)} bytes, {facts} facts, {taken * 1e3:.1f} ms (limit 50 for {FACTS} facts), "
        f"{taken * 1e3 * FACTS / facts:.1f} ms for {FACTS}; share of {len(seals)} seals {recovering / taken:.0%}"
    )
    return taken * FACTS / facts < WHOLE_S


def cold() -> bool:
    """The command in a fresh process, interpreter included."""
    command = [sys.executable, "-m", "gateway", "verify", str(VECTORS / "sums.json")]
    command += ["--trust", str(VECTORS / "trust.json")]
    bare = cpu([sys.executable, "-c", "pass"])
    taken = cpu(command)
    print(f"shuxin verify, cold: {taken:.2f} CPU-s (limit {COLD_S}), bare interpreter {bare:.2f}: {taken / bare:.1f}x")
    return taken < COLD_S


def cpu(command: list[str], rounds: int = 5) -> float:
    """Return the least CPU seconds a command took."""
    taken = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def make_block() -> Block:
    """Seal a block of receipts and prove the one in the middle."""
    receipts = sealed.receipts(RECEIPTS)
    header = sealed.seal(sealed.unsealed(receipts=receipts.root_hash))
    proof = sealed.receipt_proof(parse_header(header).block_hash, receipts, RECEIPTS // 2)
    return Block(header, receipts.root_hash, proof)


def decoded(node: bytes) -> object:
    """Return a node as py-trie wants it: lists."""
    return _lists(rlp.decode(node))


def _lists(item: rlp.Item) -> object:
    return item if isinstance(item, bytes) else [_lists(part) for part in item]


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least CPU seconds of a piece of work."""
    work()
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
