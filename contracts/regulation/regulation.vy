# pragma version 0.4.3
# @license Apache-2.0
# @title Regulation
# @notice The rule sets in force: digest, version and limits of each jurisdiction, and when a limit ends.
# @dev The national rule set bounds all others: a limit that must not be longer stays at most as long, one that must not
#      be shorter at least as long, also when the national value changes later. Limits of all versions stay readable.
#      What a rule set says in words stands in its file; here stand its digest and the numbers other contracts need.
#      Source: Regulation on Government Data Sharing (State Council Decree No. 809), articles 17, 21, 22, 26 and 29.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

struct RuleSet:
    version: uint256
    digest: bytes32
    since: uint256

struct Limit:
    amount: uint256
    unit: uint256
    minimum: bool

struct Entry:
    code: bytes32
    amount: uint256
    unit: uint256
    minimum: bool

event RulesSet:
    jurisdiction: indexed(bytes32)
    n: uint256
    version: uint256
    digest: bytes32
    limits: uint256
    limits_digest: bytes32

NAME: constant(bytes32) = keccak256("Regulation")
CALENDAR: constant(bytes32) = keccak256("Calendar")
NATIONAL: constant(bytes32) = keccak256("national")
RULES_SET: constant(bytes32) = keccak256("RulesSet(bytes32,uint256,uint256,bytes32,uint256,bytes32)")

# Units of a limit: 1 working days, 2 calendar days, 3 years.
YEARS: constant(uint256) = 3
MAX_AMOUNT: constant(uint256) = 250
# The statute has eight limits; a decision of Governance carries at most 4,096 bytes.
MAX_LIMITS: constant(uint256) = 24

rule_sets: public(HashMap[bytes32, RuleSet])
limits: HashMap[bytes32, HashMap[uint256, HashMap[bytes32, Limit]]]


@external
@view
def limit(jurisdiction: bytes32, code: bytes32) -> Limit:
    """
    @notice The limit that holds in a jurisdiction now: its own where it has one, never looser than the national one.
    """
    return self._limit(jurisdiction, code)


@external
@view
def limit_at(jurisdiction: bytes32, version: uint256, code: bytes32) -> Limit:
    """
    @notice A limit as one version of a rule set states it; zeros if it states none.
    """
    return self.limits[jurisdiction][version][code]


@external
@view
def due(jurisdiction: bytes32, code: bytes32, start: uint256) -> uint256:
    """
    @notice The moment a limit that began at start ends: whoever acts at it or later is late.
    """
    limit: Limit = self._limit(jurisdiction, code)
    assert not limit.minimum, "regulation: no deadline"
    return staticcall Calendar(registry._at(CALENDAR)).due(start, limit.amount, limit.unit)


@external
def set_rules(jurisdiction: bytes32, digest: bytes32, limits: DynArray[Entry, MAX_LIMITS]):
    """
    @notice Put the next version of a rule set in force. By quorum only.
    @param digest Of the rule set's file.
    @param limits Of the national rule set all, of any other those that differ.
    """
    assert registry._is_governance(msg.sender), "regulation: governance only"
    registry._require_open(NAME)
    assert jurisdiction != empty(bytes32), "regulation: jurisdiction missing"
    assert digest != empty(bytes32), "regulation: digest missing"
    held: RuleSet = self.rule_sets[jurisdiction]
    assert digest != held.digest, "regulation: no change"
    national: uint256 = self.rule_sets[NATIONAL].version
    assert jurisdiction == NATIONAL or national != 0, "regulation: national rules missing"
    assert jurisdiction != NATIONAL or len(limits) != 0, "regulation: limits missing"
    version: uint256 = held.version + 1
    for entry: Entry in limits:
        assert entry.code != empty(bytes32), "regulation: code missing"
        assert entry.unit != 0 and entry.unit <= YEARS, "regulation: unit"
        assert entry.amount != 0 and entry.amount <= MAX_AMOUNT, "regulation: amount"
        assert entry.minimum or entry.unit != YEARS, "regulation: unit"
        assert self.limits[jurisdiction][version][entry.code].amount == 0, "regulation: limit twice"
        if jurisdiction != NATIONAL:
            self._require_no_looser(entry, self.limits[NATIONAL][national][entry.code])
        self.limits[jurisdiction][version][entry.code] = Limit(
            amount=entry.amount, unit=entry.unit, minimum=entry.minimum
        )
    self.rule_sets[jurisdiction] = RuleSet(version=version, digest=digest, since=block.timestamp)
    journal._record(
        jurisdiction,
        RULES_SET,
        abi_encode(journal._next(jurisdiction), version, digest, len(limits), keccak256(abi_encode(limits))),
    )


@internal
@view
def _limit(jurisdiction: bytes32, code: bytes32) -> Limit:
    """
    @notice The limit in force, bounded by the national one of this moment.
    """
    national: Limit = self.limits[NATIONAL][self.rule_sets[NATIONAL].version][code]
    assert national.amount != 0, "regulation: unknown limit"
    own: Limit = self.limits[jurisdiction][self.rule_sets[jurisdiction].version][code]
    # A national rule set that changed unit or kind since leaves the older local limit without a meaning.
    if own.amount == 0 or own.unit != national.unit or own.minimum != national.minimum:
        return national
    if own.minimum:
        national.amount = max(own.amount, national.amount)
    else:
        national.amount = min(own.amount, national.amount)
    return national


@internal
@pure
def _require_no_looser(entry: Entry, national: Limit):
    """
    @notice Refuse a local limit that the national rule set does not know, counts otherwise, or is stricter than.
    """
    assert national.amount != 0, "regulation: unknown limit"
    assert entry.unit == national.unit and entry.minimum == national.minimum, "regulation: another kind of limit"
    assert entry.amount >= national.amount or not entry.minimum, "regulation: looser than national"
    assert entry.amount <= national.amount or entry.minimum, "regulation: looser than national"
