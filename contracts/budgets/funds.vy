# pragma version 0.4.3
# @license Apache-2.0
# @title Funds
# @notice How much of an asset's risk may be spent, is spent and is promised; integer micro-rho, nothing else.
# @dev A pot is lifetime (asset, data period) and never refilled: this alone is a bound on privacy. A rate (asset, class
#      of recipients) is refilled with each calendar window, block time // length: it spreads use and is NOT a privacy
#      bound. What is available is limit - spent - reserved, in both.
#      A period's mode is fixed while a reservation holds it. One that is given back before it could show a figure, or a
#      bit about one, holds it no more; the last of these leaves the mode to whoever reserves next.

struct Pot:
    limit: uint256
    spent: uint256
    reserved: uint256
    mode: uint256
    holders: uint256

struct Rate:
    limit: uint256
    length: uint256

struct Window:
    spent: uint256
    reserved: uint256

# How figures of a data period are released: the two never mix, for exact ones void what the noised ones promise.
EXACT: constant(uint256) = 1
PRIVATE: constant(uint256) = 2

# Sums of a few of these stay far below 2^256.
MAX_AMOUNT: constant(uint256) = 2**63 - 1

pots: public(HashMap[bytes32, HashMap[bytes32, Pot]])
rates: public(HashMap[bytes32, HashMap[bytes32, Rate]])
windows: public(HashMap[bytes32, Window])


@internal
@view
def _window(asset: bytes32, recipient_class: bytes32) -> bytes32:
    """
    @notice The window that counts now for a class of recipients; zero if the owner declared no rate for it.
    """
    length: uint256 = self.rates[asset][recipient_class].length
    if length == 0:
        return empty(bytes32)
    return keccak256(abi_encode(asset, recipient_class, length, block.timestamp // length))


@internal
def _reserve(asset: bytes32, period: bytes32, recipient_class: bytes32, mode: uint256, amount: uint256) -> bytes32:
    """
    @notice Promise an amount out of both pots, or revert; return the window it counts in.
    """
    pot: Pot = self.pots[asset][period]
    assert pot.mode == 0 or pot.mode == mode, "budgets: pot of the other mode"
    assert self._fits(pot.limit, pot.spent + pot.reserved, amount), "budgets: lifetime pot"
    window: bytes32 = self._window(asset, recipient_class)
    if window != empty(bytes32):
        used: Window = self.windows[window]
        assert self._fits(self.rates[asset][recipient_class].limit, used.spent + used.reserved, amount), "budgets: rate pot"
        self.windows[window].reserved = used.reserved + amount
    self.pots[asset][period].mode = mode
    self.pots[asset][period].holders = pot.holders + 1
    self.pots[asset][period].reserved = pot.reserved + amount
    return window


@internal
def _leave(asset: bytes32, period: bytes32):
    """
    @notice Have a reservation that showed nothing hold the period's mode no more; without holders there is none.
    """
    holders: uint256 = self.pots[asset][period].holders - 1
    self.pots[asset][period].holders = holders
    if holders == 0:
        self.pots[asset][period].mode = 0


@internal
def _resolve(asset: bytes32, period: bytes32, window: bytes32, amount: uint256, spent: uint256):
    """
    @notice End the promise of an amount, of which so much is spent and the rest available again.
    """
    self.pots[asset][period].reserved -= amount
    self.pots[asset][period].spent += spent
    if window != empty(bytes32):
        self.windows[window].reserved -= amount
        self.windows[window].spent += spent


@internal
@pure
def _fits(limit: uint256, used: uint256, amount: uint256) -> bool:
    return used <= limit and amount <= limit - used
