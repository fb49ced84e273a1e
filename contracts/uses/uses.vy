# pragma version 0.4.3
# @license Apache-2.0
# @title Uses
# @notice The use ledger of an authorization: scenario, process, effect, storage and destruction, each kept long enough.
# @dev Digests only; the record itself lies in a named store of the grantee's until a day that no later entry can move
#      forward. Owner and authority may ask to see it, and that they asked stands here with the answer that is owed.
#      Source: Regulation on Government Data Sharing, article 29 (rule R22).

from contracts.authorizations import known
from contracts.authorizations import standing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Limit:
    amount: uint256
    unit: uint256
    minimum: bool

struct Record:
    kind: uint256
    content: bytes32
    store: bytes32
    kept_until: uint256

interface Regions:
    def limit(party: bytes32, code: bytes32) -> Limit: view

event UseRecorded:
    authorization: indexed(bytes32)
    n: uint256
    party: bytes32
    number: uint256
    kind: uint256
    content: bytes32
    store: bytes32
    kept_until: uint256

event InspectionAsked:
    authorization: indexed(bytes32)
    n: uint256
    party: bytes32
    number: uint256
    grantee: bytes32

event InspectionGiven:
    authorization: indexed(bytes32)
    n: uint256
    party: bytes32
    number: uint256
    inspector: bytes32

NAME: constant(bytes32) = keccak256("Uses")
RETENTION: constant(bytes32) = keccak256("retention")
USE_RECORDED: constant(bytes32) = keccak256(
    "UseRecorded(bytes32,uint256,bytes32,uint256,uint256,bytes32,bytes32,uint256)"
)
INSPECTION_ASKED: constant(bytes32) = keccak256("InspectionAsked(bytes32,uint256,bytes32,uint256,bytes32)")
INSPECTION_GIVEN: constant(bytes32) = keccak256("InspectionGiven(bytes32,uint256,bytes32,uint256,bytes32)")

# Kinds: 1 scenario, 2 process, 3 effect, 4 storage, 5 destruction.
LAST_KIND: constant(uint256) = 5
# The longest year, so that years counted in seconds are never short of years in a calendar.
YEAR: constant(uint256) = 366 * 86400

records: public(HashMap[bytes32, HashMap[uint256, Record]])
numbers: public(HashMap[bytes32, uint256])
asked: public(HashMap[bytes32, HashMap[uint256, HashMap[bytes32, bool]]])


@external
def record(authorization: bytes32, kind: uint256, content: bytes32, store: bytes32, kept_until: uint256):
    """
    @notice Enter one record of a use.
    @param content Digest of the record; what can be guessed it does not hide.
    @param store Digest of the name of the store that keeps it.
    @param kept_until Unix seconds; at least the statute's retention from now on.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = known._authorization(authorization)
    assert entry.grantee == party, "uses: not the grantee (R22)"
    assert kind != 0 and kind <= LAST_KIND, "uses: unknown kind (R22)"
    assert content != empty(bytes32), "uses: content missing (R22)"
    assert store != empty(bytes32), "uses: store missing (R22)"
    limit: Limit = staticcall Regions(registry._at(known.REGIONS)).limit(party, RETENTION)
    assert kept_until >= block.timestamp + limit.amount * YEAR, "uses: kept too short (R22)"
    number: uint256 = self.numbers[authorization] + 1
    self.numbers[authorization] = number
    self.records[authorization][number] = Record(kind=kind, content=content, store=store, kept_until=kept_until)
    data: Bytes[224] = abi_encode(journal._next(authorization), party, number, kind, content, store, kept_until)
    journal._record(authorization, USE_RECORDED, data)


@external
def inspect(authorization: bytes32, number: uint256):
    """
    @notice Ask to see a record: the owner of the data, or an authority.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = known._authorization(authorization)
    assert entry.owner == party or registry._serving(party, registry.AUTHORITY), "uses: no right to inspect (R22)"
    assert self.records[authorization][number].kind != 0, "uses: unknown record"
    assert not self.asked[authorization][number][party], "uses: asked already"
    self.asked[authorization][number][party] = True
    data: Bytes[128] = abi_encode(journal._next(authorization), party, number, entry.grantee)
    journal._record(authorization, INSPECTION_ASKED, data)


@external
def give(authorization: bytes32, number: uint256, inspector: bytes32):
    """
    @notice State that the record was shown to a party that had asked.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = known._authorization(authorization)
    assert entry.grantee == party, "uses: not the grantee (R22)"
    assert self.asked[authorization][number][inspector], "uses: not asked"
    self.asked[authorization][number][inspector] = False
    data: Bytes[128] = abi_encode(journal._next(authorization), party, number, inspector)
    journal._record(authorization, INSPECTION_GIVEN, data)
