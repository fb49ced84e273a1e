"""Questions about provenance and their answers as values, for the API, the pages and the command line alike.

One object over the index and the node's own view. Whatever it returns was read from checked blocks; with ``prove`` and
``complete`` it is shown by the chain itself. Texts that name a thing are node names (``asset:...``), 64 hexadecimal
digits, or a code such as a party's or an asset's, which stands on chain as its hash.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.authorizations.terms import identifier
from gateway.index.finding import Finder, Mention
from gateway.index.index import Index
from gateway.provenance import graph, proving, walking
from gateway.provenance.founding import Founded, Founding
from gateway.provenance.graph import Edge, Kind, Node
from gateway.provenance.holding import Held, holdings
from gateway.provenance.proving import Complete
from gateway.provenance.training import Trained
from gateway.provenance.walking import Lineage, Reason, Way
from ledger.chain.port import Cursor
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs.headers import Header
from ledger.proofs.runs import Mark
from ledger.proofs.view import ProvenView

_DIGEST = re.compile("(?:0x|sha256:|keccak256:)?([0-9a-fA-F]{64})")
_ACCOUNT = re.compile("0x([0-9a-fA-F]{40})")
_CODE = re.compile("[a-z0-9][a-z0-9/-]{0,199}")
LIMIT = 200


@dataclass(frozen=True, slots=True)
class Card:
    """A node with what one event away from it stands."""

    node: Node
    last: int
    leaving: tuple[Edge, ...]
    arriving: tuple[Edge, ...]
    contracts: tuple[str, ...]
    """Contracts in which it has a history of its own."""
    is_cut: bool
    """There are more neighbours than shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: nodes of this id and events that name it; both empty is an answer too, as of the block."""

    word: bytes
    last: int
    nodes: tuple[Node, ...]
    mentions: tuple[Mention, ...]

    @property
    def is_known(self) -> bool:
        return bool(self.nodes or self.mentions)


class Explorer:
    """The questions; threads may share it."""

    def __init__(self, index: Index, view: ProvenView) -> None:
        self.index, self.view, self.finder = index, view, Finder(index.store)
        self.founding = Founding(view)
        self.graph = Founded(Trained(self.finder), self.founding)

    def mark(self) -> Mark:
        """Return the last block that answers can be as of."""
        return self.index.last()

    def last(self, block: int | None) -> int:
        """Return the block that an answer is as of: the index's last for None.

        Raises:
            NotFound: a block that the index does not have yet, or none.
        """
        newest = self.mark().number
        if block is None:
            return newest
        if not 0 <= block <= newest:
            raise NotFound(f"block {block}: the index has blocks up to {newest}")
        return block

    def header(self, block: int | None) -> Header:
        """Return the proven header of the block that an answer is as of."""
        return self.view.header(self.last(block))

    def node(self, name: str) -> Node:
        """Return the node that a name means; of several kinds with one id the first.

        Raises:
            InvalidRecord: no name, digest or code. NotFound: no event up to now names it.
        """
        if ":" in name and not _DIGEST.fullmatch(name):
            return graph.parse(name)
        found = self._named(word_of(name), self.mark().number)
        if not found:
            raise NotFound(f"nothing on chain is called {name[:80]!r}, as of block {self.mark().number}")
        return found[0]

    def card(self, node: Node, block: int | None = None, limit: int = LIMIT) -> Card:
        """Return a node with its neighbours.

        Raises:
            NotFound: no event up to the block names it.
        """
        last, more = self.last(block), limit + 1
        leaving = self.graph.leaving([node], last, more)
        is_block = node.kind is Kind.BLOCK and _number(node) <= last
        arriving = self.finder.edges_in(_number(node), more) if is_block else ()
        arriving = arriving or self.graph.arriving([node], last, more)
        contracts = () if node.kind is Kind.BLOCK else tuple(self.finder.entities(node.id, last))
        if not leaving and not arriving and not contracts:
            raise NotFound(f"{node.name}: nothing on chain names it, as of block {last}")
        is_cut = max(len(leaving), len(arriving)) > limit
        return Card(node, last, tuple(leaving[:limit]), tuple(arriving[:limit]), contracts, is_cut)

    def lineage(self, node: Node, way: Way, *, depth: int = 3, block: int | None = None, limit: int = LIMIT) -> Lineage:
        """Return what a node rests on, or what rests on it."""
        return walking.lineage(self.graph, node, way, depth=depth, last=self.last(block), limit=limit)

    def path(self, start: Node, goal: Node, block: int | None = None) -> tuple[Edge, ...] | None:
        """Return the shortest way upstream between two nodes."""
        return walking.path(self.graph, start, goal, last=self.last(block))

    def reasons(self, node: Node, block: int | None = None) -> tuple[Reason, ...]:
        """Say why something may exist."""
        return walking.reasons(self.graph, node, last=self.last(block))

    def holdings(self, name: str, block: int | None = None) -> Held:
        """Say who held what has this digest, under which authorization, and when."""
        last = self.last(block)
        return holdings(self.finder, self.finder.named(word_of(name), last), last=last)

    def search(self, text: str, block: int | None = None, *, limit: int = 50) -> Found:
        """Find any identifier or digest."""
        word, last = word_of(text), self.last(block)
        return Found(word, last, tuple(self._named(word, last)), tuple(self.finder.mentions(word, last, limit=limit)))

    def mentions(
        self, text: str, block: int | None, *, after: Cursor | None, argument: str, limit: int
    ) -> list[Mention]:
        """Return events that name an identifier or digest, behind an argument of one."""
        return self.finder.mentions(word_of(text), self.last(block), after=after, argument=argument, limit=limit)

    def complete(self, node: Node, block: int | None = None) -> list[Complete]:
        """Prove that the index has all of a node's own history; raises VerificationError."""
        return proving.complete(self.view, self.finder, node, self.header(block))

    def prove(self, place: Cursor, block: int | None = None) -> bytes:
        """Return the proof of the event behind an edge, for ``shuxin verify``; raises VerificationError, NotFound."""
        if place.block_number == 0:
            raise NotFound("block 0 has no events: genesis.json shows who founded, and the trust file names its hash")
        return proving.prove(self.view, self.finder, place, self.header(block)).encode()

    def _named(self, word: bytes, last: int) -> list[Node]:
        """Return the nodes of an id; a founder that no event names yet is one too."""
        found = self.finder.named(word, last)
        founders = () if found else (Node(Kind.PARTY, word), Node(Kind.AGENT, word))
        return found or [node for node in founders if self.founding.edge(node) is not None]


def word_of(text: str) -> bytes:
    """Return the 32 bytes under which what a text names stands on chain.

    Raises:
        InvalidRecord: the text is no node's name, digest, account or code.
    """
    if found := _DIGEST.fullmatch(text):
        return bytes.fromhex(found[1])
    if found := _ACCOUNT.fullmatch(text):
        return bytes.fromhex(found[1]).rjust(32, b"\0")
    if ":" in text:
        return graph.parse(text).id
    if _CODE.fullmatch(text):
        return identifier(text)
    raise InvalidRecord("search: expected a digest of 64 hexadecimal digits, an account, a node's name or a code")


def _number(node: Node) -> int:
    return int.from_bytes(node.id, "big")
