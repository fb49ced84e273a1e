"""A view believes a sealed, fresh head of its own network, whatever the RPC says; every lie has an honest neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import VALIDATORS, Standing, anchor, committee
from viewedtown import Liar, Town, opened, sealed

from ledger import rlp
from ledger.chain.port import Capabilities
from ledger.embedded.production.sealing import ChainKey
from ledger.errors import Conflict, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import parse_header
from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView


def test_an_honest_fresh_head_is_believed(view: ProvenView, town: Town) -> None:
    assert view.head().block_hash == town.chain.head().block_hash


def test_a_head_of_90_seconds_is_fresh_and_of_91_stale(view: ProvenView, clock: Standing, town: Town) -> None:
    clock.now = town.chain.head().timestamp + 90.0
    view.head()
    clock.now += 1
    with pytest.raises(VerificationError, match="stale"):
        view.head()


def test_a_head_ahead_of_the_clock_is_refused(view: ProvenView, clock: Standing, town: Town) -> None:
    clock.now = town.chain.head().timestamp - 15.0
    view.head()
    clock.now -= 1
    with pytest.raises(VerificationError, match="ahead of the clock"):
        view.head()


def test_a_parsed_header_that_belies_its_bytes_is_not_looked_at(
    view: ProvenView, liar: Liar, town: Town, clock: Standing
) -> None:
    clock.now += 500
    liar.heads = replace(town.chain.head(), timestamp=int(clock.now))
    with pytest.raises(VerificationError, match="stale"):
        view.head()


@pytest.mark.parametrize(
    "keys",
    [(), VALIDATORS[:2], committee("forger"), (*VALIDATORS[:2], committee("forger")[0])],
    ids=["none", "too few", "invented", "two and a stranger"],
)
def test_forged_seals_are_refused(view: ProvenView, liar: Liar, town: Town, keys: Sequence[ChainKey]) -> None:
    liar.heads = sealed(town.chain.head().raw, VALIDATORS[:3])
    view.head()  # three of four are a quorum
    liar.heads = sealed(town.chain.head().raw, keys)
    with pytest.raises(VerificationError):
        view.head()


def test_a_header_changed_after_sealing_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    head = town.chain.head()
    fields = list(rlp.decode(head.raw))
    fields[3] = keccak256(b"another state")
    liar.heads = parse_header(rlp.encode(tuple(fields)))
    with pytest.raises(VerificationError):
        view.head()


def test_a_head_below_the_believed_one_is_refused_also_after_a_restart(
    view: ProvenView, liar: Liar, town: Town, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    old = town.chain.head()
    town.block()
    view.head()
    liar.heads = old
    with pytest.raises(VerificationError, match="older than the believed"):
        view.head()
    view.close()
    again = opened(liar, trust, tmp_path / "belief", clock, stack)
    with pytest.raises(VerificationError, match="older than the believed"):
        again.head()


def test_a_head_below_what_another_process_believes_is_refused(
    view: ProvenView, liar: Liar, town: Town, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    old = view.head()
    town.block()
    opened(Liar(town.chain), trust, tmp_path / "belief", clock, stack).head()
    liar.heads = old
    with pytest.raises(VerificationError, match="older than the believed"):
        view.head()


def test_a_second_sealed_block_at_one_height_is_a_fork(view: ProvenView, liar: Liar, town: Town) -> None:
    head = view.head()
    liar.heads = sealed(head.raw, VALIDATORS, state=keccak256(b"another state"))
    with pytest.raises(VerificationError, match="forked"):
        view.head()


def test_a_longer_fork_is_refused_even_with_every_seal(
    view: ProvenView, liar: Liar, town: Town, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    """The whole committee colludes and rewrites history: a node that saw the first one does not follow."""
    view.head()
    fork = Town(tmp_path / "fork", clock)
    stack.callback(fork.node.close)
    fork.submit(anchor("a", 0, 6))
    fork.block()
    liar.honest = fork.chain
    with pytest.raises(VerificationError, match="forked"):
        view.head()
    liar.headers[1] = town.chain.header(1)  # and shows the old block where the node remembers it
    with pytest.raises(VerificationError, match="not the parent"):
        view.head()


def test_a_long_gap_is_crossed_by_seals_and_the_remembered_block(
    view: ProvenView, liar: Liar, town: Town, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    view.head()
    for _ in range(66):
        town.block()
    liar.headers[1] = sealed(town.chain.header(1).raw, VALIDATORS, state=keccak256(b"another state"))
    with pytest.raises(VerificationError, match="forked"):
        view.head()
    liar.headers.clear()
    assert view.head().number == 67


# --- networks


def test_another_chain_id_is_refused(view: ProvenView, liar: Liar) -> None:
    liar.able = Capabilities("embedded", chain_id=1)
    with pytest.raises(VerificationError, match="chain id"):
        view.head()


def test_another_network_of_the_same_validators_is_refused(
    view: ProvenView, liar: Liar, town: Town, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    other = Town(tmp_path / "other", clock, chain_id=20262)
    stack.callback(other.node.close)
    other.block()
    liar.able = town.chain.capabilities()
    liar.honest = other.chain
    with pytest.raises(VerificationError, match="starts with another block"):
        view.head()
    liar.headers[0] = town.chain.header(0)  # the liar shows the right first block before the wrong others
    with pytest.raises(VerificationError, match="another network"):
        view.head()


def test_a_belief_of_another_network_is_not_opened(
    view: ProvenView, liar: Liar, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    with pytest.raises(Conflict):
        opened(liar, replace(trust, genesis_hash=keccak256(b"other")), tmp_path / "belief", clock, stack)
