"""Divisions, mergers and corrections in bulk: foreseen as the contracts decide, entered once, resumed after a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from landtown import COURT, FLAT, HOUSE, REGISTRAR, Clerk, LandTown, holder

from contracts.addresses import TITLES
from contracts.proven import history_fact
from contracts.titles.record import UnitState
from gateway.property.entering import sheet
from gateway.property.entering.draft import Asked
from gateway.property.entering.living import Living
from gateway.property.entering.revising import Revision, Told, Verdict
from ledger.chain.port import Operation, Receipt
from ledger.errors import InvalidRecord, NotFound

PEOPLE = (holder("Ann", "1/3"), holder("Bob", "2/3"))
LOAN = '[restriction]\nholder = "Bank"\nclaim = "a loan"\nrank = 1'
HEAD = "application,unit,part,papers,address\n"
HALVES = f"{HEAD}d-1,{HOUSE},{HOUSE}-a,plan.pdf,1A MAIN\nd-1,{HOUSE},{HOUSE}-b,,1B MAIN\n"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LandTown]:
    """The house is Ann's and Bob's, the flat Cat's."""
    land = LandTown(tmp_path_factory.mktemp("land"))
    (land.directory / "plan.pdf").write_bytes(b"a plan of the parts")
    land.anchor()
    for unit in (HOUSE, FLAT):
        land.desk.open_unit(unit)
    land.enter("1", "transfer", *PEOPLE)
    land.enter("2", "transfer", holder("Cat"), unit=FLAT)
    yield land
    land.close()


class Killed(BaseException):
    """Stands for a process that ends."""


class Fragile(Clerk):
    """A clerk whose process ends before a call, or after it."""

    def __init__(self, land: LandTown, before: str = "", after: str = "") -> None:
        super().__init__(land, REGISTRAR)
        self._before, self._after = before, after

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        if change == self._before:
            raise Killed
        receipt = super().change(contract, id, change, call)
        if change == self._after:
            raise Killed
        return receipt


def revision(land: LandTown, clerk: Clerk | None = None) -> Revision:
    return Revision(land.book, clerk or Clerk(land, REGISTRAR), int(land.town.clock()))


def written(land: LandTown, text: str) -> Path:
    path = land.directory / "entries.csv"
    path.write_text(text, encoding="utf-8")
    return path


def entered(land: LandTown, asked: Sequence[Asked]) -> list[Told]:
    """Foresee and enter; both say the same about who is refused and why."""
    foreseen = list(revision(land).foresee(asked))
    made = list(revision(land).enter(asked))
    for before, after in zip(foreseen, made, strict=True):
        assert (before.verdict is Verdict.REFUSED) == (after.verdict is Verdict.REFUSED)
        assert after.reason.endswith(before.reason)
    return made


def corrections(land: LandTown, *rows: str, columns: str = "unit,reason,holders,address") -> list[Asked]:
    return list(sheet.corrections(written(land, "\n".join((columns, *rows)) + "\n")))


def living(land: LandTown, code: str) -> Living:
    """Return a unit as the book has it, which is as the chain has it."""
    found = land.desk.living.registered(code)
    unit = land.desk.unit(found.id)
    assert (unit.holdings, unit.spatial) == (found.holdings.digest(), found.spatial)
    return found


def changes(land: LandTown, code: str) -> int:
    fact = history_fact(TITLES, land.book.id_of(code))
    return int.from_bytes(land.view.value(TITLES, fact.slots)[fact.slots[1]], "big")


def people(unit: Living) -> set[str]:
    return {f"{one.name} {one.share}" for one in unit.holders}


def test_a_correction_is_foreseen_then_entered_once_and_the_entry_before_stays_readable(opened: LandTown) -> None:
    asked = corrections(opened, f"{HOUSE},a letter was missing,Anne 1/3; Bob 2/3,", f"{FLAT},a wrong number,,3 MAIN")
    head, before = opened.head, changes(opened, HOUSE)
    assert {one.verdict for one in revision(opened).foresee(asked)} == {Verdict.READY}
    assert (opened.head, people(living(opened, HOUSE))) == (head, {"Ann 1/3", "Bob 2/3"})
    assert {one.verdict for one in entered(opened, asked)} == {Verdict.ENTERED}
    assert {one.verdict for one in entered(opened, asked)} == {Verdict.DONE}
    assert people(living(opened, HOUSE)) == {"Anne 1/3", "Bob 2/3"}
    assert '"3 MAIN"' in living(opened, FLAT).description
    assert changes(opened, HOUSE) == before + 1


def test_a_correction_that_a_right_relies_on_is_refused_beside_one_that_is_not(opened: LandTown) -> None:
    opened.enter("loan", "mortgage", LOAN, unit=FLAT)
    rows = (f"{FLAT},not Cat but Dan,Dan 1,", f"{HOUSE},a letter too much,Ann 1/3; Bob 2/3,")
    hiding, lawful = entered(opened, corrections(opened, *rows))
    assert (hiding.verdict, lawful.verdict) == (Verdict.REFUSED, Verdict.ENTERED)
    assert hiding.reason == "the chain refuses to correct: title: another right relies on it"
    [described] = entered(opened, corrections(opened, f"{FLAT},a wrong number,,2 MAIN"))
    assert described.verdict is Verdict.ENTERED
    opened.enter("free", "release", 'releases = "loan"', unit=FLAT)


@pytest.mark.parametrize("fragile", [{"before": "correct"}, {"after": "correct"}])
def test_a_correction_killed_anywhere_commits_once(opened: LandTown, fragile: dict[str, str]) -> None:
    asked = corrections(opened, f"{HOUSE},a storey {fragile},,{len(fragile)} {sorted(fragile)} STREET")
    before = changes(opened, HOUSE)
    with pytest.raises(Killed):
        list(revision(opened, Fragile(opened, **fragile)).enter(asked))
    [told] = revision(opened).enter(asked)
    assert told.verdict is (Verdict.ENTERED if "before" in fragile else Verdict.DONE)
    assert changes(opened, HOUSE) == before + 1
    assert "STREET" in living(opened, HOUSE).description


def test_a_correction_may_be_taken_back_and_made_again(opened: LandTown) -> None:
    there, back = (corrections(opened, f"{HOUSE},of the address,,{address}") for address in ("9 OAK", "9 ELM"))
    verdicts = [entered(opened, asked)[0].verdict for asked in (there, back, there, there)]
    assert verdicts == [Verdict.ENTERED, Verdict.ENTERED, Verdict.ENTERED, Verdict.DONE]
    assert "9 OAK" in living(opened, HOUSE).description


def test_a_burdened_unit_is_neither_divided_nor_merged_until_it_is_free(opened: LandTown) -> None:
    opened.enter("loan 2", "mortgage", LOAN)
    seizure = opened.authority(COURT)
    seizure.seize("s-1", opened.book.id_of(FLAT), opened.order(), 30)
    [division] = entered(opened, sheet.divisions(written(opened, HALVES.replace("d-1", "d-0"))))
    assert division.reason == "the chain refuses to divide: title: burdened"
    opened.enter("free 2", "release", 'releases = "loan 2"')
    seizure.lift("s-1", opened.order())
    [division] = revision(opened).foresee(sheet.divisions(written(opened, HALVES)))
    assert division.verdict is Verdict.READY


def test_a_division_accepted_from_the_seller_is_not_entered_over_the_buyer(opened: LandTown) -> None:
    asked = sheet.divisions(written(opened, HALVES.replace("d-1", "d-s")))
    with pytest.raises(Killed):
        list(revision(opened, Fragile(opened, after="accept")).enter(asked))
    opened.enter("sold", "transfer", holder("Dan"))
    [told] = entered(opened, asked)
    assert "is not held by those it was accepted from" in told.reason
    assert opened.desk.unit(opened.book.id_of(HOUSE)).state is UnitState.REGISTERED
    opened.enter("sold back", "transfer", *PEOPLE)


def test_a_division_killed_between_acceptance_and_entry_goes_on_with_the_same_parts(opened: LandTown) -> None:
    asked = sheet.divisions(written(opened, HALVES))
    with pytest.raises(Killed):
        list(revision(opened, Fragile(opened, after="accept")).enter(asked))
    with pytest.raises(Killed):
        list(revision(opened, Fragile(opened, after="divide")).enter(asked))
    assert opened.desk.living.unit(f"{HOUSE}-a") is None
    [told] = revision(opened).enter(asked)
    assert told.verdict is Verdict.DONE
    left, right = (living(opened, f"{HOUSE}-{side}") for side in "ab")
    assert people(left) == people(right) == people(living(opened, HOUSE))
    assert opened.desk.unit(opened.book.id_of(HOUSE)).state is UnitState.SUCCEEDED
    other = sheet.divisions(written(opened, HALVES.replace("1B MAIN", "1C MAIN")))
    [told] = entered(opened, other)
    assert told.reason == "application d-1: the number is taken by another application"


def test_units_of_the_same_people_are_merged_although_their_commitments_differ(opened: LandTown) -> None:
    entered(opened, sheet.divisions(written(opened, HALVES)))
    own = (holder(one.name, str(one.share)) for one in living(opened, HOUSE).holders)
    opened.enter("3", "transfer", *own, unit=FLAT)
    rows = f"m-1,{HOUSE}-ab,{HOUSE}-a,plan.pdf,1 MAIN\nm-1,{HOUSE}-ab,{FLAT},,\n"
    assert living(opened, f"{HOUSE}-a").holdings != living(opened, FLAT).holdings
    [told] = entered(opened, sheet.mergers(written(opened, HEAD + rows)))
    assert told.verdict is Verdict.ENTERED
    assert people(living(opened, f"{HOUSE}-ab")) == people(living(opened, FLAT))
    opened.enter("4", "transfer", holder("Cat"), unit=f"{HOUSE}-b")
    rows = f"m-2,{HOUSE}-all,{HOUSE}-ab,plan.pdf,1 MAIN\nm-2,{HOUSE}-all,{HOUSE}-b,,\n"
    [told] = entered(opened, sheet.mergers(written(opened, HEAD + rows)))
    assert told.reason == "the units have other holders, or other shares"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("unit,part\n", "entries.csv:1: column application, papers missing"),
        ("application,unit,part,papers,a,a\n", "entries.csv:1: a column appears twice"),
        ("application,unit,part,papers\n", "entries.csv: no rows"),
        (HALVES + "d-1,x\n", "entries.csv:4: expected 5 fields, got 2"),
        (HALVES.replace("d-1", "", 1), "entries.csv:2: application: expected a text"),
        (HALVES.rsplit("d-1", 1)[0], "entries.csv:2: expected 2 to 16 parts of an application, got 1"),
        (HALVES.replace(f"{HOUSE}-b", f"{HOUSE}-a"), "entries.csv:2: a unit appears twice in one application"),
        (HALVES.replace(f"{HOUSE},{HOUSE}-b", f"x,{HOUSE}-b"), "entries.csv:3: another unit than in the first row"),
        (HALVES.replace("1B MAIN", ""), "entries.csv:3: no description"),
        (HALVES.replace("plan.pdf", "gone.pdf"), "entries.csv:2: no file 'gone.pdf' beside it"),
        (HALVES.replace(",,1B", ",other.pdf,1B"), "entries.csv:3: the papers of an application stand in its first row"),
        (HALVES + HALVES.partition("\n")[2].replace("d-1", "d-2"), "entries.csv:4: unit .* stands in line 2 already"),
        (HALVES + '"', "entries.csv: cannot be read"),
        ("\udcff", "entries.csv: cannot be read"),
    ],
)
def test_a_wrong_file_of_divisions_is_refused_with_file_and_line(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"plan")
    path = tmp_path / "entries.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises((InvalidRecord, NotFound), match=reason):
        sheet.divisions(path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("u,,Ann 1,", "reason: expected a text"),
        ("u,why,,", "nothing is corrected"),
        ("u,why,Ann 1/2,", "the shares do not sum to one"),
        ("u,why,Ann 1/2; Ann 1/2,", "a holder appears twice"),
        ("u,why,Ann,", "holders: expected like Ann 1/3; Bob 2/3"),
        ("u,why,Ann half,", "share: expected like 1/2, got 'half'"),
        (f"u,why,,{'x' * 1001}", "address: expected a text of at most 1000 characters"),
        ("u,why,,1 OAK\nu,why,,2 OAK", "unit 'u' stands in line 2 already"),
    ],
)
def test_a_wrong_file_of_corrections_is_refused_with_file_and_line(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "entries.csv"
    path.write_text(f"unit,reason,holders,address\n{row}\n", encoding="utf-8")
    with pytest.raises(InvalidRecord, match=rf"entries.csv:\d: {reason}"):
        sheet.corrections(path)
