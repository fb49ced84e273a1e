"""Exponential ElGamal: only "is it zero" can be asked, blinding keeps exactly that, rogue keys are refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord, VerificationError
from mpc import elgamal
from mpc.group import IDENTITY, Scalar, base, multiply, subtract
from mpc.stream import Stream

STREAM = Stream(bytes(32))
KEYS = elgamal.generate_keys(STREAM)


@given(message=st.integers(-(2**60), 2**60), other=st.integers(-(2**60), 2**60))
@settings(max_examples=20, deadline=None)
def test_sums_and_constants(message: int, other: int) -> None:
    total = elgamal.add_ciphertexts(
        elgamal.encrypt(KEYS.public, message, STREAM), elgamal.encrypt(KEYS.public, other, STREAM)
    )
    assert elgamal.is_zero(KEYS.secret, elgamal.add_constant(total, -message - other))
    assert not elgamal.is_zero(KEYS.secret, elgamal.add_constant(total, 1 - message - other))


def test_blinding_keeps_zero_and_hides_everything_else() -> None:
    zero, five = elgamal.encrypt(KEYS.public, 0, STREAM), elgamal.encrypt(KEYS.public, 5, STREAM)
    assert elgamal.is_zero(KEYS.secret, elgamal.blind(zero, KEYS.public, STREAM))
    blinded = [elgamal.blind(five, KEYS.public, STREAM) for _ in range(20)]
    plain = {subtract(c.body, multiply(KEYS.secret, c.mask)) for c in blinded}
    assert len(plain) == 20  # 5 is nowhere recognisable
    assert not plain & {base(Scalar(5)), IDENTITY}
    assert len({c.mask for c in blinded}) == 20


def test_blinding_without_the_scalar_would_show_the_message() -> None:
    """The attack that the secret multiplier stops: small plaintexts are found by search."""
    five = elgamal.encrypt(KEYS.public, 5, STREAM)
    assert subtract(five.body, multiply(KEYS.secret, five.mask)) == base(Scalar(5))


def test_ciphertexts_survive_encoding() -> None:
    ciphertexts = [elgamal.encrypt(KEYS.public, i, STREAM) for i in range(3)]
    encoded = b"".join(c.encode() for c in ciphertexts)
    assert elgamal.decode_ciphertexts(encoded, 3) == ciphertexts


@pytest.mark.parametrize("encoded", [b"", bytes(63), bytes(65), b"\1" * 64, bytes(128)])
def test_malformed_ciphertexts_are_refused(encoded: bytes) -> None:
    with pytest.raises(InvalidRecord):
        elgamal.decode_ciphertexts(encoded, 1)


def test_joint_decryption_needs_every_partial() -> None:
    holders = [elgamal.generate_keys(STREAM) for _ in range(3)]
    joint = elgamal.joint_key([holder.public for holder in holders])
    for message in (0, 1):
        ciphertext = elgamal.encrypt(joint, message, STREAM)
        partials = [elgamal.partial_decryption(holder.secret, ciphertext) for holder in holders]
        assert elgamal.is_zero_jointly(ciphertext, partials) is (message == 0)
        assert not elgamal.is_zero_jointly(ciphertext, partials[:2])


def test_rogue_key_is_refused_for_want_of_a_proof() -> None:
    rogue = elgamal.generate_keys(STREAM)
    cancelling = subtract(rogue.public, KEYS.public)
    # without the proof, the joint key would be the rogue's own
    assert elgamal.joint_key([KEYS.public, cancelling]) == rogue.public
    forged = elgamal.prove_possession(rogue, b"job", STREAM)
    with pytest.raises(VerificationError):
        elgamal.verify_possession(cancelling, b"job", forged)


def test_cancelling_keys_give_no_joint_key() -> None:
    with pytest.raises(InvalidRecord):
        elgamal.joint_key([KEYS.public, subtract(IDENTITY, KEYS.public)])


def test_proof_of_possession_holds_for_its_key_and_context_only() -> None:
    proof = elgamal.prove_possession(KEYS, b"job 1", STREAM)
    assert elgamal.verify_possession(KEYS.public, b"job 1", proof) == KEYS.public
    with pytest.raises(VerificationError):
        elgamal.verify_possession(KEYS.public, b"job 2", proof)
    with pytest.raises(VerificationError):
        elgamal.verify_possession(elgamal.generate_keys(STREAM).public, b"job 1", proof)


@given(position=st.integers(0, 63), flip=st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_any_changed_byte_of_a_proof_is_refused(position: int, flip: int) -> None:
    proof = bytearray(elgamal.prove_possession(KEYS, b"job", STREAM))
    proof[position] ^= flip
    with pytest.raises((InvalidRecord, VerificationError)):
        elgamal.verify_possession(KEYS.public, b"job", bytes(proof))


def test_secrets_are_not_shown() -> None:
    assert str(KEYS.secret) not in repr(KEYS)
