# pragma version 0.4.3
# @license Apache-2.0
# @title Listings
# @notice Credit red and black lists: announced to the subject first, published after its time to object, never for ever.
# @dev The quorum says which list there is, under which provision, who is competent for it and how long everything takes.
#      Subject and ground are salted digests. Who is listed needs no account: whoever holds the key named in the notice
#      speaks for it, and any other department passes its signed plea on. A listing is in force from publication until
#      its term ends, it is withdrawn or repaired, or an objection waits beyond its due date: the last until answered.

from contracts.listings import terms
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
initializes: terms
exports: (journal.history, journal.count, terms.lists)

event ListSet:
    list: indexed(bytes32)
    n: uint256
    keeper: bytes32
    colour: uint256
    provision: bytes32
    hearing: uint256
    answer: uint256
    repair: uint256
    term: uint256

event ListingAnnounced:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    list: bytes32
    subject: bytes32
    ground: bytes32
    voice: address
    days: uint256
    hearing: uint256

event ListingPublished:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    valid_until: uint256

event ListingPleaded:
    id: indexed(bytes32)
    n: uint256
    keeper: bytes32
    party: bytes32
    plea: uint256
    claim: bytes32
    due: uint256

event ListingAnswered:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    plea: uint256
    is_granted: bool
    reply: bytes32
    is_late: bool

event ListingWithdrawn:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32

NAME: constant(bytes32) = keccak256("Listings")
PLEA: constant(bytes32) = keccak256("shuxin listing plea v1")
# Half the order of secp256k1 (SEC 2, section 2.4.1): a larger s is the second form of a valid signature.
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
LIST_SET: constant(bytes32) = keccak256(
    "ListSet(bytes32,uint256,bytes32,uint256,bytes32,uint256,uint256,uint256,uint256)"
)
LISTING_ANNOUNCED: constant(bytes32) = keccak256(
    "ListingAnnounced(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,address,uint256,uint256)"
)
LISTING_PUBLISHED: constant(bytes32) = keccak256("ListingPublished(bytes32,uint256,uint256,bytes32,uint256)")
LISTING_PLEADED: constant(bytes32) = keccak256(
    "ListingPleaded(bytes32,uint256,bytes32,bytes32,uint256,bytes32,uint256)"
)
LISTING_ANSWERED: constant(bytes32) = keccak256(
    "ListingAnswered(bytes32,uint256,uint256,bytes32,uint256,bool,bytes32,bool)"
)
LISTING_WITHDRAWN: constant(bytes32) = keccak256("ListingWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)")

listings: public(HashMap[bytes32, terms.Listing])


@external
@view
def is_in_force(id: bytes32) -> bool:
    """
    @notice Whether anybody may rely on a listing now.
    """
    return terms._is_in_force(self.listings[id])


@external
def set_list(list: bytes32, rules: terms.Listed):
    """
    @notice Say who keeps a list, under which provision and with which terms. By quorum only.
    @param rules hearing and answer in working days, repair and term in calendar days.
    """
    assert registry._is_governance(msg.sender), "listing: governance only"
    registry._require_open(NAME)
    terms._set(list, rules)
    journal._record(list, LIST_SET, abi_encode(journal._next(list), rules))


@external
def announce(id: bytes32, list: bytes32, subject: bytes32, ground: bytes32, voice: address, days: uint256):
    """
    @notice Tell a subject that it is to be listed, and why; from now on it may object.
    @param ground Salted digest of the article and of what was found.
    @param voice Whose signature speaks for the subject; the notice carries its key.
    @param days How long the listing is to last from its publication.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    listed: terms.Listed = terms._kept(list, party)
    assert id != empty(bytes32) and subject != empty(bytes32), "listing: subject missing"
    assert ground != empty(bytes32), "listing: ground missing"
    assert voice != empty(address), "listing: voice missing"
    assert days != 0 and days <= listed.term, "listing: term"
    assert self.listings[id].state == 0 and terms.lists[id].keeper == empty(bytes32), "listing: exists"
    hearing: uint256 = terms._due(listed.hearing)
    self.listings[id] = terms.Listing(
        list=list, subject=subject, voice=voice, state=terms.ANNOUNCED, days=days, hearing=hearing, published=0,
        valid_until=0, plea=0, due=0, heard=False,
    )
    data: Bytes[320] = abi_encode(
        journal._next(id), terms.ANNOUNCED, party, list, subject, ground, voice, days, hearing
    )
    journal._record(id, LISTING_ANNOUNCED, data)


@external
def publish(id: bytes32):
    """
    @notice Put a listing in force whose subject has had its time to object and every answer.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: terms.Listing = self._kept_entry(id, party)
    assert entry.state == terms.ANNOUNCED, "listing: state"
    assert block.timestamp >= entry.hearing, "listing: time to object not over"
    assert entry.plea == 0, "listing: objection not answered"
    valid_until: uint256 = block.timestamp + entry.days * terms.DAY
    self.listings[id].state = terms.PUBLISHED
    self.listings[id].published = block.timestamp
    self.listings[id].valid_until = valid_until
    journal._record(id, LISTING_PUBLISHED, abi_encode(journal._next(id), terms.PUBLISHED, party, valid_until))


@external
def plead(id: bytes32, plea: uint256, claim: bytes32, v: uint256, r: bytes32, s: bytes32):
    """
    @notice Pass on what the subject pleads: an objection, or that it has made good what it was listed for.
    @param claim Salted digest of its words and papers.
    @param v With r and s: the subject's signature of keccak256(abi_encode(PLEA, id, n, plea, claim)).
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: terms.Listing = self.listings[id]
    terms._require_pleadable(entry, plea)
    listed: terms.Listed = terms.lists[entry.list]
    assert listed.keeper != party, "listing: keeper speaks for no subject"
    assert claim != empty(bytes32), "listing: claim missing"
    signed: bytes32 = keccak256(abi_encode(PLEA, id, journal._next(id), plea, claim))
    assert convert(s, uint256) <= HALF_ORDER, "listing: not signed by its subject"
    assert ecrecover(signed, v, r, s) == entry.voice, "listing: not signed by its subject"
    due: uint256 = terms._due(listed.answer)
    self.listings[id].plea = plea
    self.listings[id].due = due
    journal._record(
        id, LISTING_PLEADED, abi_encode(journal._next(id), listed.keeper, party, plea, claim, due)
    )


@external
def answer(id: bytes32, is_granted: bool, reply: bytes32):
    """
    @notice Answer the plea that waits; one that is granted ends the listing.
    @param reply Salted digest of the answer in words.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: terms.Listing = self._kept_entry(id, party)
    assert entry.plea != 0, "listing: nothing to answer"
    assert reply != empty(bytes32), "listing: answer missing"
    state: uint256 = entry.state
    if is_granted:
        state = terms.REPAIRED if entry.plea == terms.REPAIR else terms.WITHDRAWN
    self.listings[id].state = state
    self.listings[id].plea = 0
    self.listings[id].due = 0
    self.listings[id].heard = True
    is_late: bool = block.timestamp >= entry.due
    data: Bytes[256] = abi_encode(journal._next(id), state, party, entry.plea, is_granted, reply, is_late)
    journal._record(id, LISTING_ANSWERED, data)


@external
def withdraw(id: bytes32, reason: bytes32):
    """
    @notice End a listing that should not be, announced or published, without being asked.
    @param reason Salted digest of the reasons in words.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: terms.Listing = self._kept_entry(id, party)
    assert entry.state == terms.ANNOUNCED or entry.state == terms.PUBLISHED, "listing: state"
    assert reason != empty(bytes32), "listing: reason missing"
    self.listings[id].state = terms.WITHDRAWN
    self.listings[id].plea = 0
    self.listings[id].due = 0
    journal._record(id, LISTING_WITHDRAWN, abi_encode(journal._next(id), terms.WITHDRAWN, party, reason))


@internal
@view
def _kept_entry(id: bytes32, party: bytes32) -> terms.Listing:
    """
    @notice A listing of a list that the caller's party keeps.
    """
    entry: terms.Listing = self.listings[id]
    assert entry.state != 0, "listing: unknown"
    assert terms.lists[entry.list].keeper == party, "listing: not competent"
    return entry
