"""What an officer does with an action that needs several parties: propose it, agree to it, oppose it.

An action is known by the digest of the paper that says what is to be agreed to, by how many of whom. The contract binds
no id to parties, so whoever holds the paper could propose its digest with others named: nobody agrees to a digest whose
words are not here, or whose words name other parties than the chain does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from contracts.addresses import QUORUMS
from contracts.parties.client import party_id
from contracts.quorums import client
from contracts.quorums.rules import Action, ActionState, Agree, Oppose, Propose, Voice
from gateway.statute.matter import DIRECTORY, Matter
from gateway.statute.officers import Officer
from gateway.statute.papers import Paper, Papers
from ledger.abi import AbiValue
from ledger.chain.port import Receipt
from ledger.errors import Conflict, InvalidRecord, NotFound

ACTIONS = b"quorum"
"""Stands for the matter of papers that say what is to be agreed to."""
_TERMS = re.compile(r"([1-9][0-9]?) of ([a-z0-9-]{1,63}(?:, [a-z0-9-]{1,63}){0,15})")


class Quorum:
    """One action, as one department's officer sees and answers it."""

    def __init__(self, officer: Officer, id: bytes) -> None:
        self.matter = Matter(officer, QUORUMS, id)
        self._party = party_id(officer.party)

    def propose(self, parties: Iterable[str], needed: int, expires: int) -> Receipt | None:
        """Name the parties that must agree, how many of them, and until when.

        Raises:
            Conflict: the action is on chain with other parties or another number.
        """
        named = tuple(sorted(map(party_id, parties)))
        if self._read().state is not ActionState.UNKNOWN:
            if (self.named(), self._read().needed) != (named, needed):
                raise Conflict("quorum: this action names other parties on chain, or another number of them")
            return None
        call = Propose(self.matter.id, self.matter.id, named, needed, expires)
        return self.matter.change(lambda op_id: client.operation(call, op_id=op_id), "ActionProposed")

    def agree(self) -> Receipt | None:
        """Say yes to the words of the action, which must be here."""
        if self.voice(self._party) is Voice.AGREED:
            return None
        self.words()
        return self._answer(Agree(self.matter.id, self.matter.id))

    def oppose(self, reason: str) -> Receipt | None:
        """Say no."""
        if self.voice(self._party) is Voice.OPPOSED:
            return None
        return self._answer(Oppose(self.matter.id, self.matter.paper(reason).digest))

    def words(self) -> Paper:
        """Return what is to be agreed to, and by whom.

        Raises:
            NotFound: it is not here.
            Conflict: the chain names other parties than the words do, or another number of them.
        """
        paper = self.matter.papers.require(self.matter.id, "action")
        found = _TERMS.fullmatch(paper.words.rpartition("\n")[2])
        if found is None:
            raise InvalidRecord("quorum: the words end with no line of how many of whom must agree")
        named = tuple(sorted(party_id(code) for code in found[2].split(", ")))
        if (self.named(), self.action().needed) != (named, int(found[1])):
            raise Conflict("quorum: the chain names other parties than these words, or another number of them")
        return paper

    def action(self) -> Action:
        """Read the action by proof; raises NotFound if the chain knows none of this digest."""
        found = self._read()
        if found.state is ActionState.UNKNOWN:
            raise NotFound(f"quorum: the chain knows no action 0x{self.matter.id.hex()[:12]}")
        return found

    def named(self) -> tuple[bytes, ...]:
        """Return the parties that it names, from its proven history."""
        return tuple(self.matter.events()[0].args["parties"])  # type: ignore[arg-type]

    def voice(self, party: bytes) -> Voice:
        """Read what a party has said, by proof."""
        fact = client.voice_fact(self.matter.id, party)
        return client.decode_voice(self.matter.id, party, self.matter.officer.proven(fact))

    def _answer(self, call: Agree | Oppose) -> Receipt | None:
        said: dict[str, AbiValue] = {"party": self._party, "agrees": isinstance(call, Agree)}
        return self.matter.change(lambda op_id: client.operation(call, op_id=op_id), "ActionAnswered", **said)

    def _read(self) -> Action:
        return client.decode_action(self.matter.id, self.matter.officer.proven(client.action_fact(self.matter.id)))


def worded(officer: Officer, words: str, parties: Iterable[str], needed: int) -> Paper:
    """Write down what is to be agreed to, and by how many of whom; the digest of both is the action's id."""
    terms = f"{needed} of {', '.join(sorted(set(parties)))}"
    if not _TERMS.fullmatch(terms):
        raise InvalidRecord(f"quorum: 1 to 16 codes of parties, and how many of them: {terms[:80]}")
    return Papers(officer.config.state / DIRECTORY).of(ACTIONS, f"{words}\n{terms}")
