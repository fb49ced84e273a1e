"""An owner's commitment binds the very file, declaration, question and rows that its input was made of."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from townspecs import SALES, join, registrar_rows, sales_csv, sums

from ledger.errors import InvalidRecord
from mpc import commitment
from mpc.commitment import Owner
from mpc.kinds.registry import kind_of
from mpc.node.assets import AssetConfig
from mpc.node.attempts import origin
from mpc.node.memory import versions
from mpc.spec.job import SumsSpec
from mpc.tables.schema import Schema
from mpc.tables.table import Table

SALT, OWNER = b"\1" * 32, Owner(bytes(32), b"\2" * 32, "registrar-1")


def committed(
    path: Path, spec: SumsSpec, schema: Schema = SALES, *, code: str = "sales-1", salt: bytes = SALT
) -> bytes:
    asset = AssetConfig(code, path, schema)
    with origin.unchanged(path) as file, closing(Table(path, schema)) as table:
        own = versions.read(spec, OWNER.party, code, table, b"key of the journal")
        data = kind_of(spec).prepare(OWNER.party, table)
    secret = commitment.hide(salt, origin.describe(spec, asset, own, file), data.json())
    return kind_of(spec).commit(OWNER, data, secret)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text(sales_csv(registrar_rows(1)))
    return path


def test_the_same_file_and_question_give_the_same_commitment(table: Path) -> None:
    assert committed(table, sums()) == committed(table, sums())


def test_every_part_of_the_origin_changes_the_commitment(table: Path, tmp_path: Path) -> None:
    first = committed(table, sums())
    wider = replace(SALES, columns={**SALES.columns, "price": replace(SALES.columns["price"], high=10**10)})  # type: ignore[type-var]
    others = {
        "question": committed(table, sums(low=11)),
        "declaration": committed(table, replace(sums(), value=replace(sums().value, bound=10**10)), wider),
        "asset": committed(table, sums(), code="sales-2"),
        "salt": committed(table, sums(), salt=b"\3" * 32),
    }
    moved = tmp_path / "moved.csv"
    moved.write_text(sales_csv(registrar_rows(1)[::-1]))
    others["file"] = committed(moved, sums())  # the same rows in another order: the same input of another file
    moved.write_text(sales_csv([*registrar_rows(1)[:-1], ("1111100039", "1", 2001)]))
    others["one row"] = committed(moved, sums())
    assert len({first, *others.values()}) == 1 + len(others)


def test_the_record_names_the_files_bytes(table: Path) -> None:
    with origin.unchanged(table) as file:
        assert file == sha256(table.read_bytes()).hexdigest()


def test_a_file_that_changes_while_it_is_read_is_refused(table: Path) -> None:
    with pytest.raises(InvalidRecord, match="changed while it was read"), origin.unchanged(table):
        table.write_text(table.read_text() + "1999900000,1,5\n")
    with origin.unchanged(table):
        table.touch()


INPUTS: Mapping[str, object] = {
    "cells": [["1"], {"count": 1}, {"count": "01"}, {"count": "1e3"}, None],
    "rows": [{"1": ["k"]}, {"1": {"k": []}}, {"1": {"k": ["x"]}}, {"1": {"k": "1"}}, []],
    "keys": [{"k": "1"}, [1], [["k"]], "k", None],
}


def test_inputs_come_back_as_they_were_written(table: Path) -> None:
    with closing(Table(table, SALES)) as read:
        own = kind_of(sums()).prepare("registrar-1", read)
        held = kind_of(join()).prepare("finance", read)
        listed = kind_of(join()).prepare("tax", read)
    assert kind_of(sums()).read_input("registrar-1", own.json()) == own
    assert kind_of(join()).read_input("finance", held.json()) == held
    assert kind_of(join()).read_input("tax", listed.json()) == listed


@pytest.mark.parametrize("kind", INPUTS)
def test_what_no_owner_writes_is_no_input(kind: str) -> None:
    spec, party = {"cells": (sums(), "registrar-1"), "rows": (join(), "finance"), "keys": (join(), "tax")}[kind]
    for value in INPUTS[kind]:  # type: ignore[attr-defined]
        with pytest.raises(InvalidRecord, match="input"):
            kind_of(spec).read_input(party, value)
