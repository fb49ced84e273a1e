"""Texts for printed codes: what was written comes back, and nothing that was put together wrongly does."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.certificates import compact
from contracts.certificates.compact import MAX_PARTS, PART_LIMIT, Kind, read, write
from contracts.certificates.sdjwt import SdJwt
from ledger.errors import InvalidRecord, TrustError

QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@given(content=st.binary(max_size=3000), room=st.integers(200, PART_LIMIT))
def test_content_comes_back_from_texts_that_fit(content: bytes, room: int) -> None:
    texts = write(Kind.STATUS, content, room)
    assert all(len(text) <= room and set(text) <= QR_ALPHANUMERIC for text in texts)
    assert read(reversed(texts)) == {Kind.STATUS: content}


def test_base45_is_the_standards() -> None:
    # RFC 9285 sections 4.3 and 4.4.
    pairs = ((b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"), (b"ietf!", "QED8WEX0"))
    for plain, text in pairs:
        assert compact._base45(plain) == text
        assert compact._unbase45(text) == plain


@pytest.mark.parametrize("text", ["GGW", ":::", "A", "BB8A", "::"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord):
        compact._unbase45(text)


def test_parts_of_two_papers_are_not_put_together() -> None:
    one, two = write(Kind.STATUS, bytes(range(256)) * 9, 200), write(Kind.STATUS, bytes(range(255, -1, -1)) * 9, 200)
    assert len(one) == len(two) > 1
    with pytest.raises(InvalidRecord, match="different papers"):
        read([one[0], *two[1:]])
    with pytest.raises(InvalidRecord, match="missing"):
        read(one[1:])
    relabelled = [text.replace(two[0][10:18], one[0][10:18]) for text in two]
    with pytest.raises(InvalidRecord):
        read([one[0], *relabelled[1:]])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SX2:C:1/1:00000000:",
        "SX1:X:1/1:00000000:00",
        "SX1:C:0/1:00000000:00",
        "SX1:C:2/1:00000000:00",
        f"SX1:C:1/{MAX_PARTS + 1}:00000000:00",
        "SX1:C:1/1:00000000:00",
        "SX1:C:1/1:E3B0C442:",
        "SX1:C:1/1:00000000:" + "0" * PART_LIMIT,
        "SX1:C:1/1:٠٠000000:00",
    ],
)
def test_a_text_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord, match="code"):
        read([text])


def test_a_bomb_and_a_tail_are_refused() -> None:
    with pytest.raises(InvalidRecord, match="at most"):
        read(write(Kind.ENTRY, bytes(8 << 20), PART_LIMIT))
    packing = zlib.compressobj(9, zdict=compact._KNOWN)
    tailed = packing.compress(b"content") + packing.flush() + b"tail"
    check = compact.sha256(tailed)[:4].hex().upper()
    with pytest.raises(InvalidRecord, match="nothing behind"):
        read([f"SX1:E:1/1:{check}:{compact._base45(tailed)}"])


def test_content_too_large_for_paper_is_refused() -> None:
    noise = b"".join(compact.sha256(bytes([a, b])) for a in range(8) for b in range(256))
    with pytest.raises(InvalidRecord, match="do not fit"):
        write(Kind.STATUS, noise, 300)


@given(st.binary(max_size=80))
def test_bytes_that_are_no_certificate_raise_our_errors_only(data: bytes) -> None:
    try:
        found = compact.unpack_certificate(data)
    except TrustError:
        return
    assert isinstance(found, SdJwt)
    assert compact.pack_certificate(found) == data
