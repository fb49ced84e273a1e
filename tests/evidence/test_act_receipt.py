"""Every entry about a unit has a receipt, also one that no application asks for, and nothing else passes for one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from landtown import COURT, FLAT, HOUSE, POLICE, REGISTRAR, SHOP, LandTown, holder

from contracts.addresses import APPLICATIONS, RESTRICTIONS, TITLES
from contracts.applications.client import application_id
from contracts.certificates import compact
from contracts.certificates.compact import Kind
from contracts.evidence.bundle import History, RecordedEvent
from contracts.evidence.collect import find_events, gather
from contracts.evidence.program import judge
from contracts.evidence.register import act
from contracts.evidence.register.act import Act, verify_act
from contracts.evidence.register.receipt import is_receipt, verify_entry
from contracts.evidence.states import history_slots
from contracts.parties.client import party_id
from gateway.property.certificates.printing import receipt_page
from gateway.property.certificates.receipting import act_of
from gateway.property.entering import entry, sheet
from gateway.property.entering.revising import Revision, Verdict
from gateway.statute.papers import Papers
from ledger.chain.port import EventFact
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.proofs.trust import Trust

CODES = {party_id(code): code for code in (REGISTRAR, COURT, POLICE)}
LOAN = '[restriction]\nholder = "Old Bank"\nclaim = "a loan"\nrank = 1'
# Contract, unit, number and maker of each entry, and what the receipt calls it.
ENTRIES = {
    "the opening of a past unit": (TITLES, HOUSE, 1, REGISTRAR, "opening of a past unit", "历史单元启用"),
    "a transfer": (TITLES, HOUSE, 2, REGISTRAR, "transfer", "转移登记"),
    "a correction of its own motion": (
        TITLES, SHOP, 2, REGISTRAR, "correction of the registrar's own motion", "依职权更正登记"),
    "the end of a divided unit": (
        TITLES, FLAT, 2, REGISTRAR, "end of the unit by division or merger", "因分割或合并注销原单元"),
    "a part": (TITLES, f"{FLAT}-a", 1, REGISTRAR, "unit made by division or merger", "因分割或合并设立单元"),
    "a merged whole": (TITLES, f"{FLAT}-c", 1, REGISTRAR, "unit made by division or merger", "因分割或合并设立单元"),
    "a mortgage": (RESTRICTIONS, HOUSE, 1, REGISTRAR, "mortgage entered", "抵押登记"),
    "a seizure": (RESTRICTIONS, HOUSE, 2, COURT, "seizure", "查封登记"),
    "a queued seizure": (RESTRICTIONS, HOUSE, 3, POLICE, "queued seizure", "轮候查封登记"),
    "a renewal": (RESTRICTIONS, HOUSE, 4, COURT, "seizure renewed", "续行查封"),
    "a lifting": (RESTRICTIONS, HOUSE, 5, COURT, "seizure lifted", "解除查封"),
    "a queued seizure that holds now": (
        RESTRICTIONS, HOUSE, 6, POLICE, "queued seizure takes effect", "轮候查封生效"),
    "a lifting of a queued one": (RESTRICTIONS, HOUSE, 8, COURT, "queued seizure lifted", "解除轮候查封"),
    "a release": (RESTRICTIONS, HOUSE, 9, REGISTRAR, "mortgage released", "抵押注销登记"),
}  # fmt: skip


@dataclass(frozen=True)
class Land:
    """The town after its story."""

    town: LandTown
    court: Path

    @property
    def trust(self) -> Trust:
        return self.town.trust

    def receipt(self, contract: str | None, unit: str, n: int | None, papers: Path = Path("none")) -> Act:
        id = self.town.book.id_of(unit)
        return act_of(id, contract, n, self.town.chain(), self.town.view, CODES, Papers(papers))


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    town = LandTown(tmp_path_factory.mktemp("land"))
    town.anchor()
    for unit in (HOUSE, FLAT, SHOP):
        town.desk.open_unit(unit)
    town.enter("1", "transfer", holder("Ann Lee"))
    town.divide("d-1", FLAT, f"{FLAT}-a", f"{FLAT}-b")
    town.merge("m-1", f"{FLAT}-c", f"{FLAT}-a", f"{FLAT}-b")
    corrections = town.directory / "corrections.csv"
    corrections.write_text(f"unit,reason,address\n{SHOP},Ann was misled,3 HIGH\n", encoding="utf-8")
    [told] = Revision(town.book, town.clerk, int(town.town.clock())).enter(sheet.corrections(corrections))
    assert told.verdict is Verdict.ENTERED
    town.enter("2", "mortgage", LOAN)
    court, police, house = town.authority(COURT), town.authority(POLICE), town.book.id_of(HOUSE)
    court.seize("c-1", house, town.order(), 30)
    police.seize("p-1", house, town.order(), 30)
    court.renew("c-1", town.order(), 60)
    court.lift("c-1", town.order())
    court.seize("c-2", house, town.order(), 30)
    court.lift("c-2", town.order())
    town.enter("3", "release", 'releases = "2"')
    yield Land(town, town.directory / f"papers of {COURT}")
    town.close()


@pytest.fixture(scope="module")
def seizure(land: Land) -> Act:
    return land.receipt(RESTRICTIONS, HOUSE, 2, land.court)


@pytest.mark.parametrize("kind", ENTRIES)
def test_the_entry_has_a_receipt_that_names_nobody(land: Land, kind: str) -> None:
    contract, unit, n, party, en, zh = ENTRIES[kind]
    encoded = land.receipt(contract, unit, n).encode()
    assert is_receipt(encoded)
    verdict = judge(encoded, land.trust)
    assert [step.name for step in verdict.steps] == ["form", "network", "contracts", "register", "entry"]
    assert verdict.failed is None
    said = [line.strip() for line in verdict.lines("en")]
    assert {f"entry: {en}", f"by: {party}", f"number of the entry: {contract} {n}"} <= set(said)
    assert f"登记事项:{zh}" in [line.strip() for line in verdict.lines("zh")]
    assert not any(name.encode() in encoded for name in ("Ann Lee", "Old Bank", "1 MAIN", "3 HIGH", unit))


def test_without_a_number_it_is_the_newest_entry_of_the_unit(land: Land) -> None:
    assert land.receipt(None, HOUSE, None) == land.receipt(RESTRICTIONS, HOUSE, 9)
    assert land.receipt(None, SHOP, None) == land.receipt(TITLES, SHOP, 2)
    for contract, unit, n in ((TITLES, HOUSE, 3), (RESTRICTIONS, SHOP, 1), (None, "elsewhere", None)):
        with pytest.raises(NotFound, match="entries about it"):
            land.receipt(contract, unit, n)


def test_who_has_the_order_opens_its_digest_and_no_other_does(land: Land, seizure: Act) -> None:
    assert seizure.order is not None
    assert f"order's file (SHA-256): {seizure.order.file.hex()}" in "\n".join(
        verify_act(seizure.encode(), land.trust).lines("en")
    )
    other = land.receipt(RESTRICTIONS, HOUSE, 5, land.court).order
    assert other not in (None, seizure.order)
    verdict = verify_act(replace(seizure, order=other).encode(), land.trust)
    assert "another order" in verdict.steps[-1].detail.en
    assert land.receipt(RESTRICTIONS, HOUSE, 3, land.court).order is None


def test_another_number_unit_party_or_history_is_refused(land: Land, seizure: Act) -> None:
    shop, house = land.town.book.id_of(SHOP), land.town.book.id_of(HOUSE)
    events = seizure.history.events
    moved = tuple(RecordedEvent((one.topics[0], shop), one.data) for one in events)
    bare = replace(seizure, order=None)
    refused = {
        "entry": [replace(bare, n=3, party=POLICE)],
        "register": [
            replace(bare, n=3),
            replace(bare, party=POLICE),
            replace(bare, history=History(RESTRICTIONS, house, events[:-1])),
            replace(bare, history=History(RESTRICTIONS, house, (*events[:7], events[8], events[7]))),
            replace(bare, history=History(RESTRICTIONS, shop, moved)),
        ],
        "contracts": [replace(bare, history=History(TITLES, house, events))],
    }
    for step, receipts in refused.items():
        for one in receipts:
            assert verify_act(one.encode(), land.trust).failed == step
    stranger = replace(land.trust, genesis_hash=bytes(32))
    assert verify_act(seizure.encode(), stranger).failed == "network"


def test_the_moment_is_of_this_entry_and_there_is_one(land: Land, seizure: Act) -> None:
    lifted = land.receipt(RESTRICTIONS, HOUSE, 5)
    other = replace(seizure, chain=lifted.chain)
    assert "shows another event" in verify_act(other.encode(), land.trust).steps[-1].detail.en
    facts = seizure.chain
    without = replace(seizure, chain=replace(facts, headers=(facts.headers[0], facts.headers[-1]), moments=()))
    assert "expected one receipt" in verify_act(without.encode(), land.trust).steps[-1].detail.en


def test_a_withdrawal_is_no_entry_under_its_own_name_or_anothers(land: Land) -> None:
    town = land.town
    file = town.directory / "9.toml"
    file.write_text(f'code = "9"\ntype = "transfer"\nunit = "{HOUSE}"\npapers = ["papers.pdf"]\n{holder("Eve")}\n')
    town.desk.accept(entry.load(file))
    town.desk.withdraw("9", "we changed our minds")
    id, head = application_id(town.book.registrar, "9"), town.view.head()
    events = find_events(town.chain(), {(APPLICATIONS, id)}, head)[APPLICATIONS, id]
    withdrawn = events[-1]
    assert withdrawn.name == "ApplicationWithdrawn"
    moment = town.view.event(EventFact(withdrawn.block_number, withdrawn.index, withdrawn.log_index))
    recorded = tuple(RecordedEvent((one.topics[0], id), one.data) for one in events)

    def disguised(contract: str) -> Act:
        state = town.view.state(contract, history_slots(contract, (id,)), head)
        facts = gather(town.view, head, {contract: state}, (moment,))
        return Act(len(events), REGISTRAR, None, History(TITLES, id, recorded), facts)

    own, other = disguised(APPLICATIONS), disguised(TITLES)
    with pytest.raises(InvalidRecord, match="Titles or Restrictions"):
        replace(own, history=History(APPLICATIONS, id, recorded))
    plain = own.encode().replace(b'"contract":"Titles"', b'"contract":"Applications"')
    assert [verify_act(one, land.trust).failed for one in (plain, own.encode(), other.encode())] == [
        "form", "contracts", "register",
    ]  # fmt: skip


def test_no_byte_can_be_changed(land: Land, seizure: Act) -> None:
    encoded, drawn = seizure.encode(), random.Random(5)
    for _ in range(60):
        changed = bytearray(encoded)
        changed[drawn.randrange(len(changed))] ^= drawn.randrange(1, 256)
        assert verify_act(bytes(changed), land.trust).failed is not None


def test_a_receipt_has_one_form(seizure: Act) -> None:
    encoded = seizure.encode()
    assert act.parse(encoded) == seizure
    wrong = [encoded + b"\n", b"{}", encoded.replace(b'"kind":"act"', b'"kind":"deed"')]
    wrong += [encoded.replace(b'"n":2', n) for n in (b'"n":true', b'"n":0', b'"n":10', b'"n":-1')]
    for one in wrong:
        with pytest.raises(InvalidRecord):
            act.parse(one)


def test_the_codes_of_the_printed_receipt_are_accepted(land: Land, seizure: Act) -> None:
    codes = compact.write(Kind.ENTRY, seizure.encode(), 1800)
    assert judge("\n".join(reversed(codes)).encode(), land.trust).failed is None
    assert verify_entry(seizure.encode(), land.trust).failed is None
    page = receipt_page(seizure.encode(), land.trust)
    assert page.count("<svg") == len(codes)
    assert "查封登记" in page
    with pytest.raises(VerificationError):
        receipt_page(replace(seizure, party=POLICE).encode(), land.trust)
