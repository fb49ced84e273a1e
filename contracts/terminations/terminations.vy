# pragma version 0.4.3
# @license Apache-2.0
# @title Terminations
# @notice How an owner may end a service: with a cause, after the requester's word, filed with an authority.
# @dev Whether an authorization may be revoked asks Authorizations here. A requester who disagrees is heard by the ladder
#      of Disputes: without a decision for the owner the service goes on. Only a dispute about this very announcement
#      counts, and only a decision that can be taken no further. An owner who sees a breach suspends at once.
#      Source: Regulation on Government Data Sharing, article 27 (rule R20).

from contracts.authorizations import known
from contracts.authorizations import standing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

interface Disputes:
    def winner(subject: bytes32, ending: uint256) -> bytes32: view

event TerminationAnnounced:
    authorization: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    grantee: bytes32
    reason: bytes32

event TerminationAnswered:
    authorization: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    agrees: bool
    word: bytes32

event TerminationFiled:
    authorization: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32

NAME: constant(bytes32) = keccak256("Terminations")
DISPUTES: constant(bytes32) = keccak256("Disputes")
TERMINATION_ANNOUNCED: constant(bytes32) = keccak256(
    "TerminationAnnounced(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
)
TERMINATION_ANSWERED: constant(bytes32) = keccak256(
    "TerminationAnswered(bytes32,uint256,uint256,bytes32,bool,bytes32)"
)
TERMINATION_FILED: constant(bytes32) = keccak256("TerminationFiled(bytes32,uint256,uint256,bytes32)")

# States of a termination.
ANNOUNCED: constant(uint256) = 1
AGREED: constant(uint256) = 2
OPPOSED: constant(uint256) = 3
FILED: constant(uint256) = 4

states: public(HashMap[bytes32, uint256])
# Of each service, the number of the last announcement in its history; disputes name it.
announced: public(HashMap[bytes32, uint256])


@external
@view
def filed(authorization: bytes32) -> bool:
    """
    @notice Whether the owner may end this service now.
    """
    return self.states[authorization] == FILED


@external
@view
def disputable(authorization: bytes32) -> uint256:
    """
    @notice The announcement that may be disputed now: one not agreed on and not filed; zero if there is none.
    """
    state: uint256 = self.states[authorization]
    return self.announced[authorization] if state == ANNOUNCED or state == OPPOSED else 0


@external
def announce(authorization: bytes32, reason: bytes32):
    """
    @notice Tell the grantee that the service is to end, and why; also anew after it opposed.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = known._authorization(authorization)
    assert entry.owner == party, "termination: not the owner"
    assert self.states[authorization] == 0 or self.states[authorization] == OPPOSED, "termination: state"
    assert reason != empty(bytes32), "termination: cause missing (R20)"
    self.states[authorization] = ANNOUNCED
    self.announced[authorization] = journal._next(authorization)
    data: Bytes[160] = abi_encode(journal._next(authorization), ANNOUNCED, party, entry.grantee, reason)
    journal._record(authorization, TERMINATION_ANNOUNCED, data)


@external
def answer(authorization: bytes32, agrees: bool, word: bytes32):
    """
    @notice Say, as grantee, whether the service may end.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = known._authorization(authorization)
    assert entry.grantee == party, "termination: not the grantee (R20)"
    assert self.states[authorization] == ANNOUNCED, "termination: state"
    assert word != empty(bytes32), "termination: word missing (R20)"
    state: uint256 = AGREED if agrees else OPPOSED
    self.states[authorization] = state
    journal._record(authorization, TERMINATION_ANSWERED, abi_encode(journal._next(authorization), state, party, agrees, word))


@external
def file(authorization: bytes32):
    """
    @notice File a termination that was agreed on, or that a dispute was decided for; an authority.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.AUTHORITY), "termination: authority only (R20)"
    entry: standing.Authorization = known._authorization(authorization)
    state: uint256 = self.states[authorization]
    assert state != 0 and state != FILED, "termination: state"
    if state != AGREED:
        winner: bytes32 = staticcall Disputes(registry._at(DISPUTES)).winner(authorization, self.announced[authorization])
        assert winner == entry.owner, "termination: not agreed on or decided (R20)"
    self.states[authorization] = FILED
    journal._record(authorization, TERMINATION_FILED, abi_encode(journal._next(authorization), FILED, party))
