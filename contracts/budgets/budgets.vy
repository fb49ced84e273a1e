# pragma version 0.4.3
# @license Apache-2.0
# @title Budgets
# @notice What each asset's releases have cost in privacy, may still cost, and who said so. Amounts in micro-rho of zCDP.
# @dev Beside Jobs, which knows nothing of it: nodes send no message of a protocol, and open nothing, before the
#      reservations of all assets of the attempt are proven here. "On all signatures" is taken as what Jobs needs: its
#      abort or refusal by one member ends an attempt for everybody, and each owner announces its opening there before a
#      share leaves it, so an attempt that ended without one has opened nothing; no further signatures are asked for.
#      All changes of an asset's pots, whichever period or class, form one history, that of the asset.

from contracts.budgets import attempts
from contracts.budgets import limits
from contracts.budgets import funds
from contracts.budgets import holds
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
initializes: funds
initializes: limits[funds := funds]
initializes: holds[funds := funds]
exports: (journal.history, journal.count, funds.pots, funds.rates, funds.windows, limits.proposals, holds.reservations)

event LimitProposed:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    pot: bytes32
    length: uint256
    limit: uint256
    officer: address

event LimitRaised:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    pot: bytes32
    length: uint256
    limit: uint256
    proposer: address
    officer: address

event LimitLowered:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    pot: bytes32
    length: uint256
    limit: uint256
    officer: address

event BudgetReserved:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    job: bytes32
    attempt: uint256
    period: bytes32
    mode: uint256
    amount: uint256
    side: uint256
    recipient_class: bytes32
    window: bytes32

event BudgetConsumed:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    job: bytes32
    attempt: uint256
    spent: uint256

event BudgetSettled:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    job: bytes32
    attempt: uint256
    spent: uint256

event BudgetRefunded:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    job: bytes32
    attempt: uint256
    spent: uint256
    begun: bool

event ClassAssigned:
    classes: indexed(bytes32)
    n: uint256
    party: bytes32
    recipient_class: bytes32

NAME: constant(bytes32) = keccak256("Budgets")
# The one entity whose history is that of the partition.
CLASSES: constant(bytes32) = keccak256("recipient classes")

LIMIT_PROPOSED: constant(bytes32) = keccak256("LimitProposed(bytes32,uint256,bytes32,bytes32,uint256,uint256,address)")
LIMIT_RAISED: constant(bytes32) = keccak256(
    "LimitRaised(bytes32,uint256,bytes32,bytes32,uint256,uint256,address,address)"
)
LIMIT_LOWERED: constant(bytes32) = keccak256("LimitLowered(bytes32,uint256,bytes32,bytes32,uint256,uint256,address)")
BUDGET_RESERVED: constant(bytes32) = keccak256(
    "BudgetReserved(bytes32,uint256,bytes32,bytes32,uint256,bytes32,uint256,uint256,uint256,bytes32,bytes32)"
)
BUDGET_CONSUMED: constant(bytes32) = keccak256("BudgetConsumed(bytes32,uint256,bytes32,bytes32,uint256,uint256)")
BUDGET_SETTLED: constant(bytes32) = keccak256("BudgetSettled(bytes32,uint256,bytes32,bytes32,uint256,uint256)")
BUDGET_REFUNDED: constant(bytes32) = keccak256("BudgetRefunded(bytes32,uint256,bytes32,bytes32,uint256,uint256,bool)")
CLASS_ASSIGNED: constant(bytes32) = keccak256("ClassAssigned(bytes32,uint256,bytes32,bytes32)")

# Of recipients; all are in class zero, taken to pool what they learn, unless Governance says otherwise.
classes: public(HashMap[bytes32, bytes32])


@external
def propose(asset: bytes32, pot: bytes32, length: uint256, limit: uint256):
    """
    @notice Propose to raise a limit of an asset of the caller's party.
    @param pot With length 0 the data period of a lifetime pot, otherwise the class of recipients of a rate.
    @param length Seconds of a rate's windows; 0 for a lifetime pot.
    """
    registry._require_open(NAME)
    party: bytes32 = limits._propose(asset, pot, length, limit)
    journal._record(asset, LIMIT_PROPOSED, abi_encode(journal._next(asset), party, pot, length, limit, msg.sender))


@external
def confirm(asset: bytes32, pot: bytes32, length: uint256, limit: uint256):
    """
    @notice Raise a limit as another officer of the same party has proposed it.
    """
    registry._require_open(NAME)
    party: bytes32 = empty(bytes32)
    proposer: address = empty(address)
    party, proposer = limits._confirm(asset, pot, length, limit)
    journal._record(
        asset, LIMIT_RAISED, abi_encode(journal._next(asset), party, pot, length, limit, proposer, msg.sender)
    )


@external
def lower(asset: bytes32, pot: bytes32, length: uint256, limit: uint256):
    """
    @notice Lower a limit, or keep it, and withdraw what is proposed for it. Also while paused.
    """
    registry._require_current(NAME)
    party: bytes32 = limits._lower(asset, pot, length, limit)
    journal._record(asset, LIMIT_LOWERED, abi_encode(journal._next(asset), party, pot, length, limit, msg.sender))


@external
def reserve(
    job: bytes32, attempt: uint256, asset: bytes32, period: bytes32, mode: uint256, amount: uint256, side: uint256
):
    """
    @notice Promise what an attempt costs an asset; by its owner's node, when all have accepted and nobody opened.
    @dev The same call again does nothing. The first reservation fixes the mode of the data period, for ever once
         something may have been shown.
    @param mode 1 exact, 2 private: whether the released figures carry noise.
    @param side The part of amount that the protocol shows to a party before any opening; never refunded once begun.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_NODE)
    wanted: holds.Reservation = holds.Reservation(
        period=period, mode=mode, amount=amount, side=side, window=empty(bytes32), state=holds.RESERVED
    )
    holds._require_sound(wanted)
    recipient: bytes32 = attempts._require_supplied(job, attempt, party, asset)
    if holds._is_held(job, attempt, asset, wanted):
        return
    recipient_class: bytes32 = self.classes[recipient]
    window: bytes32 = holds._reserve(job, attempt, asset, recipient_class, wanted)
    journal._record(asset, BUDGET_RESERVED, abi_encode(
        journal._next(asset), party, job, attempt, period, mode, amount, side, recipient_class, window
    ))


@external
def consume(job: bytes32, attempt: uint256, asset: bytes32):
    """
    @notice Spend what is reserved, once Jobs shows an opening; by any party of the job. Also while paused.
    """
    registry._require_current(NAME)
    party: bytes32 = attempts._require_seated(job)
    spent: uint256 = holds._consume(job, attempt, asset)
    journal._record(asset, BUDGET_CONSUMED, abi_encode(journal._next(asset), party, job, attempt, spent))


@external
def settle(job: bytes32, attempt: uint256, asset: bytes32):
    """
    @notice Close the account of a released attempt, and spend what nobody consumed. Also while paused.
    """
    registry._require_current(NAME)
    party: bytes32 = attempts._require_seated(job)
    spent: uint256 = holds._settle(job, attempt, asset)
    journal._record(asset, BUDGET_SETTLED, abi_encode(journal._next(asset), party, job, attempt, spent))


@external
def refund(job: bytes32, attempt: uint256, asset: bytes32):
    """
    @notice Give back the reservation of an attempt that Jobs shows ended before any opening; side leakage stays spent.
    """
    registry._require_open(NAME)
    party: bytes32 = attempts._require_seated(job)
    spent: uint256 = 0
    begun: bool = False
    spent, begun = holds._refund(job, attempt, asset)
    journal._record(asset, BUDGET_REFUNDED, abi_encode(journal._next(asset), party, job, attempt, spent, begun))


@external
def assign(party: bytes32, recipient_class: bytes32):
    """
    @notice Put a party into a class of recipients: who does not pool what it learns with whom says Governance alone.
    """
    registry._require_open(NAME)
    assert registry._is_governance(msg.sender), "budgets: governance only"
    assert party != empty(bytes32), "budgets: party missing"
    self.classes[party] = recipient_class
    journal._record(CLASSES, CLASS_ASSIGNED, abi_encode(journal._next(CLASSES), party, recipient_class))
