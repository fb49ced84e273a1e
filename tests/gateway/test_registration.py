from datetime import UTC, datetime

import pytest

from gateway.network.registration import Registration, registered
from ledger.crypto import tls
from ledger.errors import BackendError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def pems(tmp_path_factory):
    home = tmp_path_factory.mktemp("certificates")
    return {code: tls.create_identity(home / code, code, now=NOW).pem for code in ("finance", "tax", "stranger")}


def chain(pems, *codes):
    """A chain that knows these parties' certificates and nobody else's."""
    return lambda code: tls.fingerprint(pems[code]) if code in codes else bytes(32)


def test_only_certificates_whose_fingerprint_is_on_chain_are_admitted(pems):
    assert registered(pems, chain(pems, "finance", "tax")) == {"finance": pems["finance"], "tax": pems["tax"]}


def test_a_file_under_another_partys_name_is_not_admitted(pems):
    swapped = {"finance": pems["stranger"], "tax": pems["tax"]}
    assert registered(swapped, chain(pems, "finance", "tax")) == {"tax": pems["tax"]}


def test_a_broken_file_does_not_keep_the_others_out(pems):
    found = registered({"finance": b"garbage", "tax": pems["tax"]}, chain(pems, "finance", "tax"))
    assert found == {"tax": pems["tax"]}


def test_a_withdrawn_key_is_out_at_the_next_look(pems):
    admitted, known = [], {"finance", "tax"}
    registration = Registration(lambda: pems, lambda code: chain(pems, *known)(code), admitted.append)
    registration.refresh()
    known.discard("tax")
    registration.refresh()
    assert [set(codes) for codes in admitted] == [{"finance", "tax"}, {"finance"}]


def test_when_the_chain_cannot_be_asked_nothing_changes(pems):
    def unreachable(code):
        raise BackendError("no chain")

    admitted = []
    with pytest.raises(BackendError):
        Registration(lambda: pems, unreachable, admitted.append).refresh()
    assert admitted == []
