# pragma version 0.4.3
# @license Apache-2.0
# @title Supplies
# @notice What was supplied under an authorization, in time or late, and who has signed for it and answers for it since.
# @dev Nothing but digests: the data go another way, or nowhere where they are computed on only. The owner supplies; who
#      has signed for a delivery hands it on, while its own grant lasts, only to a party that the owner has granted the same
#      asset. The owner's first delivery, if late, is taken and carries its breach; what others hand on is not the owner's.
#      Source: Regulation on Government Data Sharing, articles 22, 24, 25 and 34 (rules R13 to R15, R24).

from contracts.authorizations import known
from contracts.authorizations import standing
from contracts.modules import journal
from contracts.modules import registry
from contracts.requests import waiting

initializes: journal
exports: (journal.history, journal.count)

struct Delivery:
    supplier: bytes32
    method: uint256
    content: bytes32
    delivered: uint256
    signed: uint256

interface Requests:
    def requests(id: bytes32) -> waiting.Request: view

interface Returns:
    def due(id: bytes32) -> uint256: view

event Supplied:
    authorization: indexed(bytes32)
    n: uint256
    party: bytes32
    grantee: bytes32
    number: uint256
    method: uint256
    content: bytes32
    source: bytes32
    breach: uint256

event SupplySigned:
    authorization: indexed(bytes32)
    n: uint256
    party: bytes32
    number: uint256

NAME: constant(bytes32) = keccak256("Supplies")
REQUESTS: constant(bytes32) = keccak256("Requests")
RETURNS: constant(bytes32) = keccak256("Returns")
SUPPLIED: constant(bytes32) = keccak256(
    "Supplied(bytes32,uint256,bytes32,bytes32,uint256,uint256,bytes32,bytes32,uint256)"
)
SUPPLY_SIGNED: constant(bytes32) = keccak256("SupplySigned(bytes32,uint256,bytes32,uint256)")

# Methods: 1 joint computation, 2 API, 3 batch, 4 file.
COMPUTE: constant(uint256) = 1
# Article 39(5): data of a lower level's region not returned as prescribed.
LATE_RETURN: constant(uint256) = 3905
LAST_METHOD: constant(uint256) = 4

deliveries: public(HashMap[bytes32, HashMap[uint256, Delivery]])
numbers: public(HashMap[bytes32, uint256])
# How many of the deliveries under an authorization were the owner's own.
owned: public(HashMap[bytes32, uint256])
# How many deliveries under an authorization were signed for.
signed: public(HashMap[bytes32, uint256])


@external
def deliver(authorization: bytes32, method: uint256, content: bytes32, source: bytes32):
    """
    @notice State that data were supplied under an authorization.
    @param content Digest of what was supplied, or of where it can be had; what can be guessed it does not hide.
    @param source The authorization under which the caller's party was supplied itself; zero for the owner.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = known._authorization(authorization)
    assert method != 0 and method <= LAST_METHOD, "supply: unknown method (R13)"
    assert content != empty(bytes32), "supply: content missing (R13)"
    assert self._hands_over(entry, method), "supply: computing only, no rows (R15)"
    assert entry.state == standing.GRANTED, "supply: not in force (R19)"
    assert block.timestamp < entry.valid_until, "supply: expired (R18)"
    if source == empty(bytes32):
        assert entry.owner == party, "supply: not the owner (R15)"
    else:
        own: standing.Authorization = known._authorization(source)
        assert own.grantee == party and self.signed[source] != 0, "supply: nothing received (R24)"
        assert own.asset == entry.asset and own.owner == entry.owner, "supply: no grant of the provider (R15)"
        assert own.state == standing.GRANTED, "supply: not in force (R19)"
        assert block.timestamp < own.valid_until, "supply: expired (R18)"
        assert self._hands_over(own, method), "supply: computing only, no rows (R15)"
    number: uint256 = self.numbers[authorization] + 1
    self.numbers[authorization] = number
    self.deliveries[authorization][number] = Delivery(
        supplier=party, method=method, content=content, delivered=block.timestamp, signed=0
    )
    breach: uint256 = 0
    if source == empty(bytes32):
        self.owned[authorization] += 1
        breach = self._breach(authorization, self.owned[authorization])
    data: Bytes[256] = abi_encode(
        journal._next(authorization), party, entry.grantee, number, method, content, source, breach
    )
    journal._record(authorization, SUPPLIED, data)


@external
def sign(authorization: bytes32, number: uint256):
    """
    @notice Sign for a delivery: from now on the grantee answers for the data (article 34).
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = known._authorization(authorization)
    assert entry.grantee == party, "supply: not the grantee (R24)"
    delivery: Delivery = self.deliveries[authorization][number]
    assert delivery.delivered != 0, "supply: unknown delivery"
    assert delivery.signed == 0, "supply: signed already"
    self.deliveries[authorization][number].signed = block.timestamp
    self.signed[authorization] += 1
    journal._record(authorization, SUPPLY_SIGNED, abi_encode(journal._next(authorization), party, number))


@internal
@pure
def _hands_over(entry: standing.Authorization, method: uint256) -> bool:
    """
    @notice Whether an authorization permits a method; all but computing hand rows over.
    """
    return method == COMPUTE or entry.operations & standing.EXPORT != 0


@internal
@view
def _breach(authorization: bytes32, number: uint256) -> uint256:
    """
    @notice The breach that the owner's first delivery now is; the limit is for the first (article 22).
    """
    if number != 1:
        return 0
    owed: uint256 = staticcall Returns(registry._at(RETURNS)).due(authorization)
    if owed != 0:
        return LATE_RETURN if block.timestamp >= owed else 0
    asked: waiting.Request = staticcall Requests(registry._at(REQUESTS)).requests(authorization)
    return waiting.LATE if block.timestamp >= asked.supply else 0
