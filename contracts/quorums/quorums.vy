# pragma version 0.4.3
# @license Apache-2.0
# @title Quorums
# @notice An action that holds once m of n named parties have agreed to it within a term, each by a call of its own.
# @dev Unlike the ballot of Governance, whose members are accounts and stay the same from vote to vote, each action here
#      names its own parties, and nothing is carried out: the digest is in force, for whoever asks. Proposing agrees to
#      nothing. Each party says yes or no once; an action ends in force, or refused when so many have said no that the
#      yeses can no longer suffice, or is over with its term. A party that leaves later does not take its yes along.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Action:
    action: bytes32
    needed: uint256
    named: uint256
    agreed: uint256
    opposed: uint256
    expires: uint256
    state: uint256

event ActionProposed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    action: bytes32
    needed: uint256
    expires: uint256
    parties: DynArray[bytes32, 16]

event ActionAnswered:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    agrees: bool
    reason: bytes32

event ActionDecided:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    action: bytes32

NAME: constant(bytes32) = keccak256("Quorums")
ACTION_PROPOSED: constant(bytes32) = keccak256(
    "ActionProposed(bytes32,uint256,uint256,bytes32,bytes32,uint256,uint256,bytes32[])"
)
ACTION_ANSWERED: constant(bytes32) = keccak256("ActionAnswered(bytes32,uint256,uint256,bytes32,bool,bytes32)")
ACTION_DECIDED: constant(bytes32) = keccak256("ActionDecided(bytes32,uint256,uint256,bytes32)")

# States of an action; one whose term is over stays OPEN in storage and is in force never.
OPEN: constant(uint256) = 1
IN_FORCE: constant(uint256) = 2
REFUSED: constant(uint256) = 3

# What a party has said of an action.
NAMED: constant(uint256) = 1
AGREED: constant(uint256) = 2
OPPOSED: constant(uint256) = 3

MAX_PARTIES: constant(uint256) = 16
# An agreement that is never completed must not lie ready for years.
MAX_TERM: constant(uint256) = 366 * 86400
ANY_ROLE: constant(uint256) = 127

actions: public(HashMap[bytes32, Action])
voices: public(HashMap[bytes32, HashMap[bytes32, uint256]])


@external
@view
def in_force(id: bytes32, action: bytes32) -> bool:
    """
    @notice Whether the parties named for an action have agreed to exactly this digest.
    """
    return self.actions[id].state == IN_FORCE and self.actions[id].action == action


@external
def propose(id: bytes32, action: bytes32, parties: DynArray[bytes32, MAX_PARTIES], needed: uint256, expires: uint256):
    """
    @notice Name the parties that must agree to an action, how many of them, and until when.
    @param action Digest of what is to be agreed to; salted where it can be guessed.
    @param parties In ascending order, each once.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert id != empty(bytes32) and action != empty(bytes32), "quorum: action missing"
    assert self.actions[id].state == 0, "quorum: exists"
    assert needed != 0 and needed <= len(parties), "quorum: more needed than named"
    assert block.timestamp < expires and expires <= block.timestamp + MAX_TERM, "quorum: term of a year at most"
    before: bytes32 = empty(bytes32)
    for named: bytes32 in parties:
        assert convert(named, uint256) > convert(before, uint256), "quorum: parties not in order"
        assert registry._serving(named, ANY_ROLE), "quorum: party not serving"
        self.voices[id][named] = NAMED
        before = named
    self.actions[id] = Action(
        action=action, needed=needed, named=len(parties), agreed=0, opposed=0, expires=expires, state=OPEN
    )
    data: Bytes[1024] = abi_encode(journal._next(id), OPEN, party, action, needed, expires, parties)
    journal._record(id, ACTION_PROPOSED, data)


@external
def agree(id: bytes32, action: bytes32):
    """
    @notice Say yes, as a named party, to exactly this digest; the last yes needed puts it in force.
    """
    registry._require_open(NAME)
    party: bytes32 = self._voice(id)
    entry: Action = self.actions[id]
    assert entry.action == action, "quorum: another action"
    self.voices[id][party] = AGREED
    self.actions[id].agreed = entry.agreed + 1
    self._answered(id, party, True, empty(bytes32))
    if entry.agreed + 1 == entry.needed:
        self._decide(id, IN_FORCE)


@external
def oppose(id: bytes32, reason: bytes32):
    """
    @notice Say no, as a named party; the action is refused once the parties left cannot carry it.
    @param reason Digest of the reason; salted where it can be guessed.
    """
    registry._require_current(NAME)
    party: bytes32 = self._voice(id)
    entry: Action = self.actions[id]
    assert reason != empty(bytes32), "quorum: reason missing"
    self.voices[id][party] = OPPOSED
    self.actions[id].opposed = entry.opposed + 1
    self._answered(id, party, False, reason)
    if entry.named - entry.opposed - 1 < entry.needed:
        self._decide(id, REFUSED)


@internal
@view
def _voice(id: bytes32) -> bytes32:
    """
    @notice The caller's party, which must be named and not have spoken, while the action is open.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Action = self.actions[id]
    assert entry.state != 0, "quorum: unknown"
    assert entry.state == OPEN, "quorum: state"
    assert block.timestamp < entry.expires, "quorum: term over"
    voice: uint256 = self.voices[id][party]
    assert voice != 0, "quorum: not a named party"
    assert voice == NAMED, "quorum: said already"
    return party


@internal
def _answered(id: bytes32, party: bytes32, agrees: bool, reason: bytes32):
    journal._record(id, ACTION_ANSWERED, abi_encode(journal._next(id), OPEN, party, agrees, reason))


@internal
def _decide(id: bytes32, state: uint256):
    self.actions[id].state = state
    journal._record(id, ACTION_DECIDED, abi_encode(journal._next(id), state, self.actions[id].action))
