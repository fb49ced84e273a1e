import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.evidence.bundle import Disclosure
from contracts.evidence.dsse import Envelope
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.node.attempts import signed_release
from mpc.node.attempts.signed_release import SignedRelease

KEPT = SignedRelease(
    job=b"\1" * 32,
    authorizations=(b"\2" * 32,),
    members=(b"\3" * 32, b"\4" * 32),
    envelope=Envelope(b"{}", {"tax": b"\5" * 64}),
    disclosure=Disclosure({"cells": {"count": "12"}}, b"\6" * 32, {"tax": {}}),
)


def test_what_is_kept_of_a_release_comes_back_whole():
    assert signed_release.parse(KEPT.encode()) == KEPT


@pytest.mark.parametrize("field", ["job", "authorizations", "members", "envelope", "salt"])
def test_a_file_without_a_field_is_refused(field):
    value = canonical.decode(KEPT.encode())
    del value[field]
    with pytest.raises(InvalidRecord):
        signed_release.parse(canonical.encode(value))


def test_figures_are_not_shown_by_accident():
    assert "12" not in repr(KEPT).replace(repr(KEPT.job), "")


@given(st.binary(max_size=80))
def test_garbage_raises_only_invalid_record(data):
    with pytest.raises(InvalidRecord):
        signed_release.parse(data)
