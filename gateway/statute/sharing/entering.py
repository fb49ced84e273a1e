"""What an owner's officer enters in the catalogue: the entry with its graded columns, the asset, and what terms cover.

The words of an entry and the salt of its digests are kept under ``state/entries/`` of the department; the head of the
sharing body agrees to exactly these words, and whoever loses the salt must file the entry anew. Every step is done
once; a command that was interrupted may be repeated. Nothing here decides: every rule is the contracts'.
Source: Regulation on Government Data Sharing, articles 13 to 17 and 37.
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

from contracts.addresses import CATALOGUE, GRADES
from contracts.authorizations.terms import Terms, identifier
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Asset, AssetState, Category
from contracts.catalogue.rules import Grade as AssetGrade
from contracts.entries import client as entries
from contracts.entries import statement as statements
from contracts.entries.record import NOTHING, Secrecy
from contracts.entries.rules import check
from contracts.entries.statement import SALT_BYTES, TEXTS, Graded, Statement
from contracts.grades import client as grades
from contracts.grades.record import Basis, Personal
from contracts.grades.rules import Covering, Grade
from contracts.parties.client import party_id
from gateway.statistics.publishing import Edition, Editions, fresh, read_edition
from gateway.statute.officers import Officer
from ledger import canonical
from ledger.chain.port import Receipt
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import tagged
from mpc.node.assets import AssetConfig
from mpc.node.whole import write_whole


def plain(asset: AssetConfig, title: str, *, condition: str, assessment: str, grade: int = 1) -> Statement:
    """State the same of all columns: for data of one grade, shared on one condition, without personal information."""
    items = ", ".join(sorted(asset.schema.columns))
    words = (title, items, asset.file.suffix.removeprefix("."), "once", "joint computation", assessment, assessment)
    columns = tuple(Graded(name, grade) for name in sorted(asset.schema.columns))
    stated = Statement(
        asset.code, dict(zip(TEXTS, words, strict=True)), Category.CONDITIONAL, AssetGrade.GENERAL, Secrecy.NONE, "",
        (condition,), columns, bytes(SALT_BYTES),
    )  # fmt: skip
    return _with_terms(stated, asset)


def read(path: Path, asset: AssetConfig) -> Statement:
    """Read an entry as an officer wrote it; every declared column must be graded.

    Raises:
        NotFound: no such file.
        InvalidRecord: with file and line, or the column that is missing.
    """
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    found = statements.read(path.read_bytes(), path.name, asset.code, bytes(SALT_BYTES))
    if missing := sorted(set(asset.schema.columns) - {column.name for column in found.columns}):
        raise InvalidRecord(f"{path.name}: column {missing[0]} of asset {asset.code} has no grade")
    if asset.privacy is not None and found.category is not Category.CONDITIONAL:
        raise InvalidRecord(f"{path.name}: asset {asset.code} is asked with noise only, so it is shared on conditions")
    return _with_terms(found, asset)


def _with_terms(statement: Statement, asset: AssetConfig) -> Statement:
    """Add the terms of private questions, if the asset has any, to the conditions that it is shared on."""
    if asset.privacy is None:
        return statement
    return replace(statement, conditions=(*statement.conditions, asset.privacy.condition))


def kept(entries: Path, asset: str) -> Statement:
    """Read what this department has stated of an asset, with its salt; raises NotFound, InvalidRecord."""
    path = entries / f"{asset}.json"
    if not path.is_file():
        raise NotFound(f"entry: nothing is stated of asset {asset} here")
    return statements.parse(path.read_bytes())


def salted(entries: Path, wanted: Statement) -> Statement:
    """Keep a statement under a fresh salt; one that says the same keeps its own, so that calls can be repeated."""
    path = entries / f"{wanted.asset}.json"
    if path.is_file():
        known = statements.parse(path.read_bytes())
        if replace(known, salt=wanted.salt) == wanted:
            return known
    fresh = replace(wanted, salt=secrets.token_bytes(SALT_BYTES))
    write_whole(path, canonical.encode(fresh.json()))
    return fresh


class Entering:
    """One owner's entries at the chain; what is there already is returned as None and not done again."""

    def __init__(self, officer: Officer) -> None:
        self._officer, self._party = officer, party_id(officer.party)

    def mount(self, statement: Statement, item: str) -> Receipt | None:
        """File and grade the entry the head has agreed to, and put it in force for the asset.

        Raises:
            AwaitingHead: she has not agreed yet.
            InvalidRecord, NotAuthorized: the entry lacks something, or the chain refuses.
        """
        return self.enter(statement, identifier(item))

    def enter(self, statement: Statement, code: bytes) -> Receipt | None:
        """Do what ``mount`` does, for an item whose code is given as it stands on chain."""
        check(statement.filing)
        asset, document = identifier(statement.asset), statement.document(self._party)
        known = self._asset(asset)
        if known.document != document:
            self._file(statement, document)
        self._grade(statement, document)
        if known.state is AssetState.MOUNTED and known.owner == self._party:
            if known.document == document:
                return None
            return self._officer.change(
                CATALOGUE, asset, "amend", lambda op_id: catalogue.amend(asset, document, op_id=op_id)
            )
        return self._officer.change(
            CATALOGUE, asset, "mount", lambda op_id: catalogue.mount(asset, code, document, op_id=op_id)
        )

    def has_entered(self, asset: str) -> bool:
        """Say whether the catalogue has this party's asset, in whatever words."""
        return self._asset(identifier(asset)).owner == self._party

    def publish(self, asset: AssetConfig) -> tuple[Edition, Receipt | None]:
        """Publish the table as it is now as the next version of an asset, unless it is the newest one already."""
        id, editions = identifier(asset.code), Editions(self._officer.config.state, asset.code)
        known = self._asset(id)
        edition = read_edition(asset, editions.salt(known.commitment))
        if known.versions and (known.rows, known.commitment) == (edition.rows, edition.commitment):
            return edition, None
        edition = fresh(asset)
        editions.keep(edition)
        receipt = self._officer.change(
            CATALOGUE,
            id,
            "publish",
            lambda op_id: catalogue.publish(id, edition.rows, edition.commitment, op_id=op_id),
        )
        return edition, receipt

    def _file(self, statement: Statement, document: bytes) -> None:
        entry = entries.decode_entry(document, self._officer.proven(entries.entry_fact(document)))
        if not entry.filed:
            self._officer.act(statement.filing)

    def _grade(self, statement: Statement, document: bytes) -> None:
        first = statement.chained[0].id
        held = grades.decode_column(document, first, self._officer.proven(grades.column_fact(document, first)))
        if not held.grade:
            call = Grade(document, statement.chained)
            asset = identifier(statement.asset)
            self._officer.change(GRADES, asset, "grade", lambda op_id: grades.grade(call, op_id=op_id))

    def _asset(self, asset: bytes) -> Asset:
        return catalogue.decode_asset(asset, self._officer.proven(catalogue.asset_fact(asset)))


def covering(statement: Statement, terms: Terms, basis: Basis, assessment: str) -> Covering:
    """State which graded columns some terms cover; personal information needs a legal basis and an assessment.

    Raises:
        NotFound: a column of the terms is not graded.
    """
    graded = [statement.graded(column) for column in terms.columns]
    ids = tuple(statement.id_of(column) for column in terms.columns)
    covering = Covering(identifier(terms.asset), terms.digest, ids)
    if all(column.personal is Personal.NONE for column in graded):
        return covering
    digest = tagged("SHUXIN-ASSESSMENT-V1", terms.salt, assessment.encode()) if assessment else NOTHING
    return replace(covering, basis=basis, assessment=digest)


def supplier(officer: Officer, item: str) -> bytes:
    """Return the asset that supplies an item by sharing, by proof; nothing if none does."""
    code = identifier(item)
    asset = catalogue.decode_source(code, officer.proven(catalogue.source_fact(code)))
    held = catalogue.decode_asset(asset, officer.proven(catalogue.asset_fact(asset)))
    return asset if held.offered != NOTHING else b""
