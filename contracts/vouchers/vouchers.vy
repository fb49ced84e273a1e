# pragma version 0.4.3
# @license Apache-2.0
# @title Vouchers
# @notice Vouchers of public data assets: a registrar issues one for an asset, its holder hands it on, the issuer
#         revokes it with a ground.
# @dev A voucher is known by the salted digest of its document. Its holder is a commitment that only an agent of the
#      holding party can open, and opening it is what handing on takes: neither issuer nor operator can do it. Of an asset
#      an issuer has one voucher in force at most. An end by time is derived and never stored.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Voucher:
    issuer: bytes32
    asset: bytes32
    holder: bytes32
    valid_from: uint256
    valid_until: uint256
    revoked: uint256
    ground: uint256

event VoucherIssued:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    asset: bytes32
    holder: bytes32
    valid_from: uint256
    valid_until: uint256

event VoucherTransferred:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    holder: bytes32

event VoucherRevoked:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    ground: uint256
    reason: bytes32

NAME: constant(bytes32) = keccak256("Vouchers")
HOLDER: constant(bytes32) = keccak256("shuxin voucher holder v1")
VOUCHER_ISSUED: constant(bytes32) = keccak256(
    "VoucherIssued(bytes32,uint256,bytes32,bytes32,bytes32,uint256,uint256)"
)
VOUCHER_TRANSFERRED: constant(bytes32) = keccak256("VoucherTransferred(bytes32,uint256,bytes32,bytes32)")
VOUCHER_REVOKED: constant(bytes32) = keccak256("VoucherRevoked(bytes32,uint256,bytes32,uint256,bytes32)")

# Grounds of a revocation: 1 issued in error, 2 obtained by false statements, 3 the asset is no more,
# 4 ordered by a court or authority, 5 asked for by the holder.
LAST_GROUND: constant(uint256) = 5

vouchers: public(HashMap[bytes32, Voucher])
# Of each issuer and asset: the voucher issued last.
latest: public(HashMap[bytes32, HashMap[bytes32, bytes32]])


@external
@view
def is_valid(id: bytes32) -> bool:
    """
    @notice Whether a voucher is in force now.
    """
    return self._is_valid(self.vouchers[id])


@external
def issue(id: bytes32, asset: bytes32, holder: bytes32, valid_from: uint256, valid_until: uint256):
    """
    @notice Issue a voucher, as registrar.
    @param id Salted digest of the voucher's document.
    @param asset The issuer's keyed name of the asset, by which a second voucher is seen.
    @param holder keccak256(abi_encode(HOLDER, party, salt)) of the party that is to hold it.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.REGISTRAR), "voucher: registrar only"
    assert id != empty(bytes32) and asset != empty(bytes32), "voucher: asset missing"
    assert holder != empty(bytes32), "voucher: holder missing"
    assert valid_from < valid_until and block.timestamp < valid_until, "voucher: period"
    assert self.vouchers[id].issuer == empty(bytes32), "voucher: exists"
    before: Voucher = self.vouchers[self.latest[party][asset]]
    assert before.revoked != 0 or block.timestamp >= before.valid_until, "voucher: asset has one in force"
    self.vouchers[id] = Voucher(
        issuer=party, asset=asset, holder=holder, valid_from=valid_from, valid_until=valid_until, revoked=0, ground=0
    )
    self.latest[party][asset] = id
    journal._record(
        id, VOUCHER_ISSUED, abi_encode(journal._next(id), party, asset, holder, valid_from, valid_until)
    )


@external
def transfer(id: bytes32, salt: bytes32, holder: bytes32):
    """
    @notice Hand a voucher on, as its holder.
    @param salt Opens the commitment that now stands for the caller's party.
    @param holder The commitment of the party that is to hold it.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Voucher = self._known(id)
    assert keccak256(abi_encode(HOLDER, party, salt)) == entry.holder, "voucher: not the holder"
    assert self._is_valid(entry), "voucher: not in force"
    assert holder != empty(bytes32) and holder != entry.holder, "voucher: holder missing"
    self.vouchers[id].holder = holder
    journal._record(id, VOUCHER_TRANSFERRED, abi_encode(journal._next(id), party, holder))


@external
def revoke(id: bytes32, ground: uint256, reason: bytes32):
    """
    @notice End a voucher for ever, as its issuer.
    @param reason Salted digest of the reasons in words.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Voucher = self._known(id)
    assert entry.issuer == party, "voucher: not the issuer"
    assert entry.revoked == 0, "voucher: revoked"
    assert ground != 0 and ground <= LAST_GROUND, "voucher: unknown ground"
    assert reason != empty(bytes32), "voucher: reason missing"
    self.vouchers[id].revoked = block.timestamp
    self.vouchers[id].ground = ground
    journal._record(id, VOUCHER_REVOKED, abi_encode(journal._next(id), party, ground, reason))


@internal
@view
def _known(id: bytes32) -> Voucher:
    entry: Voucher = self.vouchers[id]
    assert entry.issuer != empty(bytes32), "voucher: unknown"
    return entry


@internal
@view
def _is_valid(entry: Voucher) -> bool:
    return entry.revoked == 0 and entry.valid_from <= block.timestamp and block.timestamp < entry.valid_until
