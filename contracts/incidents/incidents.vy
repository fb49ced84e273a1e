# pragma version 0.4.3
# @license Apache-2.0
# @title Incidents
# @notice Network data security incidents: recorded, reported within hours, followed up, ended, summed up within 30 days.
# @dev The hours run from the moment of discovery that the reporting party states, never later than its record; those of
#      an incident that was ordinary at first, from when it is found to be more. One that was never more has no limit:
#      the gravest it was ever said to be decides. A late report is taken and marked. Words stay with the parties.
#      Sources: Regulation on Network Data Security Management, article 11; Measures for National Cybersecurity Incident
#      Reporting, articles 4 (one, two or four hours), 7 (what is not known yet is reported later) and 8 (30 days).

from contracts.incidents import hours
from contracts.modules import journal
from contracts.modules import registry

initializes: hours
initializes: journal
exports: (hours.shorter, journal.history, journal.count)

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

struct Incident:
    party: bytes32
    authority: bytes32
    operator: uint256
    severity: uint256
    gravest: uint256
    found: uint256
    due: uint256
    state: uint256

event HoursSet:
    operator: indexed(bytes32)
    n: uint256
    hours: uint256

event IncidentRecorded:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    operator: uint256
    severity: uint256
    found: uint256
    due: uint256
    authority: bytes32
    content: bytes32

event IncidentRegraded:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    severity: uint256
    due: uint256
    content: bytes32

event IncidentReported:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    authority: bytes32
    content: bytes32
    late: uint256

event IncidentFollowed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    severity: uint256
    content: bytes32

event IncidentEnded:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    due: uint256
    content: bytes32

event IncidentClosed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    summary: bytes32
    late: uint256

NAME: constant(bytes32) = keccak256("Incidents")
CALENDAR: constant(bytes32) = keccak256("Calendar")
HOURS_SET: constant(bytes32) = keccak256("HoursSet(bytes32,uint256,uint256)")
INCIDENT_RECORDED: constant(bytes32) = keccak256(
    "IncidentRecorded(bytes32,uint256,uint256,bytes32,uint256,uint256,uint256,uint256,bytes32,bytes32)"
)
INCIDENT_REGRADED: constant(bytes32) = keccak256(
    "IncidentRegraded(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)"
)
INCIDENT_REPORTED: constant(bytes32) = keccak256(
    "IncidentReported(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256)"
)
INCIDENT_FOLLOWED: constant(bytes32) = keccak256("IncidentFollowed(bytes32,uint256,uint256,bytes32,uint256,bytes32)")
INCIDENT_ENDED: constant(bytes32) = keccak256("IncidentEnded(bytes32,uint256,uint256,bytes32,uint256,bytes32)")
INCIDENT_CLOSED: constant(bytes32) = keccak256("IncidentClosed(bytes32,uint256,uint256,bytes32,bytes32,uint256)")

# States of an incident.
RECORDED: constant(uint256) = 1
REPORTED: constant(uint256) = 2
ENDED: constant(uint256) = 3
CLOSED: constant(uint256) = 4

# The summary: calendar days after the end of handling, a last day off rolls forward.
SUMMARY_DAYS: constant(uint256) = 30
CALENDAR_DAYS: constant(uint256) = 2

incidents: public(HashMap[bytes32, Incident])


@external
def set_hours(operator: uint256, amount: uint256):
    """
    @notice Set hours for the first report, at most the national ones. By quorum only.
    """
    assert registry._is_governance(msg.sender), "incident: governance only"
    registry._require_open(NAME)
    hours._set(operator, amount)
    entity: bytes32 = convert(operator, bytes32)
    journal._record(entity, HOURS_SET, abi_encode(journal._next(entity), amount))


@external
def record(id: bytes32, operator: uint256, severity: uint256, found: uint256, authority: bytes32, content: bytes32):
    """
    @notice Record that an incident was discovered; the hours of its first report run from then.
    @param found The moment of discovery, unix seconds, not in the future.
    @param authority To whom it is to be reported.
    @param content Salted digest of what is known.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert convert(id, uint256) > hours.OPERATORS and content != empty(bytes32), "incident: content missing"
    assert self.incidents[id].state == 0, "incident: exists"
    hours._require_operator(operator)
    hours._require_severity(severity)
    assert found != 0 and found <= block.timestamp, "incident: discovered in the future"
    assert registry._serving(authority, registry.AUTHORITY), "incident: no authority"
    due: uint256 = hours._until(operator, severity, found)
    self.incidents[id] = Incident(
        party=party, authority=authority, operator=operator, severity=severity, gravest=severity, found=found, due=due,
        state=RECORDED
    )
    data: Bytes[320] = abi_encode(
        journal._next(id), RECORDED, party, operator, severity, found, due, authority, content
    )
    journal._record(id, INCIDENT_RECORDED, data)


@external
def regrade(id: bytes32, severity: uint256, content: bytes32):
    """
    @notice Grade an incident anew before its first report; what becomes more than ordinary has its hours from now on.
    """
    registry._require_open(NAME)
    party: bytes32 = self._own(id, content)
    entry: Incident = self._at(id, RECORDED)
    hours._require_severity(severity)
    assert entry.severity != severity, "incident: no change"
    due: uint256 = entry.due if entry.due != 0 else hours._until(entry.operator, severity, block.timestamp)
    self._grade(id, severity)
    self.incidents[id].due = due
    data: Bytes[192] = abi_encode(journal._next(id), RECORDED, party, severity, due, content)
    journal._record(id, INCIDENT_REGRADED, data)


@external
def report(id: bytes32, content: bytes32):
    """
    @notice State that the first report went to the authority.
    """
    registry._require_open(NAME)
    party: bytes32 = self._own(id, content)
    entry: Incident = self._at(id, RECORDED)
    self.incidents[id].due = 0
    self.incidents[id].state = REPORTED
    data: Bytes[192] = abi_encode(journal._next(id), REPORTED, party, entry.authority, content, hours._late(entry.due))
    journal._record(id, INCIDENT_REPORTED, data)


@external
def follow_up(id: bytes32, severity: uint256, content: bytes32):
    """
    @notice Report what has become known since, and how severe the incident is by that.
    """
    registry._require_open(NAME)
    party: bytes32 = self._own(id, content)
    self._at(id, REPORTED)
    hours._require_severity(severity)
    self._grade(id, severity)
    journal._record(id, INCIDENT_FOLLOWED, abi_encode(journal._next(id), REPORTED, party, severity, content))


@external
def end(id: bytes32, content: bytes32):
    """
    @notice State that an incident is dealt with; the days of its summary run from now.
    """
    registry._require_open(NAME)
    party: bytes32 = self._own(id, content)
    due: uint256 = 0
    if self._at(id, REPORTED).gravest != hours.ORDINARY:
        due = staticcall Calendar(registry._at(CALENDAR)).due(block.timestamp, SUMMARY_DAYS, CALENDAR_DAYS)
    self.incidents[id].due = due
    self.incidents[id].state = ENDED
    journal._record(id, INCIDENT_ENDED, abi_encode(journal._next(id), ENDED, party, due, content))


@external
def close(id: bytes32, summary: bytes32):
    """
    @notice Hand in the summary: causes, measures, harm, what was learned. Nothing follows.
    """
    registry._require_open(NAME)
    party: bytes32 = self._own(id, summary)
    entry: Incident = self._at(id, ENDED)
    self.incidents[id].state = CLOSED
    journal._record(id, INCIDENT_CLOSED, abi_encode(journal._next(id), CLOSED, party, summary, hours._late(entry.due)))


@internal
def _grade(id: bytes32, severity: uint256):
    self.incidents[id].severity = severity
    self.incidents[id].gravest = min(self.incidents[id].gravest, severity)


@internal
@view
def _own(id: bytes32, content: bytes32) -> bytes32:
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert self.incidents[id].state != 0, "incident: unknown"
    assert self.incidents[id].party == party, "incident: of another party"
    assert content != empty(bytes32), "incident: content missing"
    return party


@internal
@view
def _at(id: bytes32, state: uint256) -> Incident:
    assert self.incidents[id].state == state, "incident: state"
    return self.incidents[id]
