# pragma version 0.4.3
# @license Apache-2.0
# @title Applications
# @notice Applications for registration: accepted, then entered in the register, withdrawn or refused.
# @dev An entry consumes its application, so a signed application works once, for one unit and one type of
#      registration. Only Titles and Restrictions enter, and only they change rights: an application changes none.
#      What the papers say stays with the registrar; here is their salted digest.
#      Source: Interim Regulation on Real Estate Registration (2024), articles 3, 15, 17, 20 and 22.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Application:
    registrar: bytes32
    unit: bytes32
    kind: uint256
    papers: bytes32
    accepted: uint256
    due: uint256
    state: uint256

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

event ApplicationAccepted:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    unit: bytes32
    kind: uint256
    papers: bytes32
    due: uint256

event ApplicationEntered:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    late: bool

event ApplicationWithdrawn:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    source: bytes32

event ApplicationRefused:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    ground: uint256
    reason: bytes32

NAME: constant(bytes32) = keccak256("Applications")
CALENDAR: constant(bytes32) = keccak256("Calendar")
TITLES: constant(bytes32) = keccak256("Titles")
RESTRICTIONS: constant(bytes32) = keccak256("Restrictions")

APPLICATION_ACCEPTED: constant(bytes32) = keccak256(
    "ApplicationAccepted(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32,uint256)"
)
APPLICATION_ENTERED: constant(bytes32) = keccak256("ApplicationEntered(bytes32,uint256,uint256,bytes32,bool)")
APPLICATION_WITHDRAWN: constant(bytes32) = keccak256("ApplicationWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)")
APPLICATION_REFUSED: constant(bytes32) = keccak256(
    "ApplicationRefused(bytes32,uint256,uint256,bytes32,uint256,bytes32)"
)

# Types of registration (article 3): 1 first, 2 alteration, 3 transfer, 4 cancellation, 5 correction, 6 objection,
# 7 pre-notice, 8 seizure. A seizure follows a court's order and needs no application.
LAST_KIND: constant(uint256) = 7

# Article 20: thirty working days from acceptance.
DAYS: constant(uint256) = 30
WORKING: constant(uint256) = 1

# Article 22 lists four grounds of refusal.
LAST_GROUND: constant(uint256) = 4

ACCEPTED: constant(uint256) = 1
ENTERED: constant(uint256) = 2
WITHDRAWN: constant(uint256) = 3
REFUSED: constant(uint256) = 4

applications: public(HashMap[bytes32, Application])


@external
def accept(id: bytes32, unit: bytes32, kind: uint256, papers: bytes32):
    """
    @notice Accept an application with complete papers; the registrar's officer.
    @param papers Salted digest of the signed application and what came with it.
    """
    registry._require_open(NAME)
    party: bytes32 = self._registrar()
    assert id != empty(bytes32), "application: id missing"
    assert self.applications[id].state == 0, "application: id used"
    assert unit != empty(bytes32), "application: unit missing"
    assert kind != 0 and kind <= LAST_KIND, "application: type"
    assert papers != empty(bytes32), "application: papers missing"
    due: uint256 = staticcall Calendar(registry._at(CALENDAR)).due(block.timestamp, DAYS, WORKING)
    self.applications[id] = Application(
        registrar=party, unit=unit, kind=kind, papers=papers, accepted=block.timestamp, due=due, state=ACCEPTED
    )
    data: Bytes[224] = abi_encode(journal._next(id), ACCEPTED, party, unit, kind, papers, due)
    journal._record(id, APPLICATION_ACCEPTED, data)


@external
def enter(id: bytes32, registrar: bytes32, unit: bytes32, kind: uint256):
    """
    @notice Consume an application by the entry that it asked for; called by the register's contracts only.
    """
    registry._require_current(NAME)
    assert msg.sender == registry._at(TITLES) or msg.sender == registry._at(RESTRICTIONS), "application: register only"
    entry: Application = self.applications[id]
    assert entry.state != 0, "application: unknown"
    assert entry.registrar == registrar, "application: of another registrar"
    assert entry.state == ACCEPTED, "application: state"
    assert entry.unit == unit, "application: another unit"
    assert entry.kind == kind, "application: another type"
    self.applications[id].state = ENTERED
    late: bool = block.timestamp >= entry.due
    journal._record(id, APPLICATION_ENTERED, abi_encode(journal._next(id), ENTERED, registrar, late))


@external
def withdraw(id: bytes32, source: bytes32):
    """
    @notice Withdraw an application before its entry (article 15).
    @param source Salted digest of the applicants' signed request.
    """
    registry._require_current(NAME)
    party: bytes32 = self._holding(id)
    assert source != empty(bytes32), "application: source missing"
    self.applications[id].state = WITHDRAWN
    journal._record(id, APPLICATION_WITHDRAWN, abi_encode(journal._next(id), WITHDRAWN, party, source))


@external
def refuse(id: bytes32, ground: uint256, reason: bytes32):
    """
    @notice Refuse registration on one of the four grounds of article 22, with reasons.
    """
    registry._require_current(NAME)
    party: bytes32 = self._holding(id)
    assert ground != 0 and ground <= LAST_GROUND, "application: ground missing"
    assert reason != empty(bytes32), "application: reason missing"
    self.applications[id].state = REFUSED
    journal._record(id, APPLICATION_REFUSED, abi_encode(journal._next(id), REFUSED, party, ground, reason))


@internal
@view
def _registrar() -> bytes32:
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    assert registry._serving(party, registry.REGISTRAR), "application: registrar only"
    return party


@internal
@view
def _holding(id: bytes32) -> bytes32:
    """
    @notice The caller's party, if the application is its own and has no end yet.
    """
    party: bytes32 = self._registrar()
    entry: Application = self.applications[id]
    assert entry.state != 0, "application: unknown"
    assert entry.registrar == party, "application: of another registrar"
    assert entry.state == ACCEPTED, "application: state"
    return party
