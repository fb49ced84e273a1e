"""What officers do without a request: have data flow back, keep the catalogue up to date, find and correct breaches.

Words go on chain as salted digests only (``gateway.statute.papers``). A command may be repeated, and does nothing where
the chain holds the same already. Nothing here decides: every rule is the contracts'.
Source: Regulation on Government Data Sharing, articles 17, 24 and 39 to 41.
"""

from __future__ import annotations

from pathlib import Path

from contracts.addresses import BREACHES, RETURNS, REVISIONS
from contracts.authorizations.terms import Terms, identifier
from contracts.breaches import client as breaches
from contracts.breaches.rules import Breach, BreachState, Close, Correct, Find
from contracts.parties.client import party_id
from contracts.regulation.client import jurisdiction_id
from contracts.regulation.reader import national
from contracts.regulation.rule_set import BREACH_ITEMS, breach_number
from contracts.returns import client as returns
from contracts.returns.rules import Gather
from contracts.revisions import client as revisions
from contracts.revisions.rules import Call as RevisionCall
from contracts.revisions.rules import Extend, GiveBack, HandOver, Notice, Publish, Revision, RevisionState
from gateway.statute.matter import DIRECTORY
from gateway.statute.officers import Officer
from gateway.statute.papers import Papers, act_matter
from gateway.statute.sharing.requesting import claim_back
from ledger.chain.port import Receipt
from ledger.errors import Conflict, InvalidRecord
from ledger.hashing import tagged


class Duties:
    """One department's officer."""

    def __init__(self, officer: Officer) -> None:
        self._officer, self._papers = officer, Papers(officer.config.state / DIRECTORY)

    def gather(self, asset: str, region: str) -> Receipt | None:
        """State that an asset holds data of a region below its owner's."""
        call = Gather(identifier(asset), jurisdiction_id(region))
        fact = returns.gathered_fact(call.asset, call.region)
        if returns.decode_gathered(call.asset, call.region, self._officer.proven(fact)):
            return None
        return self._officer.change(
            RETURNS, call.asset, f"gather {region}", lambda op_id: returns.gather(call, op_id=op_id)
        )

    def claim(self, terms: Terms, region: str, code: str) -> Receipt | None:
        """Have a region's data flow back on these terms.

        Raises:
            AwaitingHead: the head of this party's sharing body has not agreed yet.
            Conflict: an authorization of this code exists, with other terms.
        """
        held = self._officer.granted(code)
        if held is not None:
            if held.terms != terms.digest:
                raise Conflict(f"return {code}: claimed already, and not on these terms; claim under another --code")
            return None
        return self._officer.act(claim_back(terms, region, code))

    def return_due(self, code: str) -> int:
        """Read until when a claimed return is supplied in time, by proof; 0 if nothing was claimed."""
        id = identifier(code)
        return returns.decode_due(id, self._officer.proven(returns.due_fact(id)))

    def notice(self, asset: str, cause: str, changed: int) -> Receipt | None:
        """State that a change, at a moment, made an entry outdated."""
        found = self.revision(asset)
        if found.state is RevisionState.OUTDATED and found.changed == changed:
            return None
        return self._revise(Notice(identifier(asset), self._digest(identifier(asset), "notice", cause), changed))

    def extend(self, asset: str, reason: str) -> Receipt | None:
        """Give the owner more time, as authority."""
        found = self.revision(asset)
        if found.state is RevisionState.OUTDATED and found.extended:
            return None
        return self._revise(Extend(identifier(asset), self._digest(identifier(asset), "extend", reason)))

    def hand_over(self, asset: str, authority: str) -> Receipt | None:
        """Hand the entry now in force to an authority."""
        found = self.revision(asset)
        if found.state is RevisionState.HANDED_OVER and found.authority == party_id(authority):
            return None
        return self._revise(HandOver(identifier(asset), party_id(authority)))

    def publish(self, asset: str) -> Receipt | None:
        """Publish what was handed over."""
        if self.revision(asset).state is RevisionState.PUBLISHED:
            return None
        return self._revise(Publish(identifier(asset)))

    def give_back(self, asset: str, reason: str) -> Receipt:
        """Give it back with what review found."""
        return self._revise(GiveBack(identifier(asset), self._digest(identifier(asset), "give-back", reason)))

    def revision(self, asset: str) -> Revision:
        """Read the revision of an entry by proof."""
        id = identifier(asset)
        return revisions.decode_revision(id, self._officer.proven(revisions.revision_fact(id)))

    def find(self, name: str, accused: str, item: str, rule: str, about: str, words: str, due: int) -> Receipt | None:
        """Find a breach under a name, as authority.

        Raises:
            InvalidRecord: the rule names no such item, and it is not the last of its list, which is for all others.
            Conflict: another finding has this name.
        """
        number, named = breach_number(item), national().rule(rule)
        if item not in named.breaches and number % 100 != BREACH_ITEMS[number // 100]:
            told = ", ".join(named.breaches) or "none"
            raise InvalidRecord(f"breach: {rule} names the items {told}, not {item}")
        id, held = breach_id(name), self.breach(name)
        if held.state:
            if (held.accused, held.item) != (party_id(accused), number):
                raise Conflict(f"breach {name}: the chain holds another one under this name")
            return None
        digest, subject = self._digest(id, "find", words), identifier(about) if about else bytes(32)
        call = Find(id, party_id(accused), number, int(rule[1:]), subject, digest, due)
        return self._officer.change(BREACHES, id, "find", lambda op_id: breaches.operation(call, op_id=op_id))

    def correct(self, name: str, report: str) -> Receipt | None:
        """Report, as the accused, what was done."""
        if self.breach(name).state in (BreachState.CORRECTED, BreachState.CLOSED):
            return None
        id = breach_id(name)
        call = Correct(id, self._digest(id, "correct", report))
        return self._officer.change(BREACHES, id, "correct", lambda op_id: breaches.operation(call, op_id=op_id))

    def close(self, name: str, outcome: str, *, is_lifted: bool) -> Receipt | None:
        """End the case, as the authority that found it."""
        if self.breach(name).state is (BreachState.LIFTED if is_lifted else BreachState.CLOSED):
            return None
        id = breach_id(name)
        call = Close(id, is_lifted, self._digest(id, "close", outcome))
        return self._officer.change(BREACHES, id, "close", lambda op_id: breaches.operation(call, op_id=op_id))

    def breach(self, name: str) -> Breach:
        """Read a breach by proof."""
        id = breach_id(name)
        return breaches.decode_breach(id, self._officer.proven(breaches.breach_fact(id)))

    def paper(self, entity: bytes, act: str, words: str) -> Path:
        """Return where the paper of an act lies."""
        return self._papers.path(self._papers.of(act_matter(entity, act), words))

    def _revise(self, call: RevisionCall) -> Receipt:
        method = revisions.METHODS[type(call)]
        return self._officer.change(REVISIONS, call.asset, method, lambda op_id: revisions.operation(call, op_id=op_id))

    def _digest(self, entity: bytes, act: str, words: str) -> bytes:
        return self._papers.of(act_matter(entity, act), words).digest


def breach_id(name: str) -> bytes:
    """Return the id of a breach, known to all by its name."""
    return tagged("SHUXIN-BREACH-V1", name.encode())
