"""What officers do after an authorization is given: supply, sign, object, keep the use ledger, end it, dispute.

Everything is about a case, under the code of its authorization. Words and files go on chain as salted digests only
(``gateway.statute.papers``). A command may be repeated, and does nothing where the chain holds the same already; the
chain keeps no claim, decision or source beside its events, so those are not compared. Nothing here decides: every rule
is the contracts'.
Source: Regulation on Government Data Sharing, articles 22, 25 to 29 and 34.
"""

from __future__ import annotations

from pathlib import Path

from contracts.addresses import DISPUTES, OBJECTIONS, SUPPLIES, TERMINATIONS, USES
from contracts.authorizations.terms import identifier
from contracts.disputes import client as disputes
from contracts.disputes.rules import (
    MAX_LEVELS,
    Decide,
    Dispute,
    DisputeState,
    Escalate,
    Open,
    Rung,
    Settle,
    State,
    next_forum,
)
from contracts.evidence.verify import Examined
from contracts.objections import client as objections
from contracts.objections.rules import Answer, Mark, Object, Objection, ObjectionState, Withdraw, mark
from contracts.parties.client import party_id
from contracts.supplies import client as supplies
from contracts.supplies.rules import Deliver, Delivery, Method, Sign
from contracts.terminations import client as terminations
from contracts.terminations.rules import Announce, File, TerminationState
from contracts.terminations.rules import Answer as Reply
from contracts.uses import client as uses
from contracts.uses.rules import Entry, Give, Inspect, Kind, Record
from gateway.statute.matter import DIRECTORY
from gateway.statute.officers import Officer
from gateway.statute.papers import Paper, Papers, act_matter
from ledger.chain.port import Receipt
from ledger.errors import Conflict, NotFound
from ledger.hashing import tagged


class Proceedings:
    """One department's officer at a case."""

    def __init__(self, officer: Officer, code: str) -> None:
        self.code, self.id = code, identifier(code)
        self._officer, self._papers = officer, Papers(officer.config.state / DIRECTORY)

    def deliver(self, method: Method, content: str, source: str = "") -> Receipt | None:
        """State what was supplied; source: the code under which this party was supplied itself."""
        digest = self.digest("deliver", content)
        mine = (party_id(self._officer.party), int(method))
        for found in self.deliveries():
            if found.content == digest:
                _require_same("delivery", self.code, (found.supplier, int(found.method)), mine)
                return None
        call = Deliver(self.id, method, digest, identifier(source) if source else bytes(32))
        return self._officer.change(SUPPLIES, self.id, "deliver", lambda op_id: supplies.deliver(call, op_id=op_id))

    def sign(self, number: int) -> Receipt | None:
        """Sign for a delivery."""
        found = self.deliveries()
        if number <= len(found) and found[number - 1].signed:
            return None
        call = Sign(self.id, number)
        return self._officer.change(SUPPLIES, self.id, "sign", lambda op_id: supplies.sign(call, op_id=op_id))

    def deliveries(self) -> list[Delivery]:
        """Read all deliveries by proof."""
        count = supplies.decode_numbers(self.id, self._officer.proven(supplies.numbers_fact(self.id)))
        facts = {number: supplies.delivery_fact(self.id, number) for number in range(1, count + 1)}
        return [supplies.decode_delivery(self.id, n, self._officer.proven(fact)) for n, fact in facts.items()]

    def object(self, name: str, fault: str) -> Receipt | None:
        """Report that the data are wrong; the name makes the objection's id."""
        id = self.named(name)
        found = self.objection(name)
        if found.state is not ObjectionState.UNKNOWN:
            _require_same("objection", name, (found.party,), (party_id(self._officer.party),))
            return None
        call = Object(id, self.id, self.digest("object", fault, name))
        return self._officer.change(OBJECTIONS, id, "object", lambda op_id: objections.object_(call, op_id=op_id))

    def answer_objection(self, name: str, reply: str, *, is_corrected: bool) -> Receipt | None:
        """Say what verification found."""
        wanted = ObjectionState.CORRECTED if is_corrected else ObjectionState.CONFIRMED
        if self.objection(name).state is wanted:
            return None
        id, digest = self.named(name), self.digest("answer-objection", reply, name)
        call = Answer(id, is_corrected, digest)
        return self._officer.change(OBJECTIONS, id, "answer", lambda op_id: objections.answer(call, op_id=op_id))

    def withdraw_objection(self, name: str) -> Receipt | None:
        """Take an objection back."""
        if self.objection(name).state is ObjectionState.WITHDRAWN:
            return None
        id, call = self.named(name), Withdraw(self.named(name))
        return self._officer.change(OBJECTIONS, id, "withdraw", lambda op_id: objections.withdraw(call, op_id=op_id))

    def objection(self, name: str) -> Objection:
        """Read an objection by proof."""
        id = self.named(name)
        return objections.decode_objection(id, self._officer.proven(objections.objection_fact(id)))

    def announce_end(self, reason: str) -> Receipt | None:
        """Tell the grantee that the service is to end."""
        if self.termination() is TerminationState.ANNOUNCED:
            return None
        call = Announce(self.id, self.digest("announce-end", reason))
        return self._officer.change(
            TERMINATIONS, self.id, "announce", lambda op_id: terminations.announce(call, op_id=op_id)
        )

    def answer_end(self, word: str, *, agrees: bool) -> Receipt | None:
        """Say, as grantee, whether the service may end."""
        if self.termination() is (TerminationState.AGREED if agrees else TerminationState.OPPOSED):
            return None
        call = Reply(self.id, agrees, self.digest("answer-end", word))
        return self._officer.change(
            TERMINATIONS, self.id, "answer", lambda op_id: terminations.answer(call, op_id=op_id)
        )

    def file_end(self) -> Receipt | None:
        """File the end of the service, as authority."""
        if self.termination() is TerminationState.FILED:
            return None
        call = File(self.id)
        return self._officer.change(TERMINATIONS, self.id, "file", lambda op_id: terminations.file(call, op_id=op_id))

    def termination(self) -> TerminationState:
        """Read how far the end of the service has come, by proof."""
        return terminations.decode_termination(self.id, self._officer.proven(terminations.termination_fact(self.id)))

    def announced(self) -> int:
        """Read the number of the last announced end, by proof; zero if none was."""
        return terminations.decode_announced(self.id, self._officer.proven(terminations.announced_fact(self.id)))

    def dispute(self, name: str, claim: str, *, about_end: bool = False) -> Receipt | None:
        """Begin to negotiate, about the announced end of the service or anything else; the name makes the id."""
        found, ending = self.disputed(name), self.announced() if about_end else 0
        if about_end and not ending:
            raise NotFound(f"authorization {self.code}: no end was announced")
        if found.state is not DisputeState.UNKNOWN:
            _require_same("dispute", name, (found.party, found.ending), (party_id(self._officer.party), ending))
            return None
        id, call = self.named(name), Open(self.named(name), self.id, ending, self.digest("dispute", claim, name))
        return self._officer.change(DISPUTES, id, "open", lambda op_id: disputes.open_(call, op_id=op_id))

    def escalate(self, name: str, reason: str, step: int) -> Receipt | None:
        """Take a dispute to a step.

        Raises:
            Conflict: it is not the next one.
        """
        found = self.disputed(name)
        if found.step >= step:
            return None
        following, _ = next_forum(State(superiors=self._superiors(found.party, found.other)), found)
        if found.state is not DisputeState.UNKNOWN and following != step:
            raise Conflict(f"dispute {name}: the next step is {Rung(following).name.lower()} (R21)")
        id, call = self.named(name), Escalate(self.named(name), self.digest("escalate", reason, name))
        return self._officer.change(DISPUTES, id, "escalate", lambda op_id: disputes.escalate(call, op_id=op_id))

    def settle(self, name: str, terms: str | Paper) -> Receipt | None:
        """Sign a settlement: in words, or as the other party has worded and signed it.

        Raises:
            Conflict: the other party has signed another paper.
        """
        found = self.disputed(name)
        digest = self.digest("settle", terms, name) if isinstance(terms, str) else terms.digest
        if isinstance(terms, Paper):
            if found.terms != digest:
                raise Conflict(f"settlement {name}: the other party has signed another paper, or none")
            self._papers.keep([terms])
        is_mine = found.signed == party_id(self._officer.party) or found.state is DisputeState.SETTLED
        if found.terms == digest and is_mine:
            return None
        id, call = self.named(name), Settle(self.named(name), digest)
        return self._officer.change(DISPUTES, id, "settle", lambda op_id: disputes.settle(call, op_id=op_id))

    def decide(self, name: str, winner: str, decision: str) -> Receipt | None:
        """Decide a dispute, as its forum."""
        found = self.disputed(name)
        if found.state is DisputeState.DECIDED:
            by = (found.forum, found.winner)
            _require_same("decision", name, by, (party_id(self._officer.party), party_id(winner)))
            return None
        id, call = self.named(name), Decide(self.named(name), party_id(winner), self.digest("decide", decision, name))
        return self._officer.change(DISPUTES, id, "decide", lambda op_id: disputes.decide(call, op_id=op_id))

    def disputed(self, name: str) -> Dispute:
        """Read a dispute by proof."""
        id = self.named(name)
        return disputes.decode_dispute(id, self._officer.proven(disputes.dispute_fact(id)))

    def record_use(self, kind: Kind, content: str, store: str, kept_until: int) -> Receipt | None:
        """Enter one record of a use, which a named store keeps."""
        digest = self.digest("record-use", content)
        call = Record(self.id, kind, digest, identifier(store), kept_until)
        for known in self._recorded():
            if known.content == digest:
                _require_same("record", self.code, (known.kind, known.store), (int(kind), call.store))
                return None
        return self._officer.change(USES, self.id, "record", lambda op_id: uses.record(call, op_id=op_id))

    def inspect(self, number: int) -> Receipt:
        """Ask to see a record."""
        call = Inspect(self.id, number)
        return self._officer.change(USES, self.id, f"inspect {number}", lambda op_id: uses.inspect(call, op_id=op_id))

    def give(self, number: int, inspector: str) -> Receipt:
        """State that a record was shown."""
        call = Give(self.id, number, party_id(inspector))
        return self._officer.change(USES, self.id, f"give {number}", lambda op_id: uses.give(call, op_id=op_id))

    def digest(self, act: str, words: str, name: str = "") -> bytes:
        """Return what stands on chain for the words of an act about this case, or about one of its matters."""
        return self._papers.of(self._matter(act, name), words).digest

    def paper(self, act: str, words: str, name: str = "") -> Path:
        """Return where the paper of an act lies."""
        return self._papers.path(self._papers.of(self._matter(act, name), words))

    def named(self, name: str) -> bytes:
        """Return the id of an objection or dispute of this case."""
        return tagged("SHUXIN-MATTER-V1", self.id, name.encode())

    def _matter(self, act: str, name: str) -> bytes:
        return act_matter(self.named(name) if name else self.id, act)

    def _superiors(self, *parties: bytes) -> dict[bytes, bytes]:
        """Read who stands above parties, and above those, by proof."""
        found = dict[bytes, bytes]()
        for party in parties:
            below = party
            for _ in range(MAX_LEVELS):
                if below not in found:
                    found[below] = disputes.decode_superior(below, self._officer.proven(disputes.superior_fact(below)))
                below = found[below]
        return found

    def _recorded(self) -> list[Entry]:
        found, number = list[Entry](), 1
        while (entry := self._entry(number)).kind:
            found.append(entry)
            number += 1
        return found

    def _entry(self, number: int) -> Entry:
        return uses.decode_record(self.id, number, self._officer.proven(uses.record_fact(self.id, number)))


def _require_same(what: str, name: str, found: tuple[object, ...], wanted: tuple[object, ...]) -> None:
    """Refuse to call a command a repetition that asks for something else than the chain holds."""
    if found != wanted:
        raise Conflict(f"{what} {name}: the chain holds another one under this name or content")


def marks(officer: Officer, examined: Examined) -> dict[str, Mark]:
    """Say how a released result stands now, by each asset that went into it: under objection, or corrected since."""
    found = {}
    for source in examined.agreement.question.sources:
        asset = identifier(source.asset)
        pending, corrected = objections.decode_asset(asset, officer.proven(objections.asset_fact(asset)))
        found[source.asset] = mark(pending, corrected, examined.opened)
    return found
