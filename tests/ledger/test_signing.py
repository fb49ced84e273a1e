import pytest
from eth_keys import keys as oracle
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto import portable, signing
from ledger.crypto.signing import (
    BACKENDS,
    Ed25519Signer,
    Secp256k1Signer,
    Signer,
    address_of,
    public_of,
    recover,
    sign_digest,
    verify,
)
from ledger.errors import InvalidRecord, TrustError, VerificationError
from ledger.hashing import keccak256

ORDER = signing._ORDER
FIELD = 2**255 - 19
SECRETS = [keccak256(bytes([i])) for i in range(3)]
# RFC 8032 section 7.1, tests 1 to 3: secret, public, message, signature
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def signers() -> list[Signer]:
    return [Ed25519Signer(SECRETS[0]), Secp256k1Signer(SECRETS[1])]


def high(signature: bytes) -> bytes:
    """Return the other signature of the same digest and key: s negated, v flipped."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([signature[64] ^ 1])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_8032)
def test_published_ed25519_signatures_hold(
    backend: str, secret: str, public: str, message: str, signature: str
) -> None:
    signer = Ed25519Signer(bytes.fromhex(secret))
    assert signer.public.hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature
    verify("ed25519", bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("signer", signers(), ids=lambda signer: signer.suite)
def test_a_signature_is_of_its_key_and_message_only(backend: str, signer: Signer) -> None:
    signature = signer.sign(b"message")
    verify(signer.suite, signer.public, b"message", signature, backend=backend)
    other = type(signer)(SECRETS[2])
    with pytest.raises(VerificationError):
        verify(signer.suite, signer.public, b"another", signature, backend=backend)
    with pytest.raises(VerificationError):
        verify(signer.suite, other.public, b"message", signature, backend=backend)


@pytest.mark.parametrize("signer", signers(), ids=lambda signer: signer.suite)
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_any_changed_byte_of_a_signature_is_refused_by_both_backends(signer: Signer, data: st.DataObject) -> None:
    signature = bytearray(signer.sign(b"message"))
    signature[data.draw(st.integers(0, len(signature) - 1))] ^= data.draw(st.integers(1, 255))
    for backend in BACKENDS:
        with pytest.raises((InvalidRecord, VerificationError)):
            verify(signer.suite, signer.public, b"message", bytes(signature), backend=backend)


@pytest.mark.parametrize("suite", signing.SUITES)
@settings(deadline=None, max_examples=60)
@given(public=st.binary(min_size=64, max_size=64), signature=st.binary(min_size=65, max_size=65))
def test_garbage_is_refused_by_both_backends(suite: str, public: bytes, signature: bytes) -> None:
    short = suite == "ed25519"
    for backend in BACKENDS:
        with pytest.raises((InvalidRecord, VerificationError)):
            verify(suite, public[: 32 if short else 64], b"", signature[: 64 if short else 65], backend=backend)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, ORDER - 1), st.binary(min_size=32, max_size=32))
def test_recovery_gives_the_signer_as_the_reference_does(secret: int, digest: bytes) -> None:
    private = secret.to_bytes(32, "big")
    signature = sign_digest(private, digest)
    expected = oracle.PrivateKey(private)
    assert signature == expected.sign_msg_hash(digest).to_bytes()
    assert public_of(private) == expected.public_key.to_bytes()
    for backend in BACKENDS:
        assert recover(digest, signature, backend=backend) == expected.public_key.to_canonical_address()


@settings(deadline=None, max_examples=40)
@given(st.binary(min_size=32, max_size=32), st.integers(1, ORDER - 1), st.integers(1, ORDER // 2), st.booleans())
def test_backends_recover_the_same_key_or_none(digest: bytes, r: int, s: int, odd: bool) -> None:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([odd])
    verdicts = set()
    for backend in BACKENDS:
        try:
            verdicts.add(recover(digest, signature, backend=backend))
        except VerificationError:
            verdicts.add(None)
    assert len(verdicts) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_signature_has_no_second_form(backend: str) -> None:
    digest = keccak256(b"digest")
    signature = sign_digest(SECRETS[0], digest)
    assert oracle.Signature(high(signature)).recover_public_key_from_msg_hash(digest).to_bytes() == public_of(
        SECRETS[0]
    )
    for other in (high(signature), signature[:64] + bytes([signature[64] + 27]), signature[:64], signature + b"\0"):
        with pytest.raises(InvalidRecord):
            recover(digest, other, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("r", [0, ORDER, ORDER + 1])
def test_numbers_out_of_range_are_malformed(backend: str, r: int) -> None:
    for left, right in ((r, 1), (1, r)):
        with pytest.raises(InvalidRecord):
            recover(bytes(32), left.to_bytes(32, "big") + right.to_bytes(32, "big") + b"\0", backend=backend)


Point = tuple[int, int]
D = -121665 * pow(121666, -1, FIELD) % FIELD
GROUP = 2**252 + 27742317777372353535851937790883648493


def add(left: Point, right: Point) -> Point:
    """Add points of edwards25519 by the complete affine law."""
    (x1, y1), (x2, y2) = left, right
    mixed = D * x1 * x2 * y1 * y2 % FIELD
    x = (x1 * y2 + x2 * y1) * pow(1 + mixed, -1, FIELD)
    return x % FIELD, (y1 * y2 + x1 * x2) * pow(1 - mixed, -1, FIELD) % FIELD


def times(scalar: int, point: Point) -> Point:
    total = (0, 1)
    for bit in bin(scalar)[2:]:
        total = add(total, total)
        total = add(total, point) if bit == "1" else total
    return total


def small_order_points() -> set[bytes]:
    """Multiply points by the group order until a point of order 8 is left, and list its multiples."""
    for y in range(2, 100):
        square = (y * y - 1) * pow(D * y * y + 1, -1, FIELD) % FIELD
        x = pow(square, (FIELD + 3) // 8, FIELD)
        x = x if x * x % FIELD == square else x * pow(2, (FIELD - 1) // 4, FIELD) % FIELD
        torsion = times(GROUP, (x, y)) if x * x % FIELD == square else (0, 1)
        if times(4, torsion) != (0, 1):
            multiples = [times(multiple, torsion) for multiple in range(8)]
            return {(y | (x & 1) << 255).to_bytes(32, "little") for x, y in multiples}
    raise AssertionError("no point of order 8 found")


@pytest.mark.parametrize("backend", BACKENDS)
def test_keys_of_small_order_are_refused(backend: str) -> None:
    points = small_order_points()
    assert len(points) == 8
    for point in points:  # with s = 0 and R the identity, half the messages would "verify" under such a key
        with pytest.raises(InvalidRecord, match="small order"):
            verify("ed25519", point, b"anything", b"\1" + bytes(63), backend=backend)
        with pytest.raises(InvalidRecord, match="small order"):
            verify("ed25519", Ed25519Signer(SECRETS[0]).public, b"m", point + bytes(32), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_zero_scalar_is_refused(backend: str) -> None:
    signer = Ed25519Signer(SECRETS[0])
    with pytest.raises(VerificationError):
        verify("ed25519", signer.public, b"m", signer.sign(b"m")[:32] + bytes(32), backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_second_forms_of_ed25519_points_and_scalars_are_refused(backend: str) -> None:
    signer = Ed25519Signer(SECRETS[0])
    signature = signer.sign(b"m")
    s = int.from_bytes(signature[32:], "little") + GROUP
    with pytest.raises((InvalidRecord, VerificationError)):
        verify("ed25519", signer.public, b"m", signature[:32] + s.to_bytes(32, "little"), backend=backend)
    for point in (FIELD + 3, (1 << 255) + 1, (1 << 255) - 1):
        encoded = point.to_bytes(32, "little")
        with pytest.raises(InvalidRecord, match="canonical"):
            verify("ed25519", encoded, b"m", signature, backend=backend)
        with pytest.raises(InvalidRecord, match="canonical"):
            verify("ed25519", signer.public, b"m", encoded + signature[32:], backend=backend)


@pytest.mark.parametrize(
    ("suite", "public", "signature"),
    [("ed25519", 31, 64), ("ed25519", 32, 63), ("secp256k1", 33, 65), ("secp256k1", 64, 64), ("sm2", 64, 64)],
)
def test_unknown_suites_and_wrong_lengths_are_malformed(suite: str, public: int, signature: int) -> None:
    with pytest.raises(InvalidRecord):
        verify(suite, bytes(public), b"", bytes(signature))


def test_a_signed_message_is_no_signed_digest_of_the_same_bytes() -> None:
    signature = Secp256k1Signer(SECRETS[0]).sign(b"m")
    address = address_of(public_of(SECRETS[0]))
    assert recover(keccak256(b"m"), signature) != address


def test_the_native_backend_is_selected_when_installed() -> None:
    assert signing.signing_backend() == "native"
    with pytest.raises(ValueError, match="backend"):
        recover(bytes(32), sign_digest(SECRETS[0], bytes(32)), backend="none")


def test_representations_hide_the_secret() -> None:
    for signer, secret in zip(signers(), SECRETS, strict=False):
        assert secret.hex() not in repr(signer)
        assert repr(secret) not in repr(signer)


def test_portable_refuses_points_that_are_not_on_the_curve() -> None:
    with pytest.raises(TrustError):
        portable.verify_ed25519((2).to_bytes(32, "little"), b"", bytes(64))
    with pytest.raises(VerificationError):
        portable.recover_secp256k1(bytes(32), (5).to_bytes(32, "big") + (1).to_bytes(32, "big") + b"\0")
