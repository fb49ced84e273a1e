"""The calls that enter an asset and make an authorization: the head agrees, then the officer files, asks, consents."""

from __future__ import annotations

from contracts.authorizations.record import Scope
from contracts.authorizations.terms import identifier
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Category
from contracts.catalogue.rules import Grade as AssetGrade
from contracts.endorsements import client as endorsements
from contracts.entries import client as entries
from contracts.entries.record import Secrecy
from contracts.entries.rules import act_of as entry_act_of
from contracts.entries.statement import TEXTS, Graded, Statement
from contracts.grades import client as grades
from contracts.grades.rules import Covering, Grade
from contracts.requests import client as requests
from contracts.requests.calls import Consent, Submit
from contracts.requests.rules import act_of
from ledger.chain.port import Operation
from ledger.hashing import keccak256, tagged
from mpc.privacy.declaration import Declaration

WORDS = (b"basis", b"scenario", b"extent", b"method", b"duration")
Signed = tuple[tuple[str, Operation], ...]
"""Operations in order, each with the use of the key that signs it: head or officer."""


def asked(id: bytes, asset: bytes, owner: bytes, scope: Scope) -> Signed:
    """Build the requester's calls, with five grounds that say nothing."""
    basis, scenario, extent, method, duration = map(keccak256, WORDS)
    call = Submit(id, asset, owner, (basis, scenario, extent, method, duration), scope)
    return (
        ("head", endorsements.endorse(act_of(call, 1), op_id=tagged("test agreed request", id))),
        ("officer", requests.submit(call, op_id=tagged("test request", id))),
    )


def stated(
    asset: str, *columns: str, category: Category = Category.CONDITIONAL, privacy: Declaration | None = None
) -> Statement:
    """What an owner says of an asset whose columns anybody may have."""
    texts = {name: f"the {name} of {asset}" for name in TEXTS}
    graded = tuple(Graded(name, 1) for name in sorted(columns or ("column",)))
    law = "Archives Law, article 27" if category is Category.NOT_SHARED else ""
    conditions = ("figures only",) if category is Category.CONDITIONAL else ()
    if privacy is not None:
        conditions = (*conditions, privacy.condition)
    words = (category, AssetGrade.GENERAL, Secrecy.NONE, law, conditions)
    return Statement(asset, texts, *words, graded, keccak256(asset.encode()))


def entered(party: bytes, statement: Statement, item: bytes) -> Signed:
    """Build the owner's calls that file, grade and mount an asset."""
    document, asset = statement.document(party), identifier(statement.asset)
    agreed = entry_act_of(statement.filing, party, 1)
    return (
        ("head", endorsements.endorse(agreed, op_id=tagged("test agreed entry", asset))),
        ("officer", entries.file(statement.filing, op_id=tagged("test file", asset))),
        ("officer", grades.grade(Grade(document, statement.chained), op_id=tagged("test grade", asset))),
        ("officer", catalogue.mount(asset, item, document, op_id=tagged("test mount", asset))),
    )


def answered(id: bytes, party: bytes, statement: Statement, terms: bytes, *columns: str) -> Signed:
    """Build the owner's calls: which columns the terms cover, and a yes under the entry of the catalogue."""
    call, asset = Consent(id, statement.document(party)), identifier(statement.asset)
    covering = Covering(asset, terms, tuple(map(statement.id_of, columns or (statement.columns[0].name,))))
    return (
        ("officer", grades.cover(covering, op_id=tagged("test cover", id))),
        ("head", endorsements.endorse(act_of(call, 2), op_id=tagged("test agreed consent", id))),
        ("officer", requests.consent(call, op_id=tagged("test consent", id))),
    )
