# pragma version 0.4.3
# @license Apache-2.0
# @title Keyring
# @notice The public keys of parties, one set for each epoch, with the time each epoch began, ended, was compromised.
# @dev A module of Parties, which decides who may call and declares the events. Nothing is overwritten but the end of
#      an epoch and the time of its compromise, which can only move back.

from contracts.modules import journal

uses: journal

struct Keys:
    statement: bytes32  # Ed25519: signs statements
    seal: bytes32  # X25519: messages to the party are sealed to it
    tls: bytes32  # SHA-256 of its TLS certificate
    since: uint256
    until: uint256  # 0: the epoch lasts
    compromised: uint256  # 0: never

ROTATED: constant(bytes32) = keccak256("Rotated(bytes32,uint256,uint256,bytes32,bytes32,bytes32)")
COMPROMISED: constant(bytes32) = keccak256("Compromised(bytes32,uint256,uint256,uint256)")

# The current epoch of a party; epochs count from 1.
epoch: HashMap[bytes32, uint256]
keyring: HashMap[bytes32, HashMap[uint256, Keys]]


@external
@view
def keys(party: bytes32, epoch: uint256) -> Keys:
    """
    @notice The keys of one epoch of a party; epoch 0 asks for the current one.
    """
    return self.keyring[party][epoch if epoch != 0 else self.epoch[party]]


@internal
def _rotate(party: bytes32, statement: bytes32, seal: bytes32, tls: bytes32):
    """
    @notice End the current epoch, if there is one, and begin the next.
    """
    assert statement != empty(bytes32) and seal != empty(bytes32) and tls != empty(bytes32), "parties: key missing"
    before: uint256 = self.epoch[party]
    if before != 0:
        self.keyring[party][before].until = block.timestamp
    self.epoch[party] = before + 1
    self.keyring[party][before + 1] = Keys(
        statement=statement, seal=seal, tls=tls, since=block.timestamp, until=0, compromised=0
    )
    journal._record(party, ROTATED, abi_encode(journal._next(party), before + 1, statement, seal, tls))


@internal
def _compromise(party: bytes32, epoch: uint256, since: uint256):
    """
    @notice Mark an epoch's keys as possibly in other hands since a time.
    """
    assert epoch != 0 and epoch <= self.epoch[party], "parties: unknown epoch"
    assert since != 0 and since <= block.timestamp, "parties: not in the past"
    known: uint256 = self.keyring[party][epoch].compromised
    assert known == 0 or since < known, "parties: already compromised"
    self.keyring[party][epoch].compromised = since
    journal._record(party, COMPROMISED, abi_encode(journal._next(party), epoch, since))
