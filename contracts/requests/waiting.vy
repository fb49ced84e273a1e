# pragma version 0.4.3
# @license Apache-2.0
# @title Waiting
# @notice What a request is, and until when it waits for its answer. No storage: Regions and Calendar are asked.
# @dev Lengths are taken when the papers come in, so a later change of rules moves no deadline that runs.

from contracts.modules import registry

struct Request:
    asset: bytes32
    owner: bytes32
    requester: bytes32
    category: uint256
    entry: bytes32
    received: uint256
    days: uint256
    unit: uint256
    due: uint256
    extended: bool
    supplemented: bool
    supply: uint256
    state: uint256

struct Limit:
    amount: uint256
    unit: uint256
    minimum: bool

interface Regions:
    def limit(party: bytes32, code: bytes32) -> Limit: view

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

REGIONS: constant(bytes32) = keccak256("Regions")
CALENDAR: constant(bytes32) = keccak256("Calendar")
UNCONDITIONAL_ANSWER: constant(bytes32) = keccak256("answer-unconditional")
CONDITIONAL_ANSWER: constant(bytes32) = keccak256("answer-conditional")
EXTENSION: constant(bytes32) = keccak256("answer-extension")
SUPPLY: constant(bytes32) = keccak256("supply")

# Sharing category of article 14 that is answered in the short limit.
UNCONDITIONAL: constant(uint256) = 1

# States of a request.
RECEIVED: constant(uint256) = 1
INCOMPLETE: constant(uint256) = 2
CONSENTED: constant(uint256) = 3
REFUSED: constant(uint256) = 4
WITHDRAWN: constant(uint256) = 5

# Rules are numbered R01 to R27; R08 says what a request must contain.
LAST_RULE: constant(uint256) = 27
COMPLETENESS: constant(uint256) = 8

# Article 39(4): not answered, or not supplied, in time.
LATE: constant(uint256) = 3904


@internal
@view
def _receive(entry: Request) -> Request:
    """
    @notice The request with its deadline from now on (article 21).
    """
    is_short: bool = entry.category == UNCONDITIONAL
    limit: Limit = self._limit(entry.owner, UNCONDITIONAL_ANSWER if is_short else CONDITIONAL_ANSWER)
    received: Request = entry
    received.received = block.timestamp
    received.days = limit.amount
    received.unit = limit.unit
    received.due = self._due(received)
    received.state = RECEIVED
    return received


@internal
@view
def _extend(entry: Request) -> Request:
    """
    @notice The request with more days, counted from its receipt; once and before its deadline.
    """
    assert entry.state != 0, "request: unknown"
    assert entry.state == RECEIVED, "request: state"
    assert entry.category != UNCONDITIONAL, "request: unconditional (R09)"
    assert not entry.extended, "request: extended once (R10)"
    assert block.timestamp < entry.due, "request: overdue (R10)"
    limit: Limit = self._limit(entry.owner, EXTENSION)
    assert limit.unit == entry.unit, "request: another kind of limit"
    extended: Request = entry
    extended.days += limit.amount
    extended.due = self._due(extended)
    extended.extended = True
    return extended


@internal
@view
def _consent(entry: Request) -> Request:
    """
    @notice The request with a yes, and until when the owner supplies (article 22).
    """
    limit: Limit = self._limit(entry.owner, SUPPLY)
    consented: Request = entry
    consented.supply = staticcall Calendar(registry._at(CALENDAR)).due(block.timestamp, limit.amount, limit.unit)
    consented.state = CONSENTED
    return consented


@internal
@view
def _require_refusable(entry: Request, rule: uint256, reason: bytes32):
    """
    @notice Refuse a no without rule and reasons, or for papers that were not asked for (article 21).
    """
    assert rule != 0 and rule <= LAST_RULE, "request: rule missing (R12)"
    assert rule != COMPLETENESS or entry.supplemented, "request: ask for what is missing (R11)"
    assert reason != empty(bytes32), "request: reason missing (R12)"


@internal
@view
def _breach(entry: Request) -> uint256:
    """
    @notice The breach that an answer now is; zero in time.
    """
    return LATE if block.timestamp >= entry.due else 0


@internal
@view
def _limit(owner: bytes32, code: bytes32) -> Limit:
    """
    @notice The limit that holds where the owner sits, who has to keep it.
    """
    return staticcall Regions(registry._at(REGIONS)).limit(owner, code)


@internal
@view
def _due(entry: Request) -> uint256:
    return staticcall Calendar(registry._at(CALENDAR)).due(entry.received, entry.days, entry.unit)
