"""What each event says about provenance, as a table: event in, edges out. Pure; the same events give the same edges.

Every event of every contract is in one of these tables or in ``silence``; a test holds that against the artefacts, so a
new event forces the question. What it does NOT do: look at other events. An edge that needs two events is not made up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeAlias, cast

from gateway.provenance.graph import Edge, Kind, Node, Relation, block
from ledger.chain.port import Event
from ledger.hashing import keccak256

Said: TypeAlias = tuple[Node, Relation, Node, str]
Reading: TypeAlias = Callable[[Mapping[str, object]], Iterable[Said]]

USED, MADE, FROM = Relation.USED, Relation.WAS_GENERATED_BY, Relation.WAS_DERIVED_FROM
WITH, FOR, ENDED, OF = (
    Relation.WAS_ASSOCIATED_WITH,
    Relation.ACTED_ON_BEHALF_OF,
    Relation.WAS_INVALIDATED_BY,
    Relation.WAS_ATTRIBUTED_TO,
)
NOTHING: Final = bytes(32)


def edges_of(event: Event) -> Iterator[Edge]:
    """Return what an event says; words of zero name nobody and nothing."""
    key = (event.contract, event.name)
    said = list(SAYS[key](event.args)) if key in SAYS else []
    at = event.cursor
    for source, relation, target, role in [*_begun(key, event), *said, *_ended(key, event)]:
        if source.id != NOTHING and target.id != NOTHING:
            yield Edge(source, relation, target, role, at)


def version(asset: bytes, number: int) -> Node:
    """Return the node of one version of an asset."""
    return Node(Kind.VERSION, keccak256(asset + number.to_bytes(32, "big")))


def _entity(kind: Kind, args: Mapping[str, object], name: str = "id") -> Node:
    return Node(kind, cast(bytes, args[name]))


def _party(args: Mapping[str, object], name: str = "party") -> Node:
    return _entity(Kind.PARTY, args, name)


def _digest(args: Mapping[str, object], name: str) -> Node:
    return _entity(Kind.DIGEST, args, name)


def _begun(key: tuple[str, str], event: Event) -> Iterator[Said]:
    """What an entity's first event says besides: in which block it came to be."""
    kind = BEGINNINGS.get(key)
    if kind is not None and event.args["n"] == 1:
        yield Node(kind, event.topics[1]), MADE, block(event.block_number), ""


def _ended(key: tuple[str, str], event: Event) -> Iterator[Said]:
    if key in ENDINGS:
        yield Node(ENDINGS[key], event.topics[1]), ENDED, block(event.block_number), event.name


def _enrolled(args: Mapping[str, object]) -> Iterable[Said]:
    yield _entity(Kind.AGENT, args, "agent"), FOR, _party(args), ""


def _mounted(args: Mapping[str, object]) -> Iterable[Said]:
    asset = _entity(Kind.ASSET, args, "asset")
    yield asset, OF, _party(args), "owner"
    yield asset, FROM, _digest(args, "document"), "entry"
    yield asset, FROM, _digest(args, "item"), "item"


def _amended(args: Mapping[str, object]) -> Iterable[Said]:
    yield _entity(Kind.ASSET, args, "asset"), FROM, _digest(args, "document"), "entry"


def _published(args: Mapping[str, object]) -> Iterable[Said]:
    asset, number = _entity(Kind.ASSET, args, "asset"), cast(int, args["version"])
    made = version(asset.id, number)
    yield made, FROM, asset, "version"
    if number > 1:
        yield made, FROM, version(asset.id, number - 1), "revision"
    yield made, OF, _party(args), "owner"
    yield _digest(args, "commitment"), FROM, made, "commitment"


def _destroyed(args: Mapping[str, object]) -> Iterable[Said]:
    yield _digest(args, "certificate"), FROM, _entity(Kind.ASSET, args, "asset"), "destruction"


def _requested(args: Mapping[str, object]) -> Iterable[Said]:
    asked = _entity(Kind.AUTHORIZATION, args)
    yield asked, FROM, _entity(Kind.ASSET, args, "asset"), "request"
    yield asked, OF, _party(args), "requester"


def _granted(args: Mapping[str, object]) -> Iterable[Said]:
    granted = _entity(Kind.AUTHORIZATION, args)
    yield granted, FROM, _entity(Kind.ASSET, args, "asset"), "grant"
    yield granted, FROM, _digest(args, "terms"), "terms"
    yield granted, OF, _party(args), "owner"
    yield granted, OF, _party(args, "grantee"), "grantee"


def _disposed(args: Mapping[str, object]) -> Iterable[Said]:
    yield _digest(args, "certificate"), FROM, _entity(Kind.AUTHORIZATION, args), "disposal"


def _authorization_used(args: Mapping[str, object]) -> Iterable[Said]:
    yield _entity(Kind.JOB, args, "job"), USED, _entity(Kind.AUTHORIZATION, args), "authorization"


def _reserved(args: Mapping[str, object]) -> Iterable[Said]:
    yield _entity(Kind.JOB, args, "job"), USED, _entity(Kind.ASSET, args, "asset"), "budget"


def _proposed(args: Mapping[str, object]) -> Iterable[Said]:
    job = _entity(Kind.JOB, args, "job")
    yield job, WITH, _party(args), "proposer"
    yield job, WITH, _party(args, "recipient"), "recipient"
    for member in cast(tuple[bytes, ...], args["parties"]):
        yield job, WITH, Node(Kind.PARTY, member), "member"
    yield job, USED, _digest(args, "spec"), "specification"


def _committed(args: Mapping[str, object]) -> Iterable[Said]:
    committed = _digest(args, "input")
    yield _entity(Kind.JOB, args, "job"), USED, committed, "input"
    yield committed, OF, _party(args), "input"


def _signed(args: Mapping[str, object]) -> Iterable[Said]:
    job, release = _entity(Kind.JOB, args, "job"), _entity(Kind.RELEASE, args, "result")
    evidence = _entity(Kind.EVIDENCE, args, "statement")
    yield release, MADE, job, "result"
    yield release, OF, _party(args), "signer"
    yield evidence, MADE, job, "statement"
    yield evidence, FROM, release, "statement"
    yield _digest(args, "result"), FROM, release, "result"  # by which a model's catalogue entry names it


def _refused(args: Mapping[str, object]) -> Iterable[Said]:
    yield _entity(Kind.JOB, args, "job"), WITH, _party(args), "refuser"


def _supplied(args: Mapping[str, object]) -> Iterable[Said]:
    content = _digest(args, "content")
    yield content, FROM, _entity(Kind.AUTHORIZATION, args, "authorization"), "supply"
    yield content, OF, _party(args), "supplier"
    yield content, OF, _party(args, "grantee"), "holder"
    yield content, FROM, _digest(args, "source"), "source"


def _use_recorded(args: Mapping[str, object]) -> Iterable[Said]:
    content = _digest(args, "content")
    yield content, FROM, _entity(Kind.AUTHORIZATION, args, "authorization"), "use"
    yield content, OF, _party(args), "holder"


def _anchored(args: Mapping[str, object]) -> Iterable[Said]:
    stream, root = _entity(Kind.STREAM, args, "stream"), _digest(args, "root")
    yield stream, OF, _party(args, "owner"), "owner"
    yield root, FROM, stream, "root"


def _title_entered(args: Mapping[str, object]) -> Iterable[Said]:
    unit = _entity(Kind.UNIT, args, "unit")
    yield unit, OF, _party(args), "registrar"
    yield unit, FROM, _entity(Kind.UNIT, args, "origin"), "origin"
    yield unit, FROM, _digest(args, "source"), "source"
    yield unit, FROM, _digest(args, "spatial"), "spatial"


def _restriction_entered(args: Mapping[str, object]) -> Iterable[Said]:
    unit = _entity(Kind.UNIT, args, "unit")
    yield unit, OF, _party(args), "restriction"
    yield unit, FROM, _digest(args, "source"), "restriction"


def _application_accepted(args: Mapping[str, object]) -> Iterable[Said]:
    case = _entity(Kind.CASE, args)
    yield case, WITH, _party(args), "registrar"
    yield case, USED, _entity(Kind.UNIT, args, "unit"), "unit"
    yield case, USED, _digest(args, "papers"), "papers"


def _case_opened(args: Mapping[str, object]) -> Iterable[Said]:
    case = _entity(Kind.CASE, args)
    yield case, WITH, _party(args), "window"
    yield case, USED, _digest(args, "papers"), "papers"


def _case_signed(args: Mapping[str, object]) -> Iterable[Said]:
    case = _entity(Kind.CASE, args)
    yield case, WITH, _party(args), "signer"
    yield _digest(args, "document"), MADE, case, "document"


def _case_closed(args: Mapping[str, object]) -> Iterable[Said]:
    yield _digest(args, "certificate"), MADE, _entity(Kind.CASE, args), "certificate"


def _certificate_issued(args: Mapping[str, object]) -> Iterable[Said]:
    certificate = _digest(args, "digest")
    yield certificate, FROM, _entity(Kind.UNIT, args, "unit"), "certificate"
    yield certificate, OF, _party(args), "issuer"


def _voucher_issued(args: Mapping[str, object]) -> Iterable[Said]:
    voucher = _digest(args, "id")
    yield voucher, FROM, _entity(Kind.ASSET, args, "asset"), "voucher"
    yield voucher, OF, _party(args), "issuer"
    yield voucher, OF, _party(args, "holder"), "holder"


def _voucher_transferred(args: Mapping[str, object]) -> Iterable[Said]:
    yield _digest(args, "id"), OF, _party(args, "holder"), "holder"


def _material_registered(args: Mapping[str, object]) -> Iterable[Said]:
    content = _digest(args, "content")
    yield content, FROM, _digest(args, "id"), "material"
    yield content, OF, _party(args), "issuer"


def _material_reused(args: Mapping[str, object]) -> Iterable[Said]:
    yield _entity(Kind.CASE, args, "matter"), USED, _digest(args, "id"), "material"


def _item_entered(args: Mapping[str, object]) -> Iterable[Said]:
    yield _digest(args, "id"), OF, _party(args), "holder"
    yield _digest(args, "condition"), FROM, _digest(args, "id"), "condition"


SAYS: Final[Mapping[tuple[str, str], Reading]] = {
    ("Parties", "Enrolled"): _enrolled,
    ("Catalogue", "AssetMounted"): _mounted,
    ("Catalogue", "AssetAmended"): _amended,
    ("Catalogue", "AssetPublished"): _published,
    ("Catalogue", "AssetDestroyed"): _destroyed,
    ("Requests", "RequestReceived"): _requested,
    ("Authorizations", "AuthorizationGranted"): _granted,
    ("Authorizations", "AuthorizationDisposed"): _disposed,
    ("Authorizations", "AuthorizationUsed"): _authorization_used,
    ("Budgets", "BudgetReserved"): _reserved,
    ("Jobs", "JobProposed"): _proposed,
    ("Jobs", "JobCommitted"): _committed,
    ("Jobs", "JobSigned"): _signed,
    ("Jobs", "JobRefused"): _refused,
    ("Supplies", "Supplied"): _supplied,
    ("Uses", "UseRecorded"): _use_recorded,
    ("Notary", "Anchored"): _anchored,
    ("Titles", "TitleEntered"): _title_entered,
    ("Restrictions", "RestrictionEntered"): _restriction_entered,
    ("Applications", "ApplicationAccepted"): _application_accepted,
    ("Cases", "CaseOpened"): _case_opened,
    ("Cases", "CaseSigned"): _case_signed,
    ("Cases", "CaseClosed"): _case_closed,
    ("Certificates", "CertificateIssued"): _certificate_issued,
    ("Vouchers", "VoucherIssued"): _voucher_issued,
    ("Vouchers", "VoucherTransferred"): _voucher_transferred,
    ("Materials", "MaterialRegistered"): _material_registered,
    ("Materials", "MaterialReused"): _material_reused,
    ("Custody", "ItemEntered"): _item_entered,
    ("Custody", "ItemTaken"): _item_entered,
}

BEGINNINGS: Final = {
    ("Catalogue", "AssetMounted"): Kind.ASSET,
    ("Authorizations", "AuthorizationGranted"): Kind.AUTHORIZATION,
    ("Notary", "Anchored"): Kind.STREAM,
    ("Titles", "TitleEntered"): Kind.UNIT,
}
"""First events of entities that no job and no case makes, and what kind of node the entity is."""

ENDINGS: Final = {
    ("Catalogue", "AssetUnmounted"): Kind.ASSET,
    ("Catalogue", "AssetDestroyed"): Kind.ASSET,
    ("Authorizations", "AuthorizationRevoked"): Kind.AUTHORIZATION,
    ("Authorizations", "AuthorizationDisposed"): Kind.AUTHORIZATION,
    ("Parties", "Dismissed"): Kind.AGENT,
    ("Vouchers", "VoucherRevoked"): Kind.DIGEST,
    ("Materials", "MaterialWithdrawn"): Kind.DIGEST,
    ("Custody", "ItemClosed"): Kind.DIGEST,
}
