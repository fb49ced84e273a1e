# pragma version 0.4.3
# @license Apache-2.0
# @title Directory
# @notice Which account, version and code stand behind the name of a contract, since when.
# @dev A genesis predeploy whose own address never changes. Only the account registered as Governance may write, so
#      Governance can replace itself. An account serves one name once: a contract that was replaced is read-only for
#      ever and can never come back, on which lazy reading of a predecessor's state relies.

from contracts.modules import journal

initializes: journal
exports: (journal.history, journal.count)

struct Entry:
    account: address
    version: uint256
    code_hash: bytes32
    since: uint256

event Registered:
    name: indexed(bytes32)
    n: uint256
    account: address
    version: uint256
    code_hash: bytes32

REGISTERED: constant(bytes32) = keccak256("Registered(bytes32,uint256,address,uint256,bytes32)")
DIRECTORY: constant(bytes32) = keccak256("Directory")
GOVERNANCE: constant(bytes32) = keccak256("Governance")

entries: HashMap[bytes32, Entry]
# The one name an account serves or once served.
names: public(HashMap[address, bytes32])


@external
@view
def at(name: bytes32) -> address:
    """
    @notice The account now registered under a name, zero if none is.
    """
    return self.entries[name].account


@external
@view
def entry(name: bytes32) -> Entry:
    """
    @notice Account, version, code hash, and the time from which they hold.
    """
    return self.entries[name]


@external
def set(name: bytes32, account: address, code_hash: bytes32):
    """
    @notice Register the next version of a contract; the one before becomes read-only.
    @param code_hash What the voters read: the account's code must have it.
    """
    assert msg.sender == self.entries[GOVERNANCE].account, "directory: governance only"
    assert name != DIRECTORY, "directory: cannot replace itself"
    assert name != empty(bytes32), "directory: name missing"
    assert self.names[account] == empty(bytes32), "directory: account already used"
    assert account.is_contract and account.codehash == code_hash, "directory: other code"
    version: uint256 = self.entries[name].version + 1
    self.names[account] = name
    self.entries[name] = Entry(account=account, version=version, code_hash=code_hash, since=block.timestamp)
    journal._record(
        name, REGISTERED, abi_encode(journal._next(name), account, version, code_hash)
    )
