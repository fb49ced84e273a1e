"""Exponential ElGamal in every group: only "is it zero" can be asked, blinding keeps exactly that, rogue keys fail."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord, VerificationError
from mpc.groups import suites
from mpc.groups.elgamal import ElGamal, KeyPair
from mpc.groups.group import Scalar
from mpc.stream import Stream

STREAM = Stream(bytes(32))
SCHEMES = {name: ElGamal(group) for name, group in suites.GROUPS.items()}
KEYS = {name: scheme.generate_keys(STREAM) for name, scheme in SCHEMES.items()}
NAMES = st.sampled_from(sorted(SCHEMES))


@pytest.fixture(params=list(SCHEMES))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def scheme(name: str) -> ElGamal:
    return SCHEMES[name]


@pytest.fixture
def keys(name: str) -> KeyPair:
    return KEYS[name]


@given(name=NAMES, message=st.integers(-(2**60), 2**60), other=st.integers(-(2**60), 2**60))
@settings(max_examples=24, deadline=None)
def test_sums_and_constants(name: str, message: int, other: int) -> None:
    scheme, keys = SCHEMES[name], KEYS[name]
    total = scheme.add(scheme.encrypt(keys.public, message, STREAM), scheme.encrypt(keys.public, other, STREAM))
    assert scheme.is_zero(keys.secret, scheme.add_constant(total, -message - other))
    assert not scheme.is_zero(keys.secret, scheme.add_constant(total, 1 - message - other))


def test_countdown_subtracts_one_at_a_time(scheme: ElGamal, keys: KeyPair) -> None:
    ciphertext = scheme.encrypt(keys.public, 3, STREAM)
    assert scheme.countdown(ciphertext, 6) == [scheme.add_constant(ciphertext, -v) for v in range(6)]
    assert [scheme.is_zero(keys.secret, c) for c in scheme.countdown(ciphertext, 6)] == [v == 3 for v in range(6)]
    assert scheme.countdown(ciphertext, 1) == [ciphertext]


def test_blinding_keeps_zero_and_hides_everything_else(scheme: ElGamal, keys: KeyPair) -> None:
    group = scheme.group
    zero, five = scheme.encrypt(keys.public, 0, STREAM), scheme.encrypt(keys.public, 5, STREAM)
    blindings = scheme.blindings(keys.public, 13, STREAM)
    assert scheme.is_zero(keys.secret, scheme.blind(zero, blindings[0]))
    blinded = [scheme.blind(five, blinding) for blinding in blindings[1:]]
    plain = {group.subtract(c.body, group.multiply(keys.secret, c.mask)) for c in blinded}
    assert len(plain) == 12  # 5 is nowhere recognisable
    assert not plain & {group.base(Scalar(5)), group.identity}
    assert len({c.mask for c in blinded}) == 12


def test_blinding_without_the_scalar_would_show_the_message(scheme: ElGamal, keys: KeyPair) -> None:
    """The attack that the secret multiplier stops: small plaintexts are found by search."""
    group = scheme.group
    five = scheme.encrypt(keys.public, 5, STREAM)
    fresh = scheme.blindings(keys.public, 1, STREAM)[0]
    for shown in (five, scheme.blind(five, replace(fresh, factor=Scalar(1)))):
        assert group.subtract(shown.body, group.multiply(keys.secret, shown.mask)) == group.base(Scalar(5))


def test_ciphertexts_survive_encoding(scheme: ElGamal, keys: KeyPair) -> None:
    ciphertexts = [scheme.encrypt(keys.public, i, STREAM) for i in range(3)]
    encoded = b"".join(c.encode() for c in ciphertexts)
    assert len(encoded) == 3 * scheme.ciphertext_bytes
    assert scheme.decode_ciphertexts(encoded, 3) == ciphertexts


@pytest.mark.parametrize("spoil", [lambda e: b"", lambda e: e[:-1], lambda e: e + b"\0", lambda e: bytes(len(e))])
def test_malformed_ciphertexts_are_refused(scheme: ElGamal, keys: KeyPair, spoil) -> None:
    encoded = scheme.encrypt(keys.public, 1, STREAM).encode()
    assert scheme.decode_ciphertexts(encoded, 1)
    with pytest.raises(InvalidRecord):
        scheme.decode_ciphertexts(spoil(encoded), 1)


def test_joint_decryption_needs_every_partial(scheme: ElGamal) -> None:
    holders = [scheme.generate_keys(STREAM) for _ in range(3)]
    joint = scheme.joint_key([holder.public for holder in holders])
    for message in (0, 1):
        ciphertext = scheme.encrypt(joint, message, STREAM)
        partials = [scheme.partial_decryption(holder.secret, ciphertext) for holder in holders]
        assert scheme.is_zero_jointly(ciphertext, partials) is (message == 0)
        assert not scheme.is_zero_jointly(ciphertext, partials[:2])


def test_rogue_key_is_refused_for_want_of_a_proof(scheme: ElGamal, keys: KeyPair) -> None:
    rogue = scheme.generate_keys(STREAM)
    cancelling = scheme.group.subtract(rogue.public, keys.public)
    # without the proof, the joint key would be the rogue's own
    assert scheme.joint_key([keys.public, cancelling]) == rogue.public
    forged = scheme.prove_possession(rogue, b"job", STREAM)
    with pytest.raises(VerificationError):
        scheme.verify_possession(cancelling, b"job", forged)


def test_cancelling_keys_give_no_joint_key(scheme: ElGamal, keys: KeyPair) -> None:
    with pytest.raises(InvalidRecord):
        scheme.joint_key([keys.public, scheme.group.subtract(scheme.group.identity, keys.public)])


def test_proof_of_possession_holds_for_its_key_and_context_only(scheme: ElGamal, keys: KeyPair) -> None:
    proof = scheme.prove_possession(keys, b"job 1", STREAM)
    assert scheme.verify_possession(keys.public, b"job 1", proof) == keys.public
    with pytest.raises(VerificationError):
        scheme.verify_possession(keys.public, b"job 2", proof)
    with pytest.raises(VerificationError):
        scheme.verify_possession(scheme.generate_keys(STREAM).public, b"job 1", proof)


@given(name=NAMES, position=st.integers(0, 63), flip=st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_any_changed_byte_of_a_proof_is_refused(name: str, position: int, flip: int) -> None:
    scheme, keys = SCHEMES[name], KEYS[name]
    proof = bytearray(scheme.prove_possession(keys, b"job", STREAM))
    proof[position] ^= flip
    with pytest.raises((InvalidRecord, VerificationError)):
        scheme.verify_possession(keys.public, b"job", bytes(proof))


def test_secrets_are_not_shown(scheme: ElGamal, keys: KeyPair) -> None:
    assert str(keys.secret) not in repr(keys)
    (blinding,) = scheme.blindings(keys.public, 1, STREAM)
    assert str(blinding.factor) not in repr(blinding)
