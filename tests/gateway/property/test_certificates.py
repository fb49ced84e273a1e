"""The registrar's certificates: what the chain has and nothing else, issued once, void when the title moves on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from certifiedtown import DESCRIPTION, REGISTRAR, UNIT, LandTown, TownClerk, holder
from citygenesis import key

from contracts.certificates import credential, sdjwt
from contracts.certificates.bits import PLACES, is_set
from contracts.titles.record import UnitState
from gateway.property.certificates import archive
from gateway.property.certificates.archive import Kept
from gateway.property.certificates.issuing import Registrar, Seal
from gateway.property.certificates.proving import revoked_bits
from ledger.errors import BackendError, Conflict, NotFound


@pytest.fixture
def town(tmp_path: Path) -> Iterator[LandTown]:
    found = LandTown(tmp_path)
    found.enter("1", "first", holder("Ann", "1/2"), holder("Bob", "1/2"), DESCRIPTION)
    yield found
    found.close()


def place(kept: Kept) -> int:
    return credential.read(sdjwt.parse(kept.text)).certified.place


def test_the_next_state_of_a_title_gets_a_certificate_and_the_last_ones_bits_are_set(town: LandTown) -> None:
    registrar = town.registrar
    first, is_new = registrar.issue(UNIT)
    assert (is_new, registrar.issue(UNIT)) == (True, (first, False))
    second, _ = registrar.issue(UNIT, another=True)
    assert place(first) != place(second)
    town.enter("2", "transfer", holder("Cat"))
    third, _ = registrar.issue(UNIT)
    assert (third.version, [registrar.status(one).is_revoked for one in (first, second, third)]) == (
        2, [True, True, False],
    )  # fmt: skip
    bits = revoked_bits(REGISTRAR, 0, town.chain, town.view)
    assert [is_set(bits, place(one)) for one in (first, second, third)] == [True, True, False]
    assert sum(byte.bit_count() for byte in bits) == 2
    shown = credential.read(sdjwt.parse(third.text))
    assert [one["name"] for one in shown.content["holders"]] == ["Cat"]


def test_an_issue_that_was_cut_off_goes_on_with_the_same_certificate(
    town: LandTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    registrar, change = town.registrar, TownClerk.change

    def cut_off(*_arguments: object) -> None:
        raise BackendError("the line is cut")

    monkeypatch.setattr(TownClerk, "change", cut_off)
    with pytest.raises(BackendError):
        registrar.issue(UNIT)
    (waiting,) = registrar.archive.of_unit(UNIT)
    monkeypatch.setattr(TownClerk, "change", change)
    kept, is_new = registrar.issue(UNIT)
    assert (kept.text, is_new) == (waiting.text, True)
    assert len(registrar.archive.of_unit(UNIT)) == 1


def test_a_book_that_differs_from_the_chain_is_not_certified(town: LandTown) -> None:
    living = town.desk.living.registered(UNIT)
    town.desk.living.keep(replace(living, description='{"address":"a palace"}'))
    with pytest.raises(Conflict, match="another entry than the book"):
        town.registrar.issue(UNIT)
    with pytest.raises(NotFound, match="not in the living register"):
        town.registrar.issue("elsewhere")
    assert town.registrar.archive.of_unit(UNIT) == []


def test_a_title_that_ended_is_not_certified(town: LandTown) -> None:
    kept, _ = town.registrar.issue(UNIT)
    town.enter("2", "cancellation")
    assert town.desk.unit(town.desk.living.registered(UNIT).id).state is UnitState.CANCELLED
    assert (town.registrar.sweep(), town.registrar.sweep()) == ([kept], [])
    assert town.registrar.status(kept).is_revoked
    with pytest.raises(Conflict, match="no title in force"):
        town.registrar.issue(UNIT)


def test_a_key_that_is_not_the_registered_one_signs_nothing(town: LandTown) -> None:
    clerk, book = TownClerk(town, REGISTRAR), town.book(REGISTRAR)
    stranger = Seal(key("county", "statement").signer(), town.trust.genesis_hash)
    with pytest.raises(Conflict, match="not the one registered as epoch 1"):
        Registrar(book, clerk, stranger, town.chain, town.view).issue(UNIT)
    town.rotate(REGISTRAR)
    with pytest.raises(Conflict, match="epoch 2"):
        town.registrar.issue(UNIT)


def test_a_list_that_is_half_full_is_followed_by_another(town: LandTown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FULL", 1)
    kept, _ = town.registrar.issue(UNIT)
    more, _ = town.registrar.issue(UNIT, another=True)
    assert (kept.number, more.number) == (0, 1)
    assert 0 <= kept.place < PLACES
    assert town.registrar.archive.certificate(more.code) == more
    for wrong in ("", "0", "0/x", "7/7", "0/" + "9" * 30, "-1/2"):
        with pytest.raises(NotFound):
            town.registrar.archive.certificate(wrong)
