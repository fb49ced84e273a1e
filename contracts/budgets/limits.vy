# pragma version 0.4.3
# @license Apache-2.0
# @title Limits
# @notice Who sets how much: two officers of the owner raise a limit, one of them lowers it.
# @dev A limit is named by (asset, pot, length): length 0 is the lifetime pot of the data period that pot names, any other
#      the rate for the class of recipients that pot names, in windows of so many seconds. The second officer names what
#      the first proposed, so nobody can exchange it in between. Lowering also withdraws what is proposed.

from contracts.budgets import funds
from contracts.modules import registry

uses: funds

interface Catalogue:
    def offered(asset: bytes32) -> bytes32: view

struct Proposal:
    length: uint256
    limit: uint256
    officer: address

CATALOGUE: constant(bytes32) = keccak256("Catalogue")

# Ten years; a longer window is a lifetime pot in disguise.
MAX_LENGTH: constant(uint256) = 10 * 365 * 86400

# By asset, pot, and whether it is a rate.
proposals: public(HashMap[bytes32, HashMap[bytes32, HashMap[bool, Proposal]]])


@internal
def _propose(asset: bytes32, pot: bytes32, length: uint256, limit: uint256) -> bytes32:
    """
    @notice Keep what one officer proposes, in place of an earlier proposal; return the owner.
    """
    party: bytes32 = self._owning(asset)
    self._require_raise(asset, pot, length, limit)
    self.proposals[asset][pot][length != 0] = Proposal(length=length, limit=limit, officer=msg.sender)
    return party


@internal
def _confirm(asset: bytes32, pot: bytes32, length: uint256, limit: uint256) -> (bytes32, address):
    """
    @notice Raise what another officer proposed, who must still be in office; return the owner and that officer.
    """
    party: bytes32 = self._owning(asset)
    found: Proposal = self.proposals[asset][pot][length != 0]
    assert found.officer != empty(address), "budgets: nothing proposed"
    assert found.limit == limit and found.length == length, "budgets: not what was proposed"
    assert found.officer != msg.sender, "budgets: two officers needed"
    assert registry._acting(found.officer, registry.AGENT_OFFICER) == party, "budgets: two officers needed"
    self._require_raise(asset, pot, length, limit)
    self._set(asset, pot, length, limit)
    return party, found.officer


@internal
def _lower(asset: bytes32, pot: bytes32, length: uint256, limit: uint256) -> bytes32:
    """
    @notice Lower a limit, never below what is spent or reserved; return the owner.
    """
    party: bytes32 = self._owning(asset)
    before: uint256 = funds.pots[asset][pot].limit
    used: uint256 = funds.pots[asset][pot].spent + funds.pots[asset][pot].reserved
    if length != 0:
        assert funds.rates[asset][pot].length == length, "budgets: length"
        window: bytes32 = funds._window(asset, pot)
        before = funds.rates[asset][pot].limit
        used = funds.windows[window].spent + funds.windows[window].reserved
    assert limit <= before, "budgets: not lower"
    assert limit >= used, "budgets: spent or reserved"
    self._set(asset, pot, length, limit)
    return party


@internal
@view
def _owning(asset: bytes32) -> bytes32:
    """
    @notice The caller's party, if the caller is an officer of it and it offers the asset.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert staticcall Catalogue(registry._at(CATALOGUE)).offered(asset) == party, "budgets: asset of another party"
    return party


@internal
@view
def _require_raise(asset: bytes32, pot: bytes32, length: uint256, limit: uint256):
    """
    @dev Another length begins other windows, so it takes two officers whatever the limit.
    """
    assert limit <= funds.MAX_AMOUNT, "budgets: amount"
    if length == 0:
        assert pot != empty(bytes32), "budgets: period missing"
        assert limit > funds.pots[asset][pot].limit, "budgets: not a raise"
    else:
        assert length <= MAX_LENGTH, "budgets: length"
        rate: funds.Rate = funds.rates[asset][pot]
        assert length != rate.length or limit > rate.limit, "budgets: not a raise"


@internal
def _set(asset: bytes32, pot: bytes32, length: uint256, limit: uint256):
    if length == 0:
        funds.pots[asset][pot].limit = limit
    else:
        funds.rates[asset][pot] = funds.Rate(limit=limit, length=length)
    self.proposals[asset][pot][length != 0] = empty(Proposal)
