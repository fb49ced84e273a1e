"""What an officer does with a network data security incident: record, report, follow up, end and sum it up.

An incident is known by the digest of the paper that says what was known first. Reports go to the authority as papers;
the chain holds their digests and the moments. What it does NOT do: deliver anything to an authority.
Sources: Regulation on Network Data Security Management, article 11; Measures for National Cybersecurity Incident
Reporting, articles 4, 7 and 8.
"""

from __future__ import annotations

from contracts.addresses import INCIDENTS
from contracts.incidents import client
from contracts.incidents.rules import (
    Call,
    Close,
    End,
    FollowUp,
    Incident,
    IncidentState,
    Operator,
    Record,
    Regrade,
    Report,
    Severity,
)
from contracts.parties.client import party_id
from gateway.statute.matter import DIRECTORY, Matter
from gateway.statute.officers import Officer
from gateway.statute.papers import Paper, Papers
from ledger.chain.port import Receipt
from ledger.errors import NotFound

KNOWN = b"incident"
"""Stands for the matter of papers that say what was known of an incident first."""


class Reporting:
    """One incident, as the department's officer reports it."""

    def __init__(self, officer: Officer, id: bytes) -> None:
        self.matter = Matter(officer, INCIDENTS, id)

    def record(self, operator: Operator, severity: Severity, found: int, authority: str) -> Receipt | None:
        """Record that the incident was discovered at a moment."""
        id, named = self.matter.id, party_id(authority)
        call = Record(id, operator, severity, found, named, id)
        said = {"operator": int(operator), "severity": int(severity), "found": found}
        return self._call(call, "IncidentRecorded", authority=named, **said)

    def regrade(self, severity: Severity, words: str) -> Receipt | None:
        """Grade it anew before the first report."""
        call = Regrade(self.matter.id, severity, self._digest(words))
        return self._call(call, "IncidentRegraded", severity=int(severity), content=call.content)

    def report(self, words: str) -> Receipt | None:
        """State that the first report went to the authority."""
        call = Report(self.matter.id, self._digest(words))
        return self._call(call, "IncidentReported", content=call.content)

    def follow_up(self, severity: Severity, words: str) -> Receipt | None:
        """Report what has become known since."""
        call = FollowUp(self.matter.id, severity, self._digest(words))
        return self._call(call, "IncidentFollowed", severity=int(severity), content=call.content)

    def end(self, words: str) -> Receipt | None:
        """State that it is dealt with."""
        call = End(self.matter.id, self._digest(words))
        return self._call(call, "IncidentEnded", content=call.content)

    def close(self, words: str) -> Receipt | None:
        """Hand in the summary."""
        call = Close(self.matter.id, self._digest(words))
        return self._call(call, "IncidentClosed", summary=call.content)

    def incident(self) -> Incident:
        """Read the incident by proof; raises NotFound if the chain knows none of this digest."""
        fact = client.incident_fact(self.matter.id)
        found = client.decode_incident(self.matter.id, self.matter.officer.proven(fact))
        if found.state is IncidentState.UNKNOWN:
            raise NotFound(f"incident: the chain knows none 0x{self.matter.id.hex()[:12]}")
        return found

    def papers(self) -> list[Paper]:
        """Return the papers of all reports so far that are kept here, the first one first."""
        digests = [event.digest("summary" if "summary" in event.args else "content") for event in self.matter.events()]
        found = [self.matter.papers.find(digest) for digest in digests]
        return [paper for paper in found if paper is not None]

    def _call(self, call: Call, event: str, **said: bytes | int) -> Receipt | None:
        return self.matter.change(lambda op_id: client.operation(call, op_id=op_id), event, **said)

    def _digest(self, words: str) -> bytes:
        return self.matter.paper(words).digest


def noted(officer: Officer, words: str) -> Paper:
    """Write down what was known first; its digest is the incident's id."""
    return Papers(officer.config.state / DIRECTORY).of(KNOWN, words)
