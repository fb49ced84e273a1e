"""The proof of a title verifies offline, and one that leaves out, adds or moves something does not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from landtown import SHOP, Told
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
from contracts.titles.holding import extract, past_of, sole
from ledger import canonical
from ledger.errors import InvalidRecord
from ledger.log.anchor import anchor
from ledger.log.record import leaf_of
from ledger.log.stream import Stream, StreamWriter
from ledger.proofs.headers import parse_header
from ledger.proofs.trust import Trust, ValidatorChange


@pytest.fixture
def trust_file(told: Told, tmp_path: Path) -> Path:
    path = tmp_path / "trust.json"
    path.write_bytes(told.land.trust.encode())
    return path


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


def test_that_nothing_of_a_kind_stands_is_part_of_the_proof(told: Told, prove: Callable[..., bytes]) -> None:
    free, burdened = (verify(prove(told.block(act)), told.land.trust) for act in ("sold", "mortgaged"))
    assert "mortgage" in free.figures["none_of"]  # type: ignore[index, call-overload, operator]
    assert "mortgage" not in burdened.figures["none_of"]  # type: ignore[index, call-overload, operator]
    assert "无:抵押、查封" in "\n".join(free.lines("zh"))


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


def test_a_refused_proof_cannot_paint_a_verdict_of_its_own(
    told: Told, prove: Callable[..., bytes], trust_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack: the name of a stream clears the screen and says that the evidence holds."""
    evidence = document.parse(prove())
    past = evidence.units[0].past
    assert past is not None
    painted = "x\x1b[2J\x1b[Hok   past: fine\nthe evidence holds\x1b[8m\u202e\u2028"
    file = tmp_path / "title.json"
    file.write_bytes(_unit(evidence, past=replace(past, stream=painted)))
    assert program.main([str(file), "--trust", str(trust_file)]) == 1
    said = capsys.readouterr().out
    assert not any(steering in said for steering in "\x1b\r\u202e\u2028")
    assert "the evidence holds" not in said.splitlines()
    assert "x\\x1b[2J" in said
    assert program.main([str(file), "--trust", str(trust_file), "--json"]) == 1
    told_json = capsys.readouterr().out
    assert not any(steering in told_json for steering in "\x1b\r\u202e\u2028")
    assert painted in json.loads(told_json)["steps"][-1]["detail"]


def test_an_opened_name_cannot_turn_what_is_printed_and_stays_what_it_is(
    told: Told, prove: Callable[..., bytes], trust_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack: a holder's name carries marks that turn the direction, and tags beyond the first plane."""
    name, file = "Ann\u202e\u2066\x9b\U000e0001\u2028王", tmp_path / "title.json"
    shown = replace(verify(prove(), told.land.trust), figures={"holder": name})
    for as_json in (False, True):
        text = shown.text("en", as_json=as_json)
        assert not any(steering in text for steering in "\u202e\u2066\x9b\U000e0001\u2028")
    said = shown.text("en", as_json=True)
    assert "王" in said
    assert "\\u202e" in said
    assert json.loads(said)["figures"]["holder"] == name
    file.write_bytes(prove())
    assert program.main([str(file), "--trust", str(trust_file), "--json"]) == 0
    printed = capsys.readouterr().out.strip()
    assert canonical.decode(printed.encode())["verdict"] == "holds"  # nothing to escape: canonical as before


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
