"""A view follows proven changes of validators, and no others."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from foundedchain import VALIDATORS, Standing, committee
from viewedtown import SUCCESSORS, Liar, Town, opened, sealed

from contracts.artefacts import interfaces
from ledger import rlp
from ledger.crypto.signing import Address
from ledger.errors import VerificationError
from ledger.proofs.trust import Trust, follow
from ledger.proofs.view import ProvenView


def test_a_proven_change_of_validators_is_followed_and_remembered(
    view: ProvenView, liar: Liar, town: Town, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack
) -> None:
    view.head()
    changed_in = town.appoint(SUCCESSORS)
    town.block()
    town.appoint(VALIDATORS, "back")
    assert view.head().number == changed_in + 4
    town.block()
    assert view.head().validators == tuple(key.address for key in VALIDATORS)
    assert view.header(changed_in + 1).validators == tuple(key.address for key in SUCCESSORS)
    assert len(view.changes()) == 2
    governance, slot = Address((0x5302).to_bytes(20, "big")), interfaces()["Governance"].slot("validators_hash")
    history = follow(trust.validators, view.changes(), governance=governance, slot=slot.to_bytes(32, "big"))
    assert [first for first, _ in history.eras] == [0, changed_in + 1, changed_in + 5]
    changes = view.changes()
    view.close()
    again = opened(liar, trust, tmp_path / "belief", clock, stack)
    assert again.head().number == changed_in + 5
    assert again.changes() == changes


def test_an_unproven_change_of_validators_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    """A set that appoints itself, at the head or with a whole tail of blocks, meets the old set's state."""
    view.head()
    town.block()
    head = town.chain.head()
    forgers = committee("forger")
    members = tuple(key.address for key in forgers)
    fields = list(rlp.decode(head.raw))
    extra = list(rlp.decode(fields[12]))
    fields[12] = rlp.encode((extra[0], members, *extra[2:]))
    forged = sealed(rlp.encode(tuple(fields)), forgers)
    liar.heads = forged
    liar.headers[forged.number] = forged
    with pytest.raises(VerificationError):
        view.head()


def test_a_deposed_committee_is_no_longer_believed(view: ProvenView, liar: Liar, town: Town) -> None:
    town.appoint(SUCCESSORS)
    town.block()
    head = view.head()
    fields = list(rlp.decode(head.raw))
    extra = list(rlp.decode(fields[12]))
    fields[12] = rlp.encode((extra[0], tuple(key.address for key in VALIDATORS), *extra[2:]))
    number = rlp.encode_uint(head.number + 1)
    liar.heads = sealed(rlp.encode(tuple(fields)), VALIDATORS, number=number)
    liar.headers[head.number + 1] = liar.heads
    with pytest.raises(VerificationError):
        view.head()
