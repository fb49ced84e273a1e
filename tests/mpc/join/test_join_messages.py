"""Bytes from outside either parse or raise InvalidRecord, never anything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.groups.elgamal import ElGamal
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.join import messages
from mpc.stream import Stream

HOLDER, LISTER, OFFICE = "finance", "tax", "office"


def parsers(kit):
    public = kit.tiny.generate(Stream(bytes(32))).public
    return {
        "list": lambda body: messages.decode_list(body, kit.terms),
        "rows": lambda body: messages.decode_rows(body, kit.terms),
        "flags": lambda body: messages.decode_flags(body, 3),
        "share": lambda body: messages.decode_share(body, kit.terms),
        "ElGamal": lambda body: ElGamal(RISTRETTO255).decode_ciphertexts(body, 2),
        "public key": kit.tiny.decode_public,
        "ciphertexts": lambda body: public.decode_ciphertexts(body, 1),
    }


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_garbage_is_refused_with_an_invalid_record(kit, data):
    name, parse = data.draw(st.sampled_from(sorted(parsers(kit).items(), key=lambda item: item[0])))
    size = {"share": messages.share_size(kit.terms), "ElGamal": 128, "flags": 3}.get(name, 128)
    body = data.draw(st.binary(max_size=300) | st.binary(min_size=size, max_size=size))
    try:
        parse(body)
    except InvalidRecord:
        return
    assert name in ("flags", "share", "ciphertexts")  # where most strings of the right length are well formed


@pytest.fixture(scope="module")
def share(kit):
    table = kit.table_of(g1=12, g2=3, g3=12)
    released = kit.Join().run(table, kit.listed(table))[OFFICE]
    return released.shares[HOLDER].body


def test_a_share_survives_its_encoding(kit, share):
    assert messages.decode_share(share, kit.terms).encode(kit.terms) == share
    assert len(share) == messages.share_size(kit.terms)


@pytest.mark.parametrize("cut", [0, 1, 63, -1])
def test_a_truncated_share_is_refused(kit, share, cut):
    with pytest.raises(InvalidRecord):
        messages.decode_share(share[:cut], kit.terms)


def test_flags_are_zero_or_one():
    assert messages.decode_flags(b"\0\1", 2) == [False, True]
    for wrong in (b"\0\2", b"\0", b"\0\1\1"):
        with pytest.raises(InvalidRecord):
            messages.decode_flags(wrong, 2)


def test_sorting_forgets_the_order():
    elements = [bytes([i]) * 32 for i in (3, 1, 2)]
    assert messages.sorted_elements(elements) == messages.sorted_elements(reversed(elements))
