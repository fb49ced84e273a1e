"""Titles as of any block, each read out of a proof that verifies offline; one that leaves something out does not."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from landtown import COURT, FLAT, HOUSE, POLICE, SHOP, LandTown, holder
from statutetown import AUTHORITY, Stepped

from contracts.evidence import program
from contracts.evidence.bundle import RecordedEvent
from contracts.evidence.collect import gather
from contracts.evidence.title import document
from contracts.evidence.title.chain import slots_of
from contracts.evidence.title.document import Name, Past, Record, TitleEvidence
from contracts.evidence.title.verify import verify
from contracts.layout import layout_of
from contracts.parties.client import party_id
from contracts.restrictions.record import RestrictionKind
from contracts.titles.holding import extract, past_of, sole
from gateway.property.answer import Registrar
from gateway.property.asking import question
from ledger.errors import Conflict, InvalidRecord, NotFound
from ledger.headers import parse_header
from ledger.log.anchor import anchor
from ledger.log.record import leaf_of
from ledger.log.stream import Stream, StreamWriter
from ledger.trust import Trust, ValidatorChange


@dataclass(frozen=True)
class Told:
    """The town after its story, and the block of each of its acts."""

    land: LandTown
    blocks: dict[str, int]

    def block(self, act: str) -> int:
        return self.blocks[act]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    land, blocks = LandTown(tmp_path_factory.mktemp("land")), dict[str, int]()
    blocks["founded"] = land.head
    land.anchor()
    blocks["anchored"] = land.head
    land.desk.open_unit(HOUSE)
    blocks["opened"] = land.head
    blocks["sold"] = land.enter("1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
    loan = '[restriction]\nholder = "{}"\nclaim = "a loan"\nrank = {}'
    blocks["mortgaged"] = land.enter("2", "mortgage", loan.format("Bank", 1))
    land.enter("3", "mortgage", loan.format("Fund", 2))
    land.enter("4", "objection", '[restriction]\nholder = "Dan"\nclaim = "it is mine"')
    land.authority(COURT).seize("c-1", land.book.id_of(HOUSE), land.order(), 30)
    land.authority(POLICE).seize("p-1", land.book.id_of(HOUSE), land.order(), 30)
    blocks["seized"] = land.head
    blocks["released"] = land.enter("5", "release", 'releases = "2"')
    land.town.at("2026-03-25T10:00:00+08:00")
    land.town.block()
    blocks["objection lapsed"] = land.head
    land.town.at("2026-04-10T10:00:00+08:00")
    land.town.block()
    blocks["court's seizure ended"] = land.head
    yield Told(land, blocks)
    land.close()


@pytest.fixture(scope="module")
def registrar(told: Told) -> Iterator[Registrar]:
    with told.land.registrar() as registrar:
        yield registrar


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("papers") / "contract.pdf"
    path.write_bytes(b"a contract")
    return path


@pytest.fixture(scope="module")
def prove(told: Told, paper: Path) -> Iterator[Callable[..., bytes]]:
    with told.land.registrar() as registrar:

        @cache
        def made(at: int | None = None, unit: str = HOUSE) -> bytes:
            return registrar.title(unit, question("transaction", "a bank", paper), at).proof

        yield made


def test_a_title_has_its_holders_restrictions_and_whole_chain(told: Told, registrar: Registrar, paper: Path) -> None:
    title = registrar.title(HOUSE, question("transaction", "a bank", paper), told.block("seized")).title
    assert {one.name: one.share for one in title.holders} == {"Ann": Fraction(1, 3), "Bob": Fraction(2, 3)}
    stands = [(one.kind.name, one.rank, one.by, one.beneficiary, one.is_queued) for one in title.burdens]
    assert stands == [
        ("MORTGAGE", 1, "registrar", "Bank", False),
        ("MORTGAGE", 2, "registrar", "Fund", False),
        ("OBJECTION", 0, "registrar", "Dan", False),
        ("SEIZURE", 1, "court", "", False),
        ("SEIZURE", 2, "police", "", True),
    ]
    assert [(one.part, one.of, one.type) for one in title.registrations][2:5] == [
        ("past", "title", "transfer"), ("living", "title", "opening"), ("living", "title", "transfer"),
    ]  # fmt: skip
    assert [row["when"] for row in title.rows()[:3]] == ["2017-01-31", "2018-02-28", "2019-03-31"]
    assert title.code == HOUSE


@pytest.mark.parametrize(
    ("act", "standing", "kinds"),
    [
        ("anchored", "past only", []),
        ("opened", "registered", []),
        ("mortgaged", "registered", ["MORTGAGE 1"]),
        ("released", "registered", ["MORTGAGE 1", "OBJECTION 0", "SEIZURE 1", "SEIZURE 2"]),
        ("objection lapsed", "registered", ["MORTGAGE 1", "SEIZURE 1", "SEIZURE 2"]),
        ("court's seizure ended", "registered", ["MORTGAGE 1", "SEIZURE 1"]),
    ],
)
def test_a_title_as_of_a_block_is_what_it_was_then_also_what_time_alone_ended(
    told: Told, registrar: Registrar, paper: Path, act: str, standing: str, kinds: list[str]
) -> None:
    found = registrar.title(HOUSE, question("transaction", "a bank", paper), told.block(act))
    assert (found.title.standing, found.title.block) == (standing, told.block(act))
    assert [f"{one.kind.name} {one.rank}" for one in found.title.burdens] == kinds
    verdict = verify(found.proof, told.land.trust)
    assert verdict.failed is None
    assert f"  as of: block {told.block(act)}, 2026-" in "\n".join(verdict.lines("en"))


def test_the_seizure_behind_moves_up_by_itself_and_begins_where_the_other_ended(
    told: Told, registrar: Registrar, paper: Path
) -> None:
    asked = question("transaction", "a bank", paper)
    before = registrar.title(HOUSE, asked, told.block("objection lapsed")).title
    after = registrar.title(HOUSE, asked, told.block("court's seizure ended")).title
    court, police = (one for one in before.burdens if one.kind is RestrictionKind.SEIZURE)
    assert (court.until is not None, police.until) == (True, None)
    assert [(one.by, one.until) for one in after.burdens if one.kind is RestrictionKind.SEIZURE] == [
        ("police", (court.until or 0) + 30 * 86_400)
    ]


def test_a_unit_made_by_division_leads_back_to_the_past_of_what_it_was_part_of(
    told: Told, registrar: Registrar, paper: Path, divided: int
) -> None:
    asked = question("transaction", "a bank", paper)
    found = registrar.title("flat-a", asked, divided)
    evidence = document.parse(found.proof)
    assert [unit.unit for unit in evidence.units] == [told.land.book.id_of(code) for code in ("flat-a", FLAT)]
    steps = [(one.part, one.type) for one in found.title.registrations]
    assert steps == [("past", "transfer"), ("living", "opening"), ("living", "alteration"), ("living", "alteration")]
    assert (found.title.code, found.title.description) == ("flat-a", {"plan": "of a part"})
    assert registrar.title(FLAT, asked, divided).title.standing == "succeeded"
    first, parent = evidence.units
    kept = replace(evidence.facts, moments=evidence.facts.moments[:1])
    hidden = replace(evidence, units=(first,), facts=kept)
    assert verify(hidden.encode(), told.land.trust).failed in ("network", "contracts")
    assert verify(replace(evidence, units=(parent, first)).encode(), told.land.trust).failed == "contracts"


def test_a_home_still_to_be_built_shows_its_pre_notice_and_then_its_first_registration(
    told: Told, registrar: Registrar, paper: Path
) -> None:
    asked, land = question("transaction", "a bank", paper), told.land
    plan = '[restriction]\nholder = "Buyer"\nclaim = "a contract"'
    noted = land.enter("n-1", "prenotice", holder("Buyer"), plan, unit="tower/1")
    planned = registrar.title("tower/1", asked, noted).title
    assert (planned.standing, planned.holders, planned.code) == ("unregistered", (), "tower/1")
    assert [(one.kind.name, one.beneficiary) for one in planned.burdens] == [("PRENOTICE", "Buyer")]
    made = land.enter("n-2", "first", holder("Builder"), '[description]\naddress = "9 New Road"', unit="tower/1")
    title = registrar.title("tower/1", asked, made).title
    assert (title.standing, [one.name for one in title.holders]) == ("registered", ["Builder"])
    assert title.description == {"address": "9 New Road"}
    assert title.bears(RestrictionKind.PRENOTICE)
    with pytest.raises(NotFound, match="in no register after block"):
        registrar.title("tower/1", asked, noted - 1)


def test_a_proof_of_an_older_block_leaves_out_later_changes_of_the_validators(told: Told) -> None:
    view = told.land.view
    old, head = view.header(told.block("sold")), view.head()
    slots = layout_of("Governance").slot("validators_hash")
    proof = view.state("Governance", (slots,), head).proof.proof
    later = ValidatorChange(head.raw, proof, head.validators)

    class Changed:
        """The view of a network whose validators changed after the older block."""

        def __getattr__(self, name: str) -> object:
            return getattr(view, name)

        def changes(self) -> tuple[ValidatorChange, ...]:
            return (later,)

    assert gather(Changed(), old, {}, ()).changes == ()  # type: ignore[arg-type]
    assert len(gather(Changed(), head, {}, ()).changes) == 1  # type: ignore[arg-type]


def test_that_nothing_of_a_kind_stands_is_part_of_the_proof(told: Told, prove: Callable[..., bytes]) -> None:
    free, burdened = (verify(prove(told.block(act)), told.land.trust) for act in ("sold", "mortgaged"))
    assert "mortgage" in free.figures["none_of"]  # type: ignore[index, call-overload, operator]
    assert "mortgage" not in burdened.figures["none_of"]  # type: ignore[index, call-overload, operator]
    assert "无:抵押、查封" in "\n".join(free.lines("zh"))


def test_the_proof_is_verified_like_all_evidence_and_without_a_record(
    told: Told, prove: Callable[..., bytes], trust_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "title.json"
    file.write_bytes(prove())
    assert program.main([str(file), "--trust", str(trust_file), "--language", "zh"]) == 0
    said = capsys.readouterr().out
    assert "  权利人: Ann, 1/3" in said.splitlines()
    assert "证据成立" in said
    with pytest.raises(InvalidRecord, match="without"):
        program.judge(file.read_bytes(), told.land.trust, b"a record")


@pytest.fixture
def trust_file(told: Told, tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_bytes(told.land.trust.encode())
    return path


@pytest.fixture
def divided(told: Told) -> int:
    """The block in which another flat became two."""
    if "divided" not in told.blocks:
        told.land.desk.open_unit(FLAT)
        told.blocks["divided"] = told.land.divide("d-1", FLAT, "flat-a", "flat-b")
    return told.blocks["divided"]


def _unit(evidence: TitleEvidence, **changes: object) -> bytes:
    first, *others = evidence.units
    return replace(evidence, units=(replace(first, **changes), *others)).encode()  # type: ignore[arg-type]


def _past(evidence: TitleEvidence, change: Callable[[tuple[Record, ...]], tuple[Record, ...]]) -> bytes:
    past = evidence.units[0].past
    assert isinstance(past, Past)
    return _unit(evidence, past=replace(past, records=change(past.records)))  # type: ignore[arg-type]


def _renamed(evidence: TitleEvidence) -> bytes:
    first, *others = evidence.names
    return replace(evidence, names=(replace(first, text=first.text + "!"), *others)).encode()


def _without_mortgage(evidence: TitleEvidence) -> bytes:
    unit, moments = evidence.units[0], evidence.facts.moments
    hidden = len(unit.titles)
    moments = moments[:hidden] + moments[hidden + 1 :]
    used = {moment.header_hash for moment in moments} | {state.proof.header_hash for state in evidence.facts.states}
    genesis, *sealed = evidence.facts.headers
    headers = (genesis, *(raw for raw in sealed if parse_header(raw).block_hash in used))
    kept = replace(evidence.facts, moments=moments, headers=headers)
    return _unit(replace(evidence, facts=kept), restrictions=unit.restrictions[1:])


def _doubled(evidence: TitleEvidence) -> bytes:
    unit = evidence.units[0]
    return _unit(evidence, restrictions=(*unit.restrictions, unit.restrictions[-1]))


def _without_state(evidence: TitleEvidence) -> bytes:
    return replace(evidence, facts=replace(evidence.facts, states=evidence.facts.states[:-1])).encode()


DEFECTS: dict[str, tuple[Callable[[TitleEvidence], bytes], str]] = {
    "a hidden mortgage": (_without_mortgage, "register"),
    "all restrictions hidden": (lambda e: _unit(e, restrictions=()), "register"),
    "a restriction entered twice": (_doubled, "register"),
    "a sale hidden": (lambda e: _unit(e, titles=e.units[0].titles[:-1]), "register"),
    "a restriction as another event": (
        lambda e: _unit(e, restrictions=tuple(RecordedEvent(e.units[0].titles[0].topics, r.data)
                                              for r in e.units[0].restrictions)), "register"),
    "the contract's state left out": (_without_state, "contracts"),
    "receipts exchanged": (
        lambda e: replace(e, facts=replace(e.facts, moments=e.facts.moments[::-1])).encode(), "entries"),
    "a receipt of no entry": (
        lambda e: replace(e, facts=replace(e.facts, moments=(*e.facts.moments, e.facts.moments[-1]))).encode(),
        "entries"),
    "a past registration hidden": (lambda e: _past(e, lambda records: records[1:]), "past"),
    "past registrations exchanged": (lambda e: _past(e, lambda records: records[::-1]), "past"),
    "the whole past hidden": (lambda e: _unit(e, past=None), "past"),
    "parts of a unit that was not merged": (lambda e: _unit(e, parts=(bytes(32),)), "register"),
    "another name": (_renamed, "names"),
    "a name of nobody here": (
        lambda e: replace(e, names=(Name("SHUXIN-HOLDER-V1", bytes(16), "Eve"),)).encode(), "names"),
    "a party that did nothing": (lambda e: replace(e, parties=(*e.parties, "tax")).encode(), "names"),
}  # fmt: skip


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_proof_that_hides_adds_or_moves_something_is_refused(
    told: Told, prove: Callable[..., bytes], defect: str
) -> None:
    build, step = DEFECTS[defect]
    found = verify(build(document.parse(prove())), told.land.trust)
    assert found.failed == step
    assert found.exit_code == 1


def test_an_extract_that_is_not_in_the_anchored_stream_is_refused(told: Told, prove: Callable[..., bytes]) -> None:
    evidence = document.parse(prove(unit=SHOP))
    past = evidence.units[0].past
    assert past is not None
    assert past.closing is not None
    for closing in (
        replace(past.closing, index=0), replace(past.closing, spatial=bytes(32)), replace(past.closing, path=()),
    ):  # fmt: skip
        changed = _unit(evidence, past=replace(past, closing=closing))
        assert verify(changed, told.land.trust).failed == "past"
    assert verify(_unit(evidence, past=replace(past, closing=None)), told.land.trust).failed == "contracts"


def test_a_past_in_the_stream_of_somebody_who_is_no_registrar_is_refused(
    told: Told, prove: Callable[..., bytes]
) -> None:
    land, stream = told.land, "owner/extracts"
    evidence = document.parse(prove(unit=SHOP))
    past = evidence.units[0].past
    assert past is not None
    assert past.closing is not None
    leaves = [leaf_of(record.salt, record.record) for record in past.records if isinstance(record, Record)]
    held = sole(past.closing.holder).digest()
    record = extract(evidence.units[0].unit, past.closing.spatial, past.closing.right, held, past_of(leaves))
    with StreamWriter(land.directory / "forged", stream) as writer:
        writer.append([record])
    anchor(Stream(land.directory / "forged"), Stepped(land.town, AUTHORITY))
    forged = Stream(land.directory / "forged").prove(0)
    closing = replace(past.closing, index=0, size=1, path=())
    own = replace(past, stream=stream, salt=forged.salt, closing=closing)
    slots = slots_of([evidence.units[0].unit], own, party_id(AUTHORITY), land.view.head().timestamp)
    head = land.view.head()
    states = {name: land.view.state(name, wanted, head) for name, wanted in slots.items()}
    made = replace(evidence, facts=gather(land.view, head, states, ()), parties=())
    verdict = verify(_unit(made, past=own), land.trust)
    assert verdict.failed == "contracts"
    assert "is no registrar" in verdict.lines("en")[-2]


def test_a_changed_byte_is_refused(told: Told, prove: Callable[..., bytes]) -> None:
    drawn = random.Random(7)
    for proof in (prove(), prove(unit=SHOP)):
        for _ in range(150):
            changed = bytearray(proof)
            changed[drawn.randrange(len(proof))] ^= drawn.randrange(1, 256)
            assert verify(bytes(changed), told.land.trust).failed is not None


@pytest.mark.parametrize(
    "garbage", [b"", b"{}", b'{"format":"shuxin-title"}', b'{"format":"shuxin-title","version":1}']
)
def test_what_is_no_proof_is_unreadable(told: Told, garbage: bytes) -> None:
    assert verify(garbage, told.land.trust).exit_code == 2


def test_another_networks_trust_file_is_refused(told: Told, prove: Callable[..., bytes]) -> None:
    other: Trust = replace(told.land.trust, genesis_hash=bytes(31) + b"\x01")
    assert verify(prove(), other).failed == "network"


def test_a_date_means_its_last_block_and_a_day_before_the_network_the_records_of_the_past(
    told: Told, registrar: Registrar, paper: Path
) -> None:
    asked = question("transaction", "a bank", paper)
    assert registrar.title(HOUSE, asked, date(2026, 3, 2)).title.block == told.block("released")
    assert registrar.title(HOUSE, asked, date(2026, 3, 26)).title.block == told.block("objection lapsed")
    past = registrar.title(HOUSE, asked, date(2018, 12, 31))
    assert [step.when for step in past.title.registrations] == ["2017-01-31", "2018-02-28"]
    assert (past.proof, past.title.standing, past.title.absent) == (b"", "past only", ())
    with pytest.raises(NotFound, match="no block proves"):
        registrar.title(HOUSE, asked, date(2018, 12, 31), provable=True)


@pytest.mark.parametrize(
    ("unit", "at", "error", "reason"),
    [
        ("1/2", None, NotFound, "no unit '1/2' in the book"),
        ("00" * 32, None, NotFound, "none of this name on chain"),
        (HOUSE, 10**6, NotFound, "block 1000000 is in the future"),
        (HOUSE, 0, NotFound, "the first sealed one is 1"),
        (HOUSE, date(2027, 1, 1), InvalidRecord, "2027-01-01 is in the future"),
        (HOUSE, date(2016, 12, 31), NotFound, "before this network's first block.*no registration by 2016-12-31"),
        (HOUSE, 1, Conflict, "its past is not anchored"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why(
    registrar: Registrar, paper: Path, unit: str, at: int | date | None, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        registrar.title(unit, question("transaction", "a bank", paper), at)


def test_without_a_network_only_units_of_the_past_are_answered(told: Told, paper: Path) -> None:
    asked = question("transaction", "a bank", paper)
    with Registrar(told.land.register) as alone:
        assert [step.when for step in alone.title(SHOP, asked).title.registrations] == ["2018-06-06"]
        with pytest.raises(Conflict, match="is in the living register; --config"):
            alone.title(HOUSE, asked)
        with pytest.raises(Conflict, match="a block is known only with --config"):
            alone.title(SHOP, asked, 1)
        with pytest.raises(InvalidRecord, match="2999-01-01 is in the future"):
            alone.title(SHOP, asked, date(2999, 1, 1))


def test_a_copy_of_entries_that_does_not_hold_is_read_anew(told: Told, registrar: Registrar, paper: Path) -> None:
    asked = question("transaction", "a bank", paper)
    registrar.title(HOUSE, asked)
    with registrar.book.database.transaction() as db:
        db.execute("DELETE FROM entries WHERE contract = 'Restrictions'")
    assert registrar.title(HOUSE, asked).title.bears(RestrictionKind.SEIZURE)
