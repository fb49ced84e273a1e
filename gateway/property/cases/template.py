"""Kinds of cases as data: which papers are handed in, which departments do what, and against which clock.

A user adds a kind of case by writing such a file, without code; one that comes with the program serves as a model. The
chain has the departments and the clock; papers and steps are what the departments' own commands check before they sign.
A step is a document that a department issues, or an entry in the register.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from contracts.applications.rules import RegistrationType
from contracts.cases.rules import MAX_DAYS, MAX_DEPARTMENTS, MAX_SECONDS, ClockUnit
from contracts.document import Document, Table, load, parse
from gateway.property.entering.entry import TYPES, EntryKind
from ledger.errors import InvalidRecord

CLOCKS = {
    "minutes": (60, MAX_SECONDS // 60, ClockUnit.SECONDS),
    "calendar_days": (1, MAX_DAYS, ClockUnit.CALENDAR_DAYS),
    "working_days": (1, MAX_DAYS, ClockUnit.WORKING_DAYS),
}
"""What a file may call its clock: units of the chain in one of it, its bound, and the chain's unit."""


@dataclass(frozen=True, slots=True)
class Paper:
    """Something that the applicants hand in once for all departments; title in zh and en."""

    code: str
    title: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """What one department contributes; registration: the type of the entry, None for a document."""

    code: str
    department: str
    title: tuple[str, str]
    registration: RegistrationType | None


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of case.

    Attributes:
        source: the rule or decision that sets the clock.
        amount, unit: the clock as the chain counts it.
    """

    code: str
    title: tuple[str, str]
    source: str
    amount: int
    unit: ClockUnit
    papers: tuple[Paper, ...]
    steps: tuple[Step, ...]

    @property
    def departments(self) -> tuple[str, ...]:
        """The departments in the order of their first step."""
        return tuple(dict.fromkeys(step.department for step in self.steps))

    def parties(self, named: Mapping[str, str]) -> tuple[str, ...]:
        """Return the codes of the parties that are its departments; who is not named has the department's own code.

        Raises:
            InvalidRecord: a name for a department it does not have, or one party for two departments.
        """
        strange = sorted(set(named) - set(self.departments))
        if strange:
            raise InvalidRecord(f"{self.code}: no department {strange[0]!r}; it has {', '.join(self.departments)}")
        parties = tuple(named.get(department, department) for department in self.departments)
        if len(set(parties)) != len(parties):
            raise InvalidRecord(f"{self.code}: one party cannot be two departments")
        return parties

    def of(self, department: str) -> tuple[Step, ...]:
        """Return the steps of a department, in order; raises InvalidRecord if it has none."""
        found = tuple(step for step in self.steps if step.department == department)
        if not found:
            raise InvalidRecord(f"{self.code}: no department {department!r}; it has {', '.join(self.departments)}")
        return found

    def work(self, department: str, documents: int) -> tuple[RegistrationType, ...]:
        """Return the types of the entries that a department signs for; refuse another number of documents.

        Raises:
            InvalidRecord: it brings another number of documents, or none as its work is in the register.
        """
        steps = self.of(department)
        types = tuple(step.registration for step in steps if step.registration is not None)
        expected = len(steps) - len(types)
        if documents != expected:
            wanted = ", ".join(step.code for step in steps)
            asked = f"{department} brings {wanted}: expected {expected} documents"
            raise InvalidRecord(f"{self.code}: {asked}, got {documents}")
        return types

    def check_papers(self, count: int) -> None:
        """Refuse another number of papers than is to be handed in."""
        if count != len(self.papers):
            wanted = ", ".join(paper.code for paper in self.papers)
            raise InvalidRecord(f"{self.code}: expected {len(self.papers)} papers in this order: {wanted}; got {count}")


def shipped() -> tuple[str, ...]:
    """Name the templates that come with the program."""
    return tuple(sorted(item.name.removesuffix(".toml") for item in _folder().iterdir() if item.name.endswith(".toml")))


def find(name: str) -> Template | None:
    """Return a template by the name of one that comes with the program or by the path of a file; None for neither.

    Raises:
        NotFound: a path without a file.
        InvalidRecord: "file:line: what is wrong".
    """
    if name in shipped():
        return read(_folder().joinpath(f"{name}.toml").read_bytes(), f"{name}.toml")
    if not name.endswith(".toml"):
        return None
    return read(load(Path(name), "template"), Path(name).name)


def read(data: bytes, file: str) -> Template:
    """Read a template; raises InvalidRecord, "file:line: what is wrong"."""
    document = parse(data, file)
    document.only((), ("paper", "step"))
    root = document.root
    root.only(("code", "title", "source"), tuple(CLOCKS))
    amount, unit = _clock(root)
    template = Template(
        root.text("code", 60),
        root.pair("title"),
        root.text("source"),
        amount,
        unit,
        tuple(_paper(table) for table in document.all("paper")),
        tuple(_step(table) for table in document.all("step")),
    )
    _check(document, template)
    return template


def _clock(root: Table) -> tuple[int, ClockUnit]:
    named = [name for name in CLOCKS if name in root.values]
    if len(named) != 1:
        root.refuse(f"expected one of {', '.join(CLOCKS)}, got {len(named)}")
    factor, bound, unit = CLOCKS[named[0]]
    return factor * root.number(named[0], 1, bound), unit


def _paper(table: Table) -> Paper:
    table.only(("code", "title"))
    return Paper(table.text("code", 60), table.pair("title"))


def _step(table: Table) -> Step:
    table.only(("code", "department", "title"), ("registration",))
    kind = None
    if "registration" in table.values:
        text = table.text("registration", 40)
        if text not in tuple(EntryKind):
            table.refuse(f"registration: expected one of {', '.join(EntryKind)}", "registration")
        kind = TYPES[EntryKind(text)]
    return Step(table.text("code", 60), table.text("department", 63), table.pair("title"), kind)


def _check(document: Document, template: Template) -> None:
    for name, found in (("paper", template.papers), ("step", template.steps)):
        if not found:
            document.root.refuse(f"[[{name}]] missing")
        codes = [item.code for item in found]
        for place, code in enumerate(codes):
            if code in codes[:place]:
                document.all(name)[place].refuse(f"code {code!r} appears twice", "code")
    for department in template.departments:
        if len({step.registration is None for step in template.of(department)}) > 1:
            document.root.refuse(f"{department}: its steps are documents or entries in the register, not both")
    if len(template.departments) > MAX_DEPARTMENTS:
        document.root.refuse(f"at most {MAX_DEPARTMENTS} departments")


def _folder() -> resources.abc.Traversable:
    return resources.files("gateway.property.cases")
