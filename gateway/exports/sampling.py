"""An auditor's sample that nobody chose: ranked by a hash under a block that was sealed after the list was fixed.

Each candidate is ranked by SHA-256 over the block's hash and its own id; the lowest are the sample. Whoever has the
list and the sealed block draws the same again, in any order, and a plan names the digest of the list. What it does
NOT do: keep an auditor from picking the block; the plan names it, and who fixes it beforehand (say, the first of a
month) can show that. Nor keep out a builder of that block who knows the list and tries other contents until the sample
suits it, which a few tries do for a few candidates: an auditor who does not trust the chain's operator that far draws
by a block whose number it tells nobody before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gateway.index.finding import Finder
from gateway.provenance.graph import Kind, Node
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

LABEL: Final = b"SHUXIN-SAMPLE-V1"
MOST: Final = 10_000
PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """A sample and what it was drawn from. population: SHA-256 over the sorted names of all candidates."""

    block: int
    block_hash: bytes
    population: bytes
    size: int
    sample: tuple[Node, ...]

    def json(self) -> JsonValue:
        return {
            "method": "lowest SHA-256(label, block hash, id)", "label": LABEL.decode(), "block": self.block,
            "block_hash": self.block_hash.hex(), "population": {"size": self.size, "sha256": self.population.hex()},
            "sample": [node.name for node in self.sample],
        }  # fmt: skip

    def rows(self) -> Iterator[dict[str, JsonValue]]:
        """Return the sample's nodes in the order drawn, each with what it was drawn by."""
        for rank, node in enumerate(self.sample, 1):
            yield {
                "rank": rank, "name": node.name, "block": self.block, "block_hash": self.block_hash.hex(),
                "population": self.population.hex(), "size": self.size,
            }  # fmt: skip


def plan(candidates: Iterable[Node], count: int, block: int, block_hash: bytes) -> Plan:
    """Draw a sample.

    Raises:
        InvalidRecord: nothing to draw from, or a number that is not offered.
    """
    found = sorted(set(candidates))
    if not found:
        raise InvalidRecord("sample: nothing of this kind to draw from")
    if not 1 <= count <= MOST:
        raise InvalidRecord(f"sample: expected 1 to {MOST}, got {count}")
    ranked = sorted(found, key=lambda node: sha256(LABEL + block_hash + node.key).digest())
    return Plan(block, block_hash, sha256(listed(found)).digest(), len(found), tuple(ranked[:count]))


def listed(candidates: Iterable[Node]) -> bytes:
    """Write the list that a plan's ``population`` is the digest of: a name a line, sorted."""
    return "".join(f"{node.name}\n" for node in sorted(set(candidates))).encode()


def candidates(finder: Finder, kind: Kind, last: int) -> list[Node]:
    """Return all nodes of a kind that are named up to a block."""
    found, after = list[Node](), 0
    while page := finder.nodes(kind, last, after=after, limit=PAGE):
        found += [node for _, node in page]
        after = page[-1][0]
    return found
