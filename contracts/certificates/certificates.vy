# pragma version 0.4.3
# @license Apache-2.0
# @title Certificates
# @notice Title certificates: for which state of a title each was issued, and which ones are revoked.
# @dev A certificate is good while its unit has had no further entry and its bit is not set. Bits are never unset. The
#      bits of a list are its words one after the other, as a Bitstring Status List has them; the contract keeps the root
#      of a hash tree over them, so that one word proves a whole list. What a certificate says stays off the chain: here
#      is the digest of what its issuer signed, which is salted many times over.
#      Source: W3C Bitstring Status List 1.0 (2025); RFC 9162 section 2.1.1 for the hashes of leaves and nodes.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Unit:
    registrar: bytes32
    spatial: bytes32
    right: uint256
    holdings: bytes32
    since: uint256
    state: uint256

struct Certificate:
    unit: bytes32
    version: uint256
    digest: bytes32
    since: uint256

interface Titles:
    def units(unit: bytes32) -> Unit: view
    def count(unit: bytes32) -> uint256: view

event CertificateIssued:
    list: indexed(bytes32)
    n: uint256
    party: bytes32
    place: uint256
    unit: bytes32
    version: uint256
    digest: bytes32

event CertificateRevoked:
    list: indexed(bytes32)
    n: uint256
    party: bytes32
    place: uint256
    reason: bytes32
    root: bytes32

NAME: constant(bytes32) = keccak256("Certificates")
TITLES: constant(bytes32) = keccak256("Titles")
CERTIFICATE_ISSUED: constant(bytes32) = keccak256(
    "CertificateIssued(bytes32,uint256,bytes32,uint256,bytes32,uint256,bytes32)"
)
CERTIFICATE_REVOKED: constant(bytes32) = keccak256(
    "CertificateRevoked(bytes32,uint256,bytes32,uint256,bytes32,bytes32)"
)

REGISTERED: constant(uint256) = 1
# The smallest list that the standard allows, so that one bit says little about whose it is.
PLACES: constant(uint256) = 131_072
WORDS: constant(uint256) = PLACES // 256
# Levels of the tree over the words.
LEVELS: constant(uint256) = 9

certificates: public(HashMap[bytes32, HashMap[uint256, Certificate]])
# Of each list: 256 places a word, the first in the highest bit.
words: public(HashMap[bytes32, HashMap[uint256, uint256]])
# The tree over them: 1 is the root, the children of k are 2k and 2k + 1; zero stands for a subtree without a set bit.
nodes: public(HashMap[bytes32, HashMap[uint256, bytes32]])


@external
@pure
def list_of(party: bytes32, number: uint256) -> bytes32:
    """
    @notice The id of a registrar's list; nobody else can use it.
    """
    return self._list(party, number)


@external
def issue(number: uint256, place: uint256, unit: bytes32, version: uint256, digest: bytes32):
    """
    @notice Record a certificate at a free place of one of the registrar's lists.
    @param version Number of entries of the unit that the certificate states: a later entry makes it void.
    @param digest SHA-256 of what the issuer signed.
    """
    registry._require_open(NAME)
    party: bytes32 = self._registrar()
    assert place < PLACES, "certificate: no such place"
    assert digest != empty(bytes32), "certificate: digest missing"
    titles: address = registry._at(TITLES)
    entry: Unit = staticcall Titles(titles).units(unit)
    assert entry.state == REGISTERED, "certificate: no title in force"
    assert entry.registrar == party, "certificate: of another registrar"
    assert staticcall Titles(titles).count(unit) == version, "certificate: the title has moved on"
    list: bytes32 = self._list(party, number)
    assert self.certificates[list][place].since == 0, "certificate: place taken"
    self.certificates[list][place] = Certificate(unit=unit, version=version, digest=digest, since=block.timestamp)
    data: Bytes[192] = abi_encode(journal._next(list), party, place, unit, version, digest)
    journal._record(list, CERTIFICATE_ISSUED, data)


@external
def revoke(number: uint256, place: uint256, reason: bytes32):
    """
    @notice Set a certificate's bit, for ever. It says that the paper is void, not that the title is.
    @param reason Salted digest of why.
    """
    registry._require_current(NAME)
    party: bytes32 = self._registrar()
    list: bytes32 = self._list(party, number)
    assert self.certificates[list][place].since != 0, "certificate: unknown"
    assert reason != empty(bytes32), "certificate: reason missing"
    before: uint256 = self.words[list][place // 256]
    bit: uint256 = 1 << (255 - place % 256)
    assert before & bit == 0, "certificate: revoked already"
    self.words[list][place // 256] = before | bit
    root: bytes32 = self._plant(list, place // 256, before | bit)
    journal._record(
        list, CERTIFICATE_REVOKED, abi_encode(journal._next(list), party, place, reason, root)
    )


@internal
@view
def _registrar() -> bytes32:
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    assert registry._serving(party, registry.REGISTRAR), "certificate: registrar only"
    return party


@internal
@pure
def _list(party: bytes32, number: uint256) -> bytes32:
    return keccak256(abi_encode(party, number))


@internal
def _plant(list: bytes32, index: uint256, word: uint256) -> bytes32:
    """
    @notice Put a word into the tree and return the new root.
    """
    at: uint256 = WORDS + index
    grown: bytes32 = sha256(concat(b"\x00", convert(word, bytes32)))
    bare: bytes32 = sha256(concat(b"\x00", empty(bytes32)))
    self.nodes[list][at] = grown
    for _: uint256 in range(LEVELS):
        beside: bytes32 = self.nodes[list][at ^ 1]
        if beside == empty(bytes32):
            beside = bare
        grown = sha256(concat(b"\x01", grown, beside) if at % 2 == 0 else concat(b"\x01", beside, grown))
        bare = sha256(concat(b"\x01", bare, bare))
        at //= 2
        self.nodes[list][at] = grown
    return grown
