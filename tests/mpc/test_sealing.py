"""Envelopes: what opens, and everything that must not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.keys import PrivateKey
from ledger.errors import InvalidRecord, TrustError, VerificationError
from mpc.sessions import sealing
from mpc.sessions.sealing import Envelope, Header, Part, parse_header, seal

SESSION = b"\x05" * 32
JOB = b"\x07" * 32
FINANCE, TAX, OTHER = (PrivateKey("ed25519", bytes([n]) * 32) for n in (1, 2, 3))
TAX_SEAL, OTHER_SEAL = (PrivateKey("x25519", bytes([n]) * 32) for n in (4, 5))
KEYS = {"finance": FINANCE.public, "other": OTHER.public}
HEADER = Header(JOB, 1, "finance", "tax", "join.2", 3, 0, 1, 5)

# RFC 7748 and the list at https://cr.yp.to/ecdh.html: points whose multiple by any clamped scalar is zero
LOW_ORDER = [
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
]


def sealed(header: Header = HEADER, body: bytes = b"hello", session: bytes = SESSION) -> bytes:
    return seal(header, body, session=session, recipient_key=TAX_SEAL.public, signer=FINANCE.signer())


def opened(data: bytes, *, me: str = "tax", key: PrivateKey = TAX_SEAL, session: bytes = SESSION) -> Part:
    return Envelope(data, recipient=me, private=key).open(session, KEYS)


def test_recipient_opens_what_was_sealed_for_it() -> None:
    assert opened(sealed()) == Part(HEADER, b"hello")


@pytest.mark.parametrize("size", [0, 1, sealing.PART_LIMIT])
def test_part_of_any_size_opens_and_fits_the_bounds(size: int) -> None:
    data = sealed(replace(HEADER, size=size), bytes(size))
    assert len(data) <= sealing.ENVELOPE_LIMIT
    assert len(opened(data).body) == size


def test_message_before_a_session_opens_without_one_only() -> None:
    data = sealed(session=sealing.NO_SESSION)
    assert opened(data, session=sealing.NO_SESSION).header == HEADER
    with pytest.raises(VerificationError):
        opened(data)


def test_outside_shows_nothing_but_size() -> None:
    first, second = sealed(), sealed()
    for text in (b"finance", b"tax", b"join.2", JOB, SESSION, FINANCE.public, b"hello"):
        assert text not in first
    equal = sum(a == b for a, b in zip(first[1:], second[1:], strict=True))
    assert equal < len(first) // 8  # two envelopes of one message have only chance in common
    assert Envelope(first, recipient="tax", private=TAX_SEAL).fits(SESSION)
    assert not Envelope(first, recipient="tax", private=TAX_SEAL).fits(bytes(32))


@given(position=st.integers(0, len(sealed()) - 1), flip=st.integers(1, 255))
@settings(deadline=None, max_examples=300)
def test_any_changed_byte_is_refused(position: int, flip: int) -> None:
    data = bytearray(sealed())
    data[position] ^= flip
    with pytest.raises((VerificationError, InvalidRecord)):
        opened(bytes(data))


def test_bit_that_x25519_ignores_is_bound_all_the_same() -> None:
    """RFC 7748 section 5 masks the top bit of a key: two encodings, one shared secret."""
    data = bytearray(sealed())
    data[32] ^= 0x80
    with pytest.raises(VerificationError):
        opened(bytes(data))


@given(data=st.binary(max_size=400))
@settings(deadline=None, max_examples=100)
def test_garbage_is_refused_with_our_errors(data: bytes) -> None:
    with pytest.raises(TrustError):
        opened(b"\x01" + data)


@pytest.mark.parametrize("cut", [0, 1, 64, 132, 200])
def test_truncated_envelope_is_refused(cut: int) -> None:
    with pytest.raises((VerificationError, InvalidRecord)):
        opened(sealed()[:cut])


def test_oversized_envelope_is_refused_before_any_curve_operation() -> None:
    with pytest.raises(InvalidRecord, match="size"):
        Envelope(b"\x01" + bytes(sealing.ENVELOPE_LIMIT), recipient="tax", private=TAX_SEAL)


@pytest.mark.parametrize("point", LOW_ORDER)
def test_low_order_point_is_refused_on_both_sides(point: bytes) -> None:
    data = sealed()
    with pytest.raises(InvalidRecord, match="low order"):
        opened(data[:1] + point + data[33:])
    with pytest.raises(InvalidRecord, match="low order"):
        seal(HEADER, b"hello", session=SESSION, recipient_key=point, signer=FINANCE.signer())


def ladder(secret: bytes, point: bytes) -> bytes:
    """X25519 of RFC 7748 section 5 as written there: no check of the result."""
    p = 2**255 - 19
    k = int.from_bytes(secret, "little") & ~7 & ((1 << 255) - 1) | 1 << 254
    x1 = (int.from_bytes(point, "little") & ((1 << 255) - 1)) % p
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in (k >> t & 1 for t in range(254, -1, -1)):
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        x3, z3 = (d * a + c * b) ** 2 % p, x1 * (d * a - c * b) ** 2 % p
        e = a * a - b * b
        x2, z2 = a * a * b * b % p, e * (a * a + 121665 * e) % p
        if bit:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, p - 2, p) % p).to_bytes(32, "little")


@pytest.mark.parametrize("point", LOW_ORDER)
def test_without_the_defence_anybody_reads_what_is_sealed_for_a_low_order_key(
    monkeypatch: pytest.MonkeyPatch, point: bytes
) -> None:
    monkeypatch.setattr(sealing, "_agree", ladder)
    assert opened(sealed()).body == b"hello"
    data = seal(HEADER, b"hello", session=SESSION, recipient_key=point, signer=FINANCE.signer())
    key, _ = sealing._expand(bytes(32), SESSION, "tax", data[1:33], point)
    assert sealing.AESGCM(key).decrypt(bytes(12), data[49:], None).endswith(b"hello")


def test_envelope_for_another_recipient_does_not_open() -> None:
    with pytest.raises(VerificationError, match="does not open"):
        opened(sealed(), key=OTHER_SEAL)
    with pytest.raises(VerificationError, match="does not open"):
        opened(sealed(), me="other")  # the same key registered under another name


def test_reflected_envelope_does_not_open_at_its_sender() -> None:
    with pytest.raises(VerificationError, match="does not open"):
        opened(sealed(), me="finance", key=OTHER_SEAL)


def test_envelope_of_another_session_does_not_open() -> None:
    with pytest.raises(VerificationError, match="does not open"):
        opened(sealed(), session=b"\x06" * 32)


def test_sender_that_did_not_sign_is_refused() -> None:
    forged = seal(HEADER, b"hello", session=SESSION, recipient_key=TAX_SEAL.public, signer=OTHER.signer())
    with pytest.raises(VerificationError, match="does not open"):
        opened(forged)


def test_unknown_sender_is_refused_in_the_same_words() -> None:
    header = replace(HEADER, sender="nobody")
    unknown = seal(header, b"hello", session=SESSION, recipient_key=TAX_SEAL.public, signer=OTHER.signer())
    with pytest.raises(VerificationError, match="does not open"):
        opened(unknown)


def test_opened_message_cannot_be_sealed_anew_for_another_recipient() -> None:
    """What the recipient holds after opening, the signature included, does not pass at a third party."""
    header = replace(HEADER, recipient="other")
    resealed = seal(header, b"hello", session=SESSION, recipient_key=OTHER_SEAL.public, signer=TAX.signer())
    with pytest.raises(VerificationError):
        Envelope(resealed, recipient="other", private=OTHER_SEAL).open(SESSION, KEYS)


def test_signed_header_for_another_recipient_is_refused_by_name() -> None:
    once = PrivateKey("x25519", b"\x09" * 32)
    wrong = replace(HEADER, recipient="other")
    key, hint = sealing._expand(
        sealing._agree(once.secret, TAX_SEAL.public), SESSION, "tax", once.public, TAX_SEAL.public
    )
    text = wrong.encode()
    digest = sealing.sha256(text + b"hello").digest()
    signature = FINANCE.signer().sign(sealing._statement(SESSION, "tax", once.public, digest))
    content = signature + len(text).to_bytes(4, "big") + text + b"hello"
    data = b"\x01" + once.public + hint + sealing.AESGCM(key).encrypt(bytes(12), content, None)
    with pytest.raises(InvalidRecord, match="finance"):
        opened(data)


def test_part_of_another_size_than_the_header_says_is_a_bug() -> None:
    with pytest.raises(ValueError, match="size"):
        sealed(HEADER, b"hell")


def test_envelope_is_the_documented_construction() -> None:
    """A known answer: ephemeral key, hint and length are fixed by the inputs."""
    once = PrivateKey("x25519", b"\x08" * 32)
    arguments = {"session": SESSION, "recipient_key": TAX_SEAL.public, "signer": FINANCE.signer()}
    first = seal(HEADER, b"hello", ephemeral=once, **arguments)  # type: ignore[arg-type]
    assert first == seal(HEADER, b"hello", ephemeral=once, **arguments)  # type: ignore[arg-type]
    assert first[:33] == b"\x01" + once.public
    assert len(first) == sealing.OVERHEAD + 64 + 4 + len(HEADER.encode()) + 5
    assert opened(first).body == b"hello"


@pytest.mark.parametrize(
    "change",
    [
        {"job": bytes(31)},
        {"attempt": -1},
        {"attempt": True},
        {"sender": "Tax"},
        {"sender": ""},
        {"recipient": "a/b"},
        {"step": ""},
        {"step": "two words"},
        {"step": "x" * 129},
        {"sequence": 1 << 53},
        {"chunk": 1},
        {"chunks": 2},
        {"chunks": 0},
        {"size": -1},
        {"size": 10**9 + (1 << 30)},
    ],
)
def test_header_out_of_form_cannot_be_made(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        replace(HEADER, **change)  # type: ignore[arg-type]


def test_header_round_trips_and_refuses_more() -> None:
    data = HEADER.encode()
    assert parse_header(data) == HEADER
    for wrong in (data[:-1], data + b" ", data[:-1] + b',"x":1}', b"[]", b"", b"\xff"):
        with pytest.raises(InvalidRecord):
            parse_header(wrong)


@pytest.mark.parametrize(("size", "chunks"), [(0, 1), (1, 1), (1 << 20, 1), ((1 << 20) + 1, 2), (18_400_000, 18)])
def test_body_has_as_many_parts_as_it_needs(size: int, chunks: int) -> None:
    assert sealing.chunks_of(size) == chunks
    last = Header(JOB, 1, "finance", "tax", "s", 0, chunks - 1, chunks, size)
    assert (chunks - 1) * sealing.PART_LIMIT + last.part_size == size
