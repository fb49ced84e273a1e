"""Attacks by operators of the chain: an RPC that forges, ages or forks what it shows, a builder that rewrites.

By: whoever stands between a node and the chain; for the rewriting, the builder with its one seal. The victim is a fresh
reader that believes as every node does, with a belief of its own: real headers, real proofs, a liar in between.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from contracts.addresses import CATALOGUE
from contracts.proven import history_fact
from gateway.attacks.attack import NOTHING, Attack, Setting, Try, as_stated, failed, refused
from gateway.attacks.defence import (
    BACKWARDS,
    FIRST_BLOCK,
    FORK,
    NO_VALIDATOR,
    OTHER_BLOCK,
    QUORUM,
    SEAL_ORDER,
    STALE,
    Defence,
)
from gateway.attacks.scene import Scene
from gateway.network.founding import keystore
from ledger import rlp
from ledger.chain.port import Chain, Fact, Operation, Proof, Receipt, StateFact
from ledger.crypto.signing import sign_digest
from ledger.errors import TrustError
from ledger.hashing import keccak256
from ledger.proofs.headers import Header, parse_header, seal_hash, with_seals
from ledger.proofs.trust import Assurance
from ledger.proofs.view import MAX_AGE_S, ProvenView
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from ledger.abi import AbiValue
    from ledger.chain.port import Body, Capabilities, Cursor, Event

STATE_ROOT = 3
Change = Callable[[Header], Header]


class Liar:
    """A chain around the real one that changes the headers it shows, or the state it proves."""

    def __init__(self, chain: Chain, *, head: Change | None = None, old: int | None = None) -> None:
        self._chain, self._head, self._old = chain, head, old

    def head(self) -> Header:
        real = self._chain.head()
        return self._head(real) if self._head else real

    def header(self, number: int) -> Header:
        return self._chain.header(number)

    def body(self, number: int) -> Body:
        return self._chain.body(number)

    def prove(self, fact: Fact) -> Proof:
        if self._old is not None and isinstance(fact, StateFact):
            fact = StateFact(fact.contract, fact.slots, self._old)
        return self._chain.prove(fact)

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        return self._chain.submit(operation, timeout_s=timeout_s)

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        return self._chain.read(contract, method, *args)

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]:
        return self._chain.events(after, limit=limit)

    def capabilities(self) -> Capabilities:
        return self._chain.capabilities()

    def close(self) -> None:
        """Leave the real one open."""


def rpc(scene: Scene) -> Iterator[Try]:
    """Forged, aged and forked answers."""
    with closing(scene.chain(scene.office)) as chain:
        head = chain.head()
        earlier = chain.header(max(1, head.number - 3))
        aged = Liar(chain, head=lambda _: earlier)
        lies: list[tuple[Text, Chain, Callable[[], float], tuple[Defence, ...]]] = [
            (
                Text("a head whose state is invented, under the real seals", "在真实封印下伪造状态的区块头"),
                Liar(chain, head=invented),
                time.time,
                (SEAL_ORDER, NO_VALIDATOR),  # the real seals name some other signers of this header
            ),
            (
                Text("the head of a while ago, real and sealed", "过时但真实的区块头"),
                aged,
                lambda: earlier.timestamp + MAX_AGE_S + 1,
                (STALE,),
            ),
            (
                Text("a real head, and the proof of an older state", "真实区块头配以更早状态的证明"),
                Liar(chain, old=earlier.number),
                time.time,
                (OTHER_BLOCK,),
            ),
            (
                Text("another chain from its first block on", "从创世起就是另一条链"),
                _OtherNetwork(chain),
                time.time,
                (FIRST_BLOCK,),
            ),
        ]
        for number, (what, liar, clock, expected) in enumerate(lies):
            with scene.view(liar, f"rpc-{number}-{head.number}", clock=clock) as view:
                yield believed(what, view, expected)
        with scene.view(chain, f"rpc-back-{head.number}") as honest:
            seen = honest.head()
        with scene.view(Liar(chain, head=lambda _: chain.header(seen.number - 1)), f"rpc-back-{head.number}") as view:
            what = Text("the block before one that this reader has seen", "该读者所见区块之前的区块")
            yield believed(what, view, (BACKWARDS,))


def rewrite(scene: Scene) -> Iterator[Try]:
    """The builder changes a past block's state and seals it anew with the one key it has."""
    secret = keystore(scene.directory / "chain").load("validator").secret
    with closing(scene.chain(scene.office)) as chain:
        head = chain.head()

        def rewritten(real: Header) -> Header:
            forged = with_seals(invented(real).raw, [])
            return parse_header(with_seals(forged, [sign_digest(secret, seal_hash(forged))]))

        single = scene.trust.assurance is Assurance.SINGLE_OPERATOR
        with scene.view(Liar(chain, head=rewritten), f"rewrite-{head.number}") as view:
            what = Text(
                "a block with another state under the builder's seal, shown to a new reader",
                "出块者单独封印的改写区块,给新读者看",
            )
            yield believed(what, view, (QUORUM,), single)
        with scene.view(chain, f"rewrite-seen-{head.number}") as honest:
            seen = honest.head()
        with scene.view(Liar(chain, head=lambda _: rewritten(seen)), f"rewrite-seen-{head.number}") as view:
            what = Text("the same, shown to a reader that has seen the block", "同一改写区块,给见过原区块的读者看")
            yield believed(what, view, (QUORUM, FORK))


class _OtherNetwork(Liar):
    def header(self, number: int) -> Header:
        return self._chain.header(number or 1)


def believed(what: Text, view: ProvenView, expected: tuple[Defence, ...], is_stated: bool = False) -> Try:
    """Let a reader look, and ask for a proof as nodes do before each decision."""
    fact = history_fact(CATALOGUE, keccak256(b"attack"))
    try:
        view.head()
        view.state(fact.contract, fact.slots)
    except TrustError as refusal:
        return refused(what, str(refusal), *expected)
    if is_stated:
        return as_stated(what, "believed: one operator holds every validator's key, as the trust file says")
    return failed(what, "believed")


def invented(real: Header) -> Header:
    items = rlp.decode(real.raw)
    assert isinstance(items, tuple)
    changed = list(items)
    changed[STATE_ROOT] = keccak256(b"another state")
    return parse_header(rlp.encode(tuple(changed)))


ATTACKS = (
    Attack(
        "lying-rpc",
        Text("an RPC that shows forged, old or forked state", "展示伪造、过时或分叉状态的 RPC"),
        Text("the operator of a node's RPC", "节点所连 RPC 的运营者"),
        Setting.LIVE,
        NOTHING,
        ("gateway/test_attack_twins.py::test_a_reader_without_seals_and_proofs_believes_the_liar",),
        rpc,
    ),
    Attack(
        "rewrite",
        Text("the operator rewrites a block it has sealed", "运营者改写已封印的区块"),
        Text("the block builder, with its one validator key", "只有一把验证密钥的出块者"),
        Setting.LIVE,
        NOTHING,
        ("gateway/test_attack_twins.py::test_a_reader_that_counts_no_quorum_believes_the_builder",),
        rewrite,
    ),
)
