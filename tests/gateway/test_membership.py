"""A party ends, and a validator is replaced, when a quorum of members has decided just that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from foundedchain import MEMBERS, OTHER_OFFICER, START, VALIDATORS, anchor, embedded
from governedtown import Town
from typer.testing import CliRunner

from contracts.calendar.dates import moment_of
from gateway.cli.running.membership import party, validator
from gateway.network.governing import Progress
from gateway.network.membership import end_party, party_of, replace_validator, validators_of
from ledger.crypto.signing import Address
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

ADA, BEN = MEMBERS
SEALERS = tuple(sorted(key.address for key in VALIDATORS))
NEW = Address(b"\x77" * 20)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path)
    yield opened
    opened.close()


def test_a_party_that_a_quorum_has_ended_is_admitted_no_more(town: Town, tmp_path: Path) -> None:
    officer = embedded(town.node, OTHER_OFFICER, tmp_path / "officer.sqlite")
    assert officer.submit(anchor("a", 0, 1)).accepted
    ada, ben = town.member(ADA), town.member(BEN)
    assert end_party(ada, "tax", START + 1).progress is Progress.OPEN
    assert officer.submit(anchor("a", 1, 2)).accepted  # one member decides nothing
    assert end_party(ben, "tax", START + 1).progress is Progress.IN_FORCE
    assert party_of("tax", ben.proven).valid_until == START + 1
    refused = officer.submit(anchor("a", 2, 3))
    assert (refused.accepted, refused.reason) == (False, "parties: party not valid")
    assert end_party(ada, "tax", START + 1).approvals == 0  # nothing to do any more
    officer.close()


def test_a_party_that_is_not_there_or_would_end_before_it_began_is_not_ended(town: Town) -> None:
    ada = town.member(ADA)
    with pytest.raises(NotFound, match="none of this code"):
        end_party(ada, "nobody", START + 1)
    with pytest.raises(InvalidRecord, match="begins at"):
        end_party(ada, "tax", START - 1)


def test_a_party_is_not_lengthened_or_revived_by_ending_it(town: Town) -> None:
    ada, ben = town.member(ADA), town.member(BEN)
    before = party_of("tax", ada.proven).valid_until
    with pytest.raises(InvalidRecord, match=f"ends at {before} already"):
        end_party(ada, "tax", before + 1)
    for member in (ada, ben):
        end_party(member, "tax", START + 1)
    with pytest.raises(InvalidRecord, match=f"ends at {START + 1} already"):
        end_party(ada, "tax", before)
    assert party_of("tax", ada.proven).valid_until == START + 1


def test_who_is_no_member_ends_nobody(town: Town) -> None:
    with pytest.raises(NotAuthorized, match="members only"):
        end_party(town.member(OTHER_OFFICER), "finance", START + 1)


def test_a_validator_is_replaced_and_the_next_block_names_the_new_one(town: Town) -> None:
    ada, ben = town.member(ADA), town.member(BEN)
    assert validators_of(ada.proven) == SEALERS
    assert replace_validator(ada, SEALERS[0], NEW).progress is Progress.OPEN
    assert replace_validator(ben, SEALERS[0], NEW).progress is Progress.IN_FORCE
    wanted = tuple(sorted({*SEALERS[1:], NEW}))
    assert validators_of(ben.proven) == wanted
    assert replace_validator(ada, SEALERS[0], NEW).approvals == 0
    assert replace_validator(ada, NEW, None).progress is Progress.OPEN
    assert replace_validator(ben, NEW, None).progress is Progress.IN_FORCE
    assert validators_of(ada.proven) == SEALERS[1:]
    assert replace_validator(ada, SEALERS[0], None).approvals == 0  # gone already: the members' turns may come late


def test_a_validator_that_does_not_seal_or_seals_already_is_named(town: Town) -> None:
    ada = town.member(ADA)
    with pytest.raises(NotFound, match="seals no blocks"):
        replace_validator(ada, NEW, Address(b"\x78" * 20))
    with pytest.raises(Conflict, match="already"):
        replace_validator(ada, SEALERS[0], SEALERS[1])


@pytest.mark.parametrize("coming", [None, SEALERS[0]], ids=["removed", "replaced by one that seals"])
def test_an_address_that_never_sealed_is_not_said_to_be_gone(town: Town, coming: Address | None) -> None:
    with pytest.raises(NotFound, match="seals no blocks"):
        replace_validator(town.member(ADA), NEW, coming)


@pytest.mark.parametrize("address", ["0x12", "zz" * 20, "0x" + "11" * 21])
def test_what_is_no_address_is_refused_before_anything_is_opened(address: str) -> None:
    ran = CliRunner().invoke(validator, ["remove", address, "--config", "none.toml"])
    assert isinstance(ran.exception, InvalidRecord)


def test_a_day_begins_in_chinas_time(tmp_path: Path) -> None:
    assert moment_of("2026-01-31") == moment_of("2026-01-30T16:00:00Z")
    ran = CliRunner().invoke(party, ["end", "tax", "--on", "soon", "--config", str(tmp_path / "none.toml")])
    assert isinstance(ran.exception, InvalidRecord)
