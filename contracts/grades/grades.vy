# pragma version 0.4.3
# @license Apache-2.0
# @title Grades
# @notice How sensitive each column is, which level a recipient has, and whether a grant fits both.
# @dev Columns stand here under salted digests, each with its grade and whether it is personal information; the entry of
#      the catalogue commits to the list. Before the owner says yes it states which columns the terms cover: the highest
#      grade among them bounds who may get the authorization and for what. Of columns of grades 3 and 4 nothing leaves but
#      what is computed. That the digests are of the columns in the terms only the owner and its node can tell.
#      Source: GB/T 43697 and 39477 (grades); Regulation on Government Data Sharing, article 37 (rule R26); Personal
#      Information Protection Law, articles 13 (bases) and 55 (assessment).

from contracts.entries import filing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Asset:
    owner: bytes32
    item: bytes32
    category: uint256
    grade: uint256
    document: bytes32
    versions: uint256
    rows: uint256
    commitment: bytes32
    state: uint256

interface Catalogue:
    def assets(asset: bytes32) -> Asset: view

interface Entries:
    def entries(document: bytes32) -> filing.Entry: view

struct Column:
    id: bytes32
    grade: uint256
    personal: uint256

struct Cover:
    document: bytes32
    grade: uint256
    personal: uint256
    basis: uint256
    assessment: bytes32

event ColumnsGraded:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    document: bytes32
    columns: uint256
    highest: uint256

event TermsCovered:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    terms: bytes32
    document: bytes32
    grade: uint256
    personal: uint256
    basis: uint256
    assessment: bytes32

event LevelSet:
    party: indexed(bytes32)
    n: uint256
    level: uint256

NAME: constant(bytes32) = keccak256("Grades")
CATALOGUE: constant(bytes32) = keccak256("Catalogue")
ENTRIES: constant(bytes32) = keccak256("Entries")
COLUMNS_GRADED: constant(bytes32) = keccak256("ColumnsGraded(bytes32,uint256,bytes32,bytes32,uint256,uint256)")
TERMS_COVERED: constant(bytes32) = keccak256(
    "TermsCovered(bytes32,uint256,bytes32,bytes32,bytes32,uint256,uint256,uint256,bytes32)"
)
LEVEL_SET: constant(bytes32) = keccak256("LevelSet(bytes32,uint256,uint256)")

HIGHEST: constant(uint256) = 4
# From this grade on data are computed with and never handed over.
COMPUTE_ONLY: constant(uint256) = 3
# A party without a registered level.
LOWEST: constant(uint256) = 1
# Bits of operations that hand rows over, not figures: EXPORT 128 and whatever may follow it.
COMPUTING: constant(uint256) = 127
# 0 no personal information, 1 personal, 2 sensitive personal information.
SENSITIVE: constant(uint256) = 2
# Items of article 13 of the Personal Information Protection Law: 1 consent to 7 other laws; 3 is a statutory duty.
LAST_BASIS: constant(uint256) = 7
MAX_COLUMNS: constant(uint256) = 64

columns: public(HashMap[bytes32, HashMap[bytes32, Column]])
covers: public(HashMap[bytes32, HashMap[bytes32, Cover]])
# Of each graded entry, the highest grade among all its columns.
highest: public(HashMap[bytes32, uint256])
levels: HashMap[bytes32, uint256]


@external
@view
def level(party: bytes32) -> uint256:
    """
    @notice The level a party is registered with; the lowest without a registration.
    """
    return max(self.levels[party], LOWEST)


@external
@view
def obstacle(asset: bytes32, terms: bytes32, recipient: bytes32, operations: uint256) -> String[48]:
    """
    @notice Why terms may not be granted to a recipient for these operations; empty if they may.
    """
    cover: Cover = self.covers[asset][terms]
    entry: Asset = staticcall Catalogue(registry._at(CATALOGUE)).assets(asset)
    if cover.grade == 0 or cover.document != entry.document:
        return "columns of the terms not graded (R03)"
    return self._obstacle(cover.grade, recipient, operations)


@external
@view
def whole_obstacle(asset: bytes32, recipient: bytes32, operations: uint256) -> String[48]:
    """
    @notice Why an asset with all its columns may not be granted to a recipient for these operations; empty if it may.
    """
    entry: Asset = staticcall Catalogue(registry._at(CATALOGUE)).assets(asset)
    highest: uint256 = self.highest[entry.document]
    if highest == 0:
        return "columns of the entry not graded (R03)"
    return self._obstacle(highest, recipient, operations)


@external
def set_level(party: bytes32, level: uint256):
    """
    @notice Register up to which grade a party may be a recipient. By quorum only.
    """
    registry._require_current(NAME)
    assert registry._is_governance(msg.sender), "grades: governance only"
    assert party != empty(bytes32), "grades: party missing"
    assert level != 0 and level <= HIGHEST, "grades: level"
    self.levels[party] = level
    journal._record(party, LEVEL_SET, abi_encode(journal._next(party), level))


@external
def grade(document: bytes32, columns: DynArray[Column, MAX_COLUMNS]):
    """
    @notice Lay open the columns that a filed entry commits to, each with its grade.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    filed: filing.Entry = staticcall Entries(registry._at(ENTRIES)).entries(document)
    assert filed.owner == party, "grades: no such entry (R03)"
    assert keccak256(abi_encode(columns)) == filed.columns, "grades: not the columns of the entry (R03)"
    highest: uint256 = 0
    for column: Column in columns:
        assert column.id != empty(bytes32), "grades: column missing (R03)"
        assert column.grade != 0 and column.grade <= HIGHEST, "grades: grade (R03)"
        assert column.personal <= SENSITIVE, "grades: personal information (R26)"
        assert self.columns[document][column.id].grade == 0, "grades: column twice (R03)"
        self.columns[document][column.id] = column
        highest = max(highest, column.grade)
    assert highest != 0, "grades: column missing (R03)"
    self.highest[document] = highest
    data: Bytes[160] = abi_encode(journal._next(filed.asset), party, document, len(columns), highest)
    journal._record(filed.asset, COLUMNS_GRADED, data)


@external
def cover(asset: bytes32, terms: bytes32, columns: DynArray[bytes32, MAX_COLUMNS], basis: uint256, assessment: bytes32):
    """
    @notice State which columns of the entry in force some terms cover; personal ones need a basis and an assessment.
    @param basis Item of article 13 of the Personal Information Protection Law; 0 where nothing is personal.
    @param assessment Salted digest of the impact assessment of this provision (article 55 of that law).
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Asset = staticcall Catalogue(registry._at(CATALOGUE)).assets(asset)
    assert entry.owner == party, "grades: asset of another party"
    assert terms != empty(bytes32), "grades: terms missing"
    # What the head has agreed to grant is not covered otherwise behind her back.
    assert self.covers[asset][terms].document != entry.document, "grades: covered already"
    found: Cover = Cover(document=entry.document, grade=0, personal=0, basis=basis, assessment=assessment)
    for id: bytes32 in columns:
        column: Column = self.columns[entry.document][id]
        assert column.grade != 0, "grades: unknown column (R03)"
        found.grade = max(found.grade, column.grade)
        found.personal = max(found.personal, column.personal)
    assert found.grade != 0, "grades: column missing (R03)"
    assert basis <= LAST_BASIS and (basis != 0) == (found.personal != 0), "grades: legal basis (R26)"
    assert found.personal == 0 or assessment != empty(bytes32), "grades: impact assessment missing (R26)"
    self.covers[asset][terms] = found
    data: Bytes[288] = abi_encode(journal._next(asset), party, terms, found)
    journal._record(asset, TERMS_COVERED, data)


@internal
@view
def _obstacle(grade: uint256, recipient: bytes32, operations: uint256) -> String[48]:
    """
    @notice Why columns up to a grade may not be granted to a recipient for these operations; empty if they may.
    """
    if grade > max(self.levels[recipient], LOWEST):
        return "grade above the recipient's level (R03)"
    if grade >= COMPUTE_ONLY and operations & COMPUTING != operations:
        return "grade allows computing only (R03)"
    return ""
