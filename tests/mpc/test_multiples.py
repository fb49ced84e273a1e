"""The proof that ciphertexts are multiples of given ones: complete, and bound to all that it says."""

from __future__ import annotations

import pytest

from ledger.errors import InvalidRecord, VerificationError
from mpc.groups import suites
from mpc.groups.elgamal import Ciphertext, ElGamal
from mpc.groups.multiples import Multiples
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.stream import Stream

CONTEXT, SECRET = b"session, keys, party", bytes(range(32))


def made(scheme: ElGamal, *messages: int) -> tuple[Multiples, list[Ciphertext], list[Ciphertext], bytes]:
    source = Stream(bytes(32))
    keys = scheme.generate_keys(source)
    tested = [scheme.encrypt(keys.public, message, source) for message in messages]
    blindings = scheme.blindings(keys.public, len(tested), source)
    found = [scheme.blind(one, blinding) for one, blinding in zip(tested, blindings, strict=True)]
    proofs = Multiples(scheme, keys.public)
    return proofs, tested, found, proofs.prove(tested, found, blindings, CONTEXT, SECRET)


SCHEME = ElGamal(RISTRETTO255)
PROOFS, TESTED, FOUND, PROOF = made(SCHEME, 0, 1, 2)


@pytest.mark.parametrize("group", [suites.named("ristretto255"), suites.named("sm2")], ids=lambda group: group.name)
@pytest.mark.parametrize("messages", [(0,), (1,), (0, 2, 1, 0)])
def test_an_honest_product_is_proved_in_every_group(group, messages) -> None:  # type: ignore[no-untyped-def]
    proofs, tested, found, proof = made(ElGamal(group), *messages)
    assert len(proof) == proofs.proof_bytes(len(messages)) == 32 * (1 + 2 * len(messages))
    proofs.verify(tested, found, CONTEXT, proof)


def test_one_statement_has_one_proof_and_another_one_other_nonces() -> None:
    assert made(SCHEME, 0, 1, 2)[3] == PROOF
    assert set(made(SCHEME, 0, 1, 1)[3][start : start + 32] for start in range(0, 224, 32)).isdisjoint(
        PROOF[start : start + 32] for start in range(0, 224, 32)
    )


@pytest.mark.parametrize("place", range(0, len(PROOF), 7))
def test_each_changed_byte_is_refused(place: int) -> None:
    changed = PROOF[:place] + bytes([PROOF[place] ^ 1]) + PROOF[place + 1 :]
    with pytest.raises((VerificationError, InvalidRecord)):
        PROOFS.verify(TESTED, FOUND, CONTEXT, changed)


@pytest.mark.parametrize("proof", [b"", PROOF[:-1], PROOF + b"\0", PROOF[:-32], b"\xff" * len(PROOF)])
def test_what_is_no_proof_is_refused(proof: bytes) -> None:
    with pytest.raises(InvalidRecord):
        PROOFS.verify(TESTED, FOUND, CONTEXT, proof)


def test_it_fits_its_context_key_and_ciphertexts_in_their_order_alone() -> None:
    other = Multiples(SCHEME, SCHEME.generate_keys(Stream(b"\1" * 32)).public)
    for proofs, tested, found, context in (
        (PROOFS, TESTED, FOUND, b"another party"),
        (other, TESTED, FOUND, CONTEXT),
        (PROOFS, TESTED[::-1], FOUND[::-1], CONTEXT),
        (PROOFS, TESTED, FOUND[::-1], CONTEXT),
        (PROOFS, FOUND, TESTED, CONTEXT),
    ):
        with pytest.raises(VerificationError):
            proofs.verify(tested, found, context, PROOF)


def test_a_ciphertext_that_is_no_multiple_is_refused_whatever_it_holds() -> None:
    """The attack: what is sent is the ciphertext to be decrypted, less what the others sent."""
    source = Stream(b"\2" * 32)
    chosen = [SCHEME.encrypt(PROOFS.public, 3, source) for _ in TESTED]
    rest = [
        Ciphertext(RISTRETTO255.subtract(a.mask, b.mask), RISTRETTO255.subtract(a.body, b.body))
        for a, b in zip(chosen, FOUND, strict=True)
    ]
    for guess in SCHEME.blindings(PROOFS.public, 3, source), SCHEME.blindings(PROOFS.public, 3, Stream(bytes(32))):
        proof = PROOFS.prove(TESTED, rest, guess, CONTEXT, SECRET)
        with pytest.raises(VerificationError):
            PROOFS.verify(TESTED, rest, CONTEXT, proof)


def test_with_one_nonce_for_two_challenges_the_factor_is_read() -> None:
    """Why nonces follow from the whole statement: two answers under one nonce give the factor by division."""
    order, factor, nonce = RISTRETTO255.order, 1234567, 99
    first, second = ((nonce + e * factor) % order for e in (5, 8))
    assert (second - first) * pow(8 - 5, -1, order) % order == factor
