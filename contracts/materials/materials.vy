# pragma version 0.4.3
# @license Apache-2.0
# @title Materials
# @notice Submitted once: a department registers a material somebody handed in, others rely on it instead of asking again.
# @dev A material is known by a salted digest of whose it is and of what kind; its content by another. So a second
#      submission of the same is seen and refused, and two materials of one person have nothing in common on chain.
#      Whether content and purpose are true the keeper answers for. An end by time is derived and never stored.
#      Source: Regulation on Government Data Sharing, article 19 (rule R07).

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Material:
    keeper: bytes32
    kind: bytes32
    content: bytes32
    version: uint256
    valid_until: uint256
    withdrawn: bool

event MaterialRegistered:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    kind: bytes32
    content: bytes32
    version: uint256
    valid_until: uint256
    purposes: DynArray[bytes32, 16]

event MaterialReused:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    version: uint256
    purpose: bytes32
    matter: bytes32

event MaterialWithdrawn:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    version: uint256
    reason: bytes32

NAME: constant(bytes32) = keccak256("Materials")
MATERIAL_REGISTERED: constant(bytes32) = keccak256(
    "MaterialRegistered(bytes32,uint256,bytes32,bytes32,bytes32,uint256,uint256,bytes32[])"
)
MATERIAL_REUSED: constant(bytes32) = keccak256(
    "MaterialReused(bytes32,uint256,bytes32,uint256,bytes32,bytes32)"
)
MATERIAL_WITHDRAWN: constant(bytes32) = keccak256("MaterialWithdrawn(bytes32,uint256,bytes32,uint256,bytes32)")

# Who may keep and rely: everybody but an operator, who has no data (rule R25).
DEPARTMENTS: constant(uint256) = (
    registry.OWNER | registry.REQUESTER | registry.REGISTRAR | registry.COURT | registry.AUTHORITY
)
MAX_PURPOSES: constant(uint256) = 16

materials: public(HashMap[bytes32, Material])
# Of each material, version and purpose: whether it may be relied on for that.
purposes: public(HashMap[bytes32, HashMap[uint256, HashMap[bytes32, bool]]])
# Of each material, version, party and matter: whether it was.
reused: public(HashMap[bytes32, HashMap[uint256, HashMap[bytes32, HashMap[bytes32, bool]]]])


@external
@view
def is_reusable(id: bytes32, purpose: bytes32) -> bool:
    """
    @notice Whether nobody needs to be asked for this material for a purpose now.
    """
    entry: Material = self.materials[id]
    return self._is_valid(entry) and self.purposes[id][entry.version][purpose]


@external
def register(
    id: bytes32, kind: bytes32, content: bytes32, valid_until: uint256, purposes: DynArray[bytes32, MAX_PURPOSES]
):
    """
    @notice Register what was handed in here; the keeper of one in force replaces it, anybody one that is over.
    @param id Salted digest of whose it is and of what kind.
    @param content Salted digest of the material itself.
    @param purposes What it may be relied on for.
    """
    registry._require_open(NAME)
    party: bytes32 = self._department()
    assert id != empty(bytes32) and kind != empty(bytes32), "material: kind missing"
    assert content != empty(bytes32), "material: content missing"
    assert block.timestamp < valid_until, "material: period"
    assert len(purposes) != 0, "material: purpose missing"
    entry: Material = self.materials[id]
    assert entry.keeper == party or not self._is_valid(entry), "material: submitted already (R07)"
    version: uint256 = entry.version + 1
    for purpose: bytes32 in purposes:
        assert purpose != empty(bytes32), "material: purpose missing"
        self.purposes[id][version][purpose] = True
    self.materials[id] = Material(
        keeper=party, kind=kind, content=content, version=version, valid_until=valid_until, withdrawn=False
    )
    data: Bytes[768] = abi_encode(journal._next(id), party, kind, content, version, valid_until, purposes)
    journal._record(id, MATERIAL_REGISTERED, data)


@external
def rely(id: bytes32, content: bytes32, purpose: bytes32, matter: bytes32):
    """
    @notice Rely on a material that another department keeps, for one matter, instead of asking for it again.
    @param content What the caller relies on; another version is refused.
    @param matter Salted digest of the case it is needed for.
    """
    registry._require_open(NAME)
    party: bytes32 = self._department()
    entry: Material = self._known(id)
    assert entry.keeper != party, "material: kept here"
    assert not entry.withdrawn, "material: withdrawn"
    assert block.timestamp < entry.valid_until, "material: expired"
    assert entry.content == content, "material: another version"
    assert self.purposes[id][entry.version][purpose], "material: outside its purposes (R15)"
    assert matter != empty(bytes32), "material: matter missing"
    assert not self.reused[id][entry.version][party][matter], "material: relied on for this already"
    self.reused[id][entry.version][party][matter] = True
    journal._record(
        id, MATERIAL_REUSED, abi_encode(journal._next(id), party, entry.version, purpose, matter)
    )


@external
def withdraw(id: bytes32, reason: bytes32):
    """
    @notice Say, as keeper, that nobody may rely on a material any more.
    @param reason Salted digest of the reasons in words.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Material = self._known(id)
    assert entry.keeper == party, "material: kept by another"
    assert not entry.withdrawn, "material: withdrawn"
    assert reason != empty(bytes32), "material: reason missing"
    self.materials[id].withdrawn = True
    journal._record(id, MATERIAL_WITHDRAWN, abi_encode(journal._next(id), party, entry.version, reason))


@internal
@view
def _department() -> bytes32:
    """
    @notice The caller's party, which is no operator.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, DEPARTMENTS), "material: departments only (R25)"
    return party


@internal
@view
def _known(id: bytes32) -> Material:
    entry: Material = self.materials[id]
    assert entry.version != 0, "material: unknown"
    return entry


@internal
@view
def _is_valid(entry: Material) -> bool:
    return not entry.withdrawn and block.timestamp < entry.valid_until
