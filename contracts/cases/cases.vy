# pragma version 0.4.3
# @license Apache-2.0
# @title Cases
# @notice One window: papers handed in once, departments that all sign in parallel, one clock for the whole.
# @dev A case is closed only with every signature, late or in time; lateness is marked, not refused, for refusing would
#      help nobody. A template never changes: another clock or another department is another template.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Template:
    authority: bytes32
    amount: uint256
    unit: uint256

struct Case:
    template: bytes32
    opener: bytes32
    papers: bytes32
    opened: uint256
    due: uint256
    signed: uint256
    state: uint256

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

event TemplateDefined:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    amount: uint256
    unit: uint256
    departments: DynArray[bytes32, 16]

event CaseOpened:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    template: bytes32
    papers: bytes32
    due: uint256

event CaseSigned:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    document: bytes32
    late: bool

event CaseRefused:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32

event CaseClosed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    certificate: bytes32
    late: bool

event CaseWithdrawn:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32

NAME: constant(bytes32) = keccak256("Cases")
CALENDAR: constant(bytes32) = keccak256("Calendar")
TEMPLATE_DEFINED: constant(bytes32) = keccak256("TemplateDefined(bytes32,uint256,bytes32,uint256,uint256,bytes32[])")
CASE_OPENED: constant(bytes32) = keccak256("CaseOpened(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256)")
CASE_SIGNED: constant(bytes32) = keccak256("CaseSigned(bytes32,uint256,uint256,bytes32,bytes32,bool)")
CASE_REFUSED: constant(bytes32) = keccak256("CaseRefused(bytes32,uint256,uint256,bytes32,bytes32)")
CASE_CLOSED: constant(bytes32) = keccak256("CaseClosed(bytes32,uint256,uint256,bytes32,bytes32,bool)")
CASE_WITHDRAWN: constant(bytes32) = keccak256("CaseWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)")

# How a clock counts: working days, calendar days, seconds.
SECONDS: constant(uint256) = 3
MAX_SECONDS: constant(uint256) = 366 * 86400
MAX_DAYS: constant(uint256) = 250

OPEN: constant(uint256) = 1
CLOSED: constant(uint256) = 2
REFUSED: constant(uint256) = 3
WITHDRAWN: constant(uint256) = 4

templates: public(HashMap[bytes32, Template])
departments: HashMap[bytes32, DynArray[bytes32, 16]]
cases: public(HashMap[bytes32, Case])


@external
@view
def overdue(id: bytes32) -> bool:
    """
    @notice Whether a case is open beyond its time.
    """
    return self.cases[id].state == OPEN and block.timestamp >= self.cases[id].due


@external
def define(id: bytes32, departments: DynArray[bytes32, 16], amount: uint256, unit: uint256):
    """
    @notice Say once which departments sign a kind of case, and in which time; the authority's officer.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.AUTHORITY), "case: authority only"
    assert id != empty(bytes32), "case: id missing"
    assert self.templates[id].unit == 0, "case: template exists"
    assert len(departments) != 0, "case: no department"
    before: uint256 = 0
    for department: bytes32 in departments:
        number: uint256 = convert(department, uint256)
        assert number > before, "case: departments in ascending order"
        before = number
    assert unit != 0 and unit <= SECONDS, "case: unit"
    assert amount != 0 and amount <= (MAX_SECONDS if unit == SECONDS else MAX_DAYS), "case: time"
    self.templates[id] = Template(authority=party, amount=amount, unit=unit)
    self.departments[id] = departments
    data: Bytes[736] = abi_encode(journal._next(id), party, amount, unit, departments)
    journal._record(id, TEMPLATE_DEFINED, data)


@external
def open(id: bytes32, template: bytes32, papers: bytes32):
    """
    @notice Begin a case with all papers; an officer of one of its departments, the window.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    assert id != empty(bytes32), "case: id missing"
    assert self.cases[id].state == 0, "case: id used"
    known: Template = self.templates[template]
    assert known.unit != 0, "case: no such template"
    self._place(template, party)
    assert papers != empty(bytes32), "case: papers missing"
    # One second more: whoever acts in the last second is in time.
    due: uint256 = block.timestamp + known.amount + 1
    if known.unit != SECONDS:
        due = staticcall Calendar(registry._at(CALENDAR)).due(block.timestamp, known.amount, known.unit)
    self.cases[id] = Case(
        template=template, opener=party, papers=papers, opened=block.timestamp, due=due, signed=0, state=OPEN
    )
    journal._record(id, CASE_OPENED, abi_encode(journal._next(id), OPEN, party, template, papers, due))


@external
def sign(id: bytes32, document: bytes32):
    """
    @notice Sign for one's department, once.
    @param document Salted digest of what the department issues: an approval, a paid bill.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    entry: Case = self._going(id)
    bit: uint256 = 1 << self._place(entry.template, party)
    assert entry.signed & bit == 0, "case: signed already"
    assert document != empty(bytes32), "case: document missing"
    self.cases[id].signed = entry.signed | bit
    late: bool = block.timestamp >= entry.due
    journal._record(id, CASE_SIGNED, abi_encode(journal._next(id), OPEN, party, document, late))


@external
def refuse(id: bytes32, reason: bytes32):
    """
    @notice Say no for one's department, with reasons. Ends the case; a new one takes new papers.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Case = self._going(id)
    self._place(entry.template, party)
    assert reason != empty(bytes32), "case: reason missing"
    self.cases[id].state = REFUSED
    journal._record(id, CASE_REFUSED, abi_encode(journal._next(id), REFUSED, party, reason))


@external
def close(id: bytes32, certificate: bytes32):
    """
    @notice Hand out the result, after every department has signed; the window that opened the case.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    entry: Case = self._going(id)
    assert entry.opener == party, "case: of another window"
    assert entry.signed == (1 << len(self.departments[entry.template])) - 1, "case: signatures missing"
    assert certificate != empty(bytes32), "case: certificate missing"
    self.cases[id].state = CLOSED
    late: bool = block.timestamp >= entry.due
    journal._record(id, CASE_CLOSED, abi_encode(journal._next(id), CLOSED, party, certificate, late))


@external
def withdraw(id: bytes32, reason: bytes32):
    """
    @notice Take a case back at the applicants' wish; the window that opened it.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Case = self._going(id)
    assert entry.opener == party, "case: of another window"
    assert reason != empty(bytes32), "case: reason missing"
    self.cases[id].state = WITHDRAWN
    journal._record(id, CASE_WITHDRAWN, abi_encode(journal._next(id), WITHDRAWN, party, reason))


@internal
@view
def _going(id: bytes32) -> Case:
    entry: Case = self.cases[id]
    assert entry.state != 0, "case: unknown"
    assert entry.state == OPEN, "case: state"
    return entry


@internal
@view
def _place(template: bytes32, party: bytes32) -> uint256:
    """
    @notice The place of a party among a template's departments; refuses anybody else.
    """
    place: uint256 = 0
    for department: bytes32 in self.departments[template]:
        if department == party:
            return place
        place += 1
    raise "case: not a department of it"
