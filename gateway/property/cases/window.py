"""One window: an officer's part in cases, and where the time of a case went.

A case and a template have codes for people; their ids are digests of them. Papers and documents stay with the
departments; the chain has salted digests of them, which papers open (``gateway.statute.papers``). A department whose
work is in the register signs for its entries by their ids, so that anybody who knows those can check. A command may be
repeated: what the chain holds already, with the same papers and words, is not done again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contracts.addresses import CASES
from contracts.applications.rules import RegistrationType
from contracts.artefacts import interfaces
from contracts.cases import client
from contracts.cases.replay import Act, Replay, act_of, replay
from contracts.cases.rules import Call, Case, CaseState, ClockUnit, Close, Define, Open, Refuse, Sign, Withdraw
from contracts.parties.client import party_id
from gateway.property.cases.entered import Entries, Taken, require_types, taken
from gateway.statute.officers import Officer
from gateway.statute.papers import Papers, act_matter, words_of
from ledger.abi import AbiValue
from ledger.chain.port import Receipt
from ledger.errors import Conflict, InvalidRecord, NotFound
from ledger.hashing import tagged


@dataclass(frozen=True, slots=True)
class Told:
    """A case with where its time went; departments by their codes, as the template's definition has them.

    Attributes:
        entries: how long each entry took that a department signed for, if asked.
    """

    case: Case
    replay: Replay
    names: Mapping[bytes, str]
    entries: tuple[Taken, ...] = ()

    def name(self, party: bytes) -> str:
        return self.names.get(party, party.hex()[:16])


def case_id(code: str) -> bytes:
    """Return a case's id on chain."""
    return tagged("SHUXIN-CASE-V1", code.encode())


def template_id(code: str) -> bytes:
    """Return a template's id on chain."""
    return tagged("SHUXIN-CASE-TEMPLATE-V1", code.encode())


def entries_digest(entries: Entries, code: str) -> bytes:
    """Return the digest by which a department signs for entries in the register."""
    return tagged("SHUXIN-CASE-PAPERS-V1", code.encode(), *entries.ids)


class Window:
    """One department's officer at the window."""

    def __init__(self, officer: Officer, papers: Papers) -> None:
        self._officer, self._me, self._papers = officer, party_id(officer.party), papers

    def define(self, code: str, departments: Sequence[str], amount: int, unit: ClockUnit) -> Receipt | None:
        """Say which departments sign a kind of case, and in which time; by the authority, once."""
        call = Define(template_id(code), tuple(sorted(map(party_id, departments))), amount, int(unit))
        for _, values in self._events(call.id):
            found = tuple(values[key] for key in ("party", "departments", "amount", "unit"))
            _require_same(f"template {code}", found, (self._me, call.departments, call.amount, call.unit))
            return None
        return self._change(call)

    def open(self, code: str, template: str, papers: Sequence[Path]) -> Receipt | None:
        """Begin a case with all of its papers."""
        call, found = Open(case_id(code), template_id(template), self._files(code, "open", papers)), self.case(code)
        if found.state is CaseState.UNKNOWN:
            return self._change(call)
        _require_same(
            f"case {code}", (found.opener, found.template, found.papers), (self._me, call.template, call.papers)
        )
        return None

    def sign(self, code: str, documents: Sequence[Path]) -> Receipt | None:
        """Sign for one's department, with what it issues."""
        return self._sign(code, self._files(code, "sign", documents))

    def sign_entries(self, code: str, entries: Entries, types: Sequence[RegistrationType] = ()) -> Receipt | None:
        """Sign for one's department with entries in the register.

        Args:
            types: which the entries have to be of, in order; not looked at if there are none.
        Raises:
            Conflict: one is not entered, or of another type.
        """
        found = taken(self._officer, entries)
        if types:
            require_types(found, types)
        return self._sign(code, entries_digest(entries, code))

    def refuse(self, code: str, reason: str) -> Receipt | None:
        """Say no for one's department, with reasons."""
        call = Refuse(case_id(code), self._digest(code, "refuse", reason))
        return self._once(code, call, "CaseRefused", "reason", call.reason)

    def withdraw(self, code: str, reason: str) -> Receipt | None:
        """Take a case back at the applicants' wish."""
        call = Withdraw(case_id(code), self._digest(code, "withdraw", reason))
        return self._once(code, call, "CaseWithdrawn", "reason", call.reason)

    def close(self, code: str, certificate: Path) -> Receipt | None:
        """Hand out the certificate after every signature."""
        call = Close(case_id(code), self._files(code, "close", [certificate]))
        return self._once(code, call, "CaseClosed", "certificate", call.certificate)

    def case(self, code: str) -> Case:
        """Read a case by proof; its state is UNKNOWN if there is none."""
        id = case_id(code)
        return client.decode_case(id, self._officer.proven(client.case_fact(id)))

    def acts(self, code: str) -> list[Act]:
        """Return all that happened in a case, complete and in order, each at the time of its sealed block."""
        interface = interfaces()[CASES]
        found = []
        for event in self._officer.history(CASES, case_id(code)):
            name, values = interface.decode_event(event.log)
            found.append(act_of(name, tuple(values.values())[1:], event.header.timestamp))
        return found

    def told(self, code: str, now: int, codes: Sequence[str] = (), entries: Entries | None = None) -> Told:
        """Say where the time of a case went.

        Args:
            codes: of parties, to name departments by; the chain has digests of them.
            entries: that a department signed for, to say how long each took.
        Raises:
            NotFound: there is no such case.
            Conflict: no department signed for exactly these entries.
        """
        case = self.case(code)
        if case.state is CaseState.UNKNOWN:
            raise NotFound(f"case {code}: there is none of this code")
        [(_, values)] = self._events(case.template)
        listed = values["departments"]
        departments = [part for part in listed if isinstance(part, bytes)] if isinstance(listed, tuple) else []
        names = {party_id(name): name for name in codes}
        where = replay(self.acts(code), departments, case.due, now)
        return Told(case, where, names, self._taken(code, entries) if entries else ())

    def _files(self, code: str, act: str, files: Sequence[Path]) -> bytes:
        """Return what stands on chain for files; raises NotFound, InvalidRecord."""
        if not files:
            raise InvalidRecord("case: name at least one file")
        return self._digest(code, act, "\n".join(map(words_of, files)))

    def _digest(self, code: str, act: str, words: str) -> bytes:
        return self._papers.of(act_matter(case_id(code), act), words).digest

    def _taken(self, code: str, entries: Entries) -> tuple[Taken, ...]:
        signed = {values["document"] for name, values in self._events(case_id(code)) if name == "CaseSigned"}
        if entries_digest(entries, code) not in signed:
            raise Conflict(f"case {code}: no department has signed for exactly these entries in this order")
        return taken(self._officer, entries)

    def _sign(self, code: str, document: bytes) -> Receipt | None:
        return self._once(code, Sign(case_id(code), document), "CaseSigned", "document", document)

    def _once(self, code: str, call: Call, event: str, word: str, brought: bytes) -> Receipt | None:
        """Make a call unless this department made it before; raises Conflict if it then brought something else."""
        for name, values in self._events(call.id):
            if name == event and values["party"] == self._me:
                _require_same(f"case {code}", (values[word],), (brought,))
                return None
        return self._change(call)

    def _events(self, id: bytes) -> list[tuple[str, dict[str, AbiValue]]]:
        """Return what happened to a case or template, complete and in order, by its proven history."""
        return [interfaces()[CASES].decode_event(event.log) for event in self._officer.history(CASES, id)]

    def _change(self, call: Call) -> Receipt:
        name = type(call).__name__.lower()
        return self._officer.change(CASES, call.id, name, lambda op_id: client.operation(call, op_id=op_id))


def _require_same(what: str, found: tuple[AbiValue, ...], wanted: tuple[AbiValue, ...]) -> None:
    """Refuse to call a command a repetition that asks for something else than the chain holds."""
    if found != wanted:
        raise Conflict(f"{what}: the chain holds it with other papers, words or parties")
