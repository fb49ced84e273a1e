"""Vouchers: a registrar issues one for an asset, only its holder hands it on, its issuer ends it with a ground."""

from __future__ import annotations

import pytest
from network import ADA, NOW, STRANGER, Network, digest
from sharing import AUDIT, DAY, INSTITUTE, NODE, OFFICE, OFFICER, REGISTRARS, agent, founding_of
from single import Single

from contracts.addresses import GOVERNANCE, VOUCHERS, name_id
from contracts.proven import history_fact, verify_events
from contracts.vouchers import client
from contracts.vouchers.rules import (
    NOTHING,
    Call,
    Ground,
    Issue,
    Revoke,
    State,
    Transfer,
    Voucher,
    apply,
    holder_of,
)
from ledger.errors import VerificationError

ONE, TWO = REGISTRARS[:2]
FIRST, SECOND, THIRD = agent(ONE, OFFICER), agent(TWO, OFFICER), agent(INSTITUTE, OFFICER)
ID, ASSET, REASON = digest("voucher"), digest("asset"), digest("reason")
SALT, NEXT = digest("salt"), digest("next salt")
OFFICES, INSTITUTES = holder_of(AUDIT, SALT), holder_of(INSTITUTE, NEXT)
END = NOW + 90 * DAY
ISSUE = Issue(ID, ASSET, OFFICES, NOW, END)
TRANSFER = Transfer(ID, SALT, INSTITUTES)
REVOKE = Revoke(ID, Ground.FALSEHOOD, REASON)
BUILDERS = {Issue: client.issue, Transfer: client.transfer, Revoke: client.revoke}
Registry = Single[State, Call]


@pytest.fixture
def registry() -> Registry:
    return Single(Network(founding_of((ONE, TWO))), VOUCHERS, State(), apply, BUILDERS)


def valid(registry: Registry, id: bytes = ID) -> bool:
    """Ask contract and rules whether a voucher is in force."""
    (answer,) = registry.network.read(VOUCHERS, "is_valid", id)
    assert answer == registry.state.voucher(id).is_valid(registry.network.now)
    return bool(answer)


def test_a_voucher_goes_from_holder_to_holder_until_it_is_revoked(registry: Registry) -> None:
    registry.take(FIRST, ISSUE)
    registry.take(OFFICE, TRANSFER)
    registry.take(THIRD, Transfer(ID, NEXT, holder_of(AUDIT, digest("third salt"))))
    assert valid(registry)
    registry.take(FIRST, REVOKE)
    assert not valid(registry)
    registry.refuse(OFFICE, Transfer(ID, digest("third salt"), INSTITUTES), "voucher: not in force")
    registry.refuse(FIRST, REVOKE, "voucher: revoked")


def test_only_the_holder_hands_a_voucher_on(registry: Registry) -> None:
    registry.take(FIRST, ISSUE)
    for stranger in (FIRST, SECOND, THIRD, ADA):  # the issuer and the authority have the salt and are not the party
        registry.refuse(stranger, TRANSFER, "voucher: not the holder")
    registry.refuse(OFFICE, Transfer(ID, NEXT, INSTITUTES), "voucher: not the holder")
    registry.take(OFFICE, TRANSFER)
    registry.refuse(OFFICE, TRANSFER, "voucher: not the holder")


def test_a_next_holder_is_named_and_another_one(registry: Registry) -> None:
    registry.take(FIRST, ISSUE)
    registry.refuse(OFFICE, Transfer(ID, SALT, NOTHING), "voucher: holder missing")
    registry.refuse(OFFICE, Transfer(ID, SALT, OFFICES), "voucher: holder missing")


def test_only_a_registrar_issues_and_only_the_issuer_revokes(registry: Registry) -> None:
    registry.refuse(OFFICE, ISSUE, "voucher: registrar only")
    registry.refuse(agent(ONE, NODE), ISSUE, "parties: agent lacks the role")
    registry.refuse(STRANGER, ISSUE, "parties: unknown agent")
    registry.take(FIRST, ISSUE)
    for stranger in (SECOND, OFFICE, ADA):
        registry.refuse(stranger, REVOKE, "voucher: not the issuer")


def test_an_incomplete_call_is_refused(registry: Registry) -> None:
    for call, reason in (
        (Issue(NOTHING, ASSET, OFFICES, NOW, END), "voucher: asset missing"),
        (Issue(ID, NOTHING, OFFICES, NOW, END), "voucher: asset missing"),
        (Issue(ID, ASSET, NOTHING, NOW, END), "voucher: holder missing"),
        (Issue(ID, ASSET, OFFICES, END, END), "voucher: period"),
        (Issue(ID, ASSET, OFFICES, 0, NOW), "voucher: period"),
        (TRANSFER, "voucher: unknown"),
        (REVOKE, "voucher: unknown"),
    ):
        registry.refuse(FIRST, call, reason)


def test_a_revocation_names_a_ground_of_the_list_and_its_reasons(registry: Registry) -> None:
    registry.take(FIRST, ISSUE)
    for ground in (0, max(Ground) + 1):
        registry.refuse(FIRST, Revoke(ID, ground, REASON), "voucher: unknown ground")
    registry.refuse(FIRST, Revoke(ID, Ground.ERROR, NOTHING), "voucher: reason missing")
    for ground in Ground:
        registry.take(FIRST, Issue(digest(ground.name), digest(f"asset {ground}"), OFFICES, NOW, END))
        registry.take(FIRST, Revoke(digest(ground.name), ground, REASON))


def test_an_asset_has_one_voucher_in_force_of_an_issuer(registry: Registry) -> None:
    again = Issue(digest("again"), ASSET, OFFICES, NOW, END + DAY)
    registry.take(FIRST, ISSUE)
    registry.refuse(FIRST, again, "voucher: asset has one in force")
    registry.refuse(FIRST, Issue(ID, digest("other asset"), OFFICES, NOW, END), "voucher: exists")
    registry.take(SECOND, Issue(digest("second"), ASSET, OFFICES, NOW, END))  # another registrar's name, another asset
    registry.take(FIRST, REVOKE)
    registry.take(FIRST, again)
    assert registry.network.read(VOUCHERS, "latest", ONE, ASSET) == (again.id,)


def test_a_voucher_is_in_force_from_its_first_second_to_before_its_last(registry: Registry) -> None:
    registry.take(FIRST, Issue(ID, ASSET, OFFICES, NOW + DAY, END))
    assert not valid(registry)
    registry.refuse(OFFICE, TRANSFER, "voucher: not in force")
    registry.network.now = NOW + DAY
    assert valid(registry)
    registry.network.now = END - 1
    assert valid(registry)
    registry.network.now = END
    assert not valid(registry)
    registry.refuse(OFFICE, TRANSFER, "voucher: not in force")
    registry.take(FIRST, Issue(digest("renewed"), ASSET, OFFICES, END, END + DAY))


def test_a_pause_stops_issue_and_transfer_and_no_revocation(registry: Registry) -> None:
    registry.take(FIRST, ISSUE)
    network = registry.network
    assert network.send(ADA, GOVERNANCE, "pause", name_id(VOUCHERS)).accepted
    for caller, method, args in (
        (FIRST, "issue", client.issue(Issue(digest("new"), NEXT, OFFICES, NOW, END), op_id=ID).args),
        (OFFICE, "transfer", client.transfer(TRANSFER, op_id=ID).args),
    ):
        assert network.send(caller, VOUCHERS, method, *args).reason == "governance: paused"
    registry.take(FIRST, REVOKE)


def test_the_events_are_the_whole_history_and_words_read_back(registry: Registry) -> None:
    steps = ((FIRST, ISSUE), (OFFICE, TRANSFER), (FIRST, REVOKE))
    logs = [log for caller, call in steps for log in registry.take(caller, call).logs]
    values = registry.network.values(VOUCHERS, history_fact(VOUCHERS, ID).slots)
    verify_events(VOUCHERS, ID, logs, values)
    with pytest.raises(VerificationError):
        verify_events(VOUCHERS, ID, logs[:2], values)
    words = registry.network.values(VOUCHERS, client.voucher_fact(ID).slots)
    assert client.decode_voucher(ID, words) == registry.state.voucher(ID)
    assert client.decode_voucher(ID, dict.fromkeys(words, bytes(32))) == Voucher()
    latest = registry.network.values(VOUCHERS, client.latest_fact(ONE, ASSET).slots)
    assert client.decode_latest(ONE, ASSET, latest) == ID
