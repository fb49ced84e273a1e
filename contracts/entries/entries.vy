# pragma version 0.4.3
# @license Apache-2.0
# @title Entries
# @notice What the sharing catalogue says of a data set: complete, assessed, approved by the head of the sharing body.
# @dev An entry is known by the digest of all it says and never changes; the Catalogue names the one that is in force, so
#      whoever has that digest, e.g. from the moment of a request, can hold an answer against the conditions of then.
#      Fields are salted digests: the words stay with the departments. Whether an assessment is sound nobody sees here.
#      Source: Regulation on Government Data Sharing, articles 3, 13, 14 and 15 (rules R01, R03, R04, R05).

from contracts.entries import filing
from contracts.modules import endorsing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Content:
    name: bytes32
    items: bytes32
    format: bytes32
    frequency: bytes32
    method: bytes32
    category: uint256
    grade: uint256
    secrecy: uint256  # 0 no secret, 1 work secret, 2 state secret
    law: bytes32  # cited for data that are not shared
    secrecy_assessment: bytes32
    personal_assessment: bytes32
    columns: bytes32  # digest of the columns with their grades

event EntryFiled:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    document: bytes32
    name: bytes32
    items: bytes32
    format: bytes32
    frequency: bytes32
    method: bytes32
    category: uint256
    grade: uint256
    secrecy: uint256
    law: bytes32
    secrecy_assessment: bytes32
    personal_assessment: bytes32
    columns: bytes32
    conditions: DynArray[bytes32, MAX_CONDITIONS]

NAME: constant(bytes32) = keccak256("Entries")
ENTRY_FILED: constant(bytes32) = keccak256(
    "EntryFiled(bytes32,uint256,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,uint256,uint256,uint256,bytes32,bytes32,bytes32,bytes32,bytes32[])"
)

# Sharing categories of article 14: 1 unconditional, 2 conditional, 3 not shared.
CONDITIONAL: constant(uint256) = 2
NOT_SHARED: constant(uint256) = 3
# Grades of GB/T 43697: 1 general, 2 important, 3 core.
HIGHEST_GRADE: constant(uint256) = 3
MAX_CONDITIONS: constant(uint256) = 16

entries: public(HashMap[bytes32, filing.Entry])
listed: HashMap[bytes32, HashMap[bytes32, bool]]


@external
@view
def lists(document: bytes32, condition: bytes32) -> bool:
    """
    @notice Whether an entry names a condition; an answer may rely on no other (article 15).
    """
    return self.listed[document][condition]


@external
def file(asset: bytes32, content: Content, conditions: DynArray[bytes32, MAX_CONDITIONS]):
    """
    @notice State what the catalogue shall say of a data set; mounting or amending it puts it in force.
    @param conditions Salted digests, of data shared on conditions at least one, of others none.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.OWNER), "entries: party owns no data"
    assert asset != empty(bytes32), "entries: id missing"
    self._require_complete(content)
    self._require_conditions(content.category, conditions)
    document: bytes32 = keccak256(abi_encode(NAME, asset, party, content, conditions))
    assert self.entries[document].filed == 0, "entries: filed already"
    endorsing._require_endorsed(party, keccak256(abi_encode(NAME, asset, journal._next(asset), document)))
    self.entries[document] = filing.Entry(
        asset=asset, owner=party, category=content.category, grade=content.grade, columns=content.columns,
        filed=block.timestamp,
    )
    for condition: bytes32 in conditions:
        self.listed[document][condition] = True
    data: Bytes[1056] = abi_encode(journal._next(asset), party, document, content, conditions)
    journal._record(asset, ENTRY_FILED, data)


@internal
@pure
def _require_complete(content: Content):
    """
    @notice Refuse secrets, and an entry that lacks what article 13 demands.
    """
    assert content.secrecy == 0, "entries: state or work secret (R01)"
    for field: bytes32 in [content.name, content.items, content.format, content.frequency, content.method]:
        assert field != empty(bytes32), "entries: field missing (R03)"
    assert content.columns != empty(bytes32), "entries: field missing (R03)"
    assert content.secrecy_assessment != empty(bytes32), "entries: assessment missing (R03)"
    assert content.personal_assessment != empty(bytes32), "entries: assessment missing (R03)"
    assert content.grade != 0 and content.grade <= HIGHEST_GRADE, "entries: grade (R03)"
    assert content.category != 0 and content.category <= NOT_SHARED, "entries: category (R04)"
    assert content.category != NOT_SHARED or content.law != empty(bytes32), "entries: law not cited (R04)"


@internal
@pure
def _require_conditions(category: uint256, conditions: DynArray[bytes32, MAX_CONDITIONS]):
    """
    @notice Refuse a conditional entry without conditions, and conditions of any other.
    """
    assert (len(conditions) != 0) == (category == CONDITIONAL), "entries: conditions (R05)"
    for condition: bytes32 in conditions:
        assert condition != empty(bytes32), "entries: conditions (R05)"
