"""Bad input to joins: keys of other kinds and writings, repeated ones, constant columns, and a party that is gone.

``tests/mpc/test_bad_input.py`` is the table of all cases and protocols.
"""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import pytest

from ledger.errors import InvalidRecord
from mpc.dummies import MatchNoise
from mpc.kinds.registry import kind_of
from mpc.protocols.join.layout import Guarantee
from mpc.protocols.join.run import GROUPED, NOISED
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Killed, kill
from mpc.spec.job import JoinSpec
from mpc.spec.parts import Amount, Source
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

DIGITS, WIDE = Text("[0-9]{4}"), {"fee": Integer(0, 10**6)}


def table(directory: Path, rows: list[tuple[str, int]], key: Text = DIGITS) -> Table:
    path = directory / f"{len(list(directory.iterdir()))}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("bbl", "fee"), *rows])
    return Table(path, Schema({"bbl": key, **WIDE}, key="bbl"))


def join_of(**changes: object) -> JoinSpec:
    fields: dict[str, object] = {
        "purpose": "audit",
        "recipient": "office",
        "holder": Source("finance", "fees", bytes(32)),
        "holder_key": "bbl",
        "holder_most": 400,
        "filters": (),
        "grouping": None,
        "sums": (Amount("fee", 10**6),),
        "lister": Source("tax", "list", bytes(32)),
        "lister_key": "bbl",
        "lister_most": 400,
        "lister_filters": (),
        "rows": 4000,
        "minimum": 10,
        "epsilon_milli": 1000,
        "delta_log2": -20,
    }
    return JoinSpec(**fields | changes)  # type: ignore[arg-type]


def inputs(held: Table, listed: Table):
    spec = join_of()
    return kind_of(spec).prepare("finance", held).table, kind_of(spec).prepare("tax", listed).keys


def test_a_key_is_a_text_so_a_number_on_one_side_is_refused_by_its_owner() -> None:
    Schema({"bbl": DIGITS}, key="bbl")
    with pytest.raises(InvalidRecord, match="'bbl', a key or group, is not declared as a text column"):
        Schema({"bbl": Integer(0, 9999)}, key="bbl")


def test_one_key_in_two_writings_is_refused_or_means_one_key_by_the_declared_rule(tmp_path: Path) -> None:
    """ "0042" and "42" are two keys, and a pattern that fits one of them refuses the other by its line."""
    with pytest.raises(InvalidRecord, match="line 3: column 'bbl' does not match the declared pattern"):
        table(tmp_path, [("0042", 1), ("42", 1)])
    held, listed = inputs(table(tmp_path, [("0042", 7)]), table(tmp_path, [("42", 0)], Text("[0-9]{1,4}")))
    assert not set(held["*"]) & set(listed)


def test_keys_repeated_on_both_sides_count_the_holders_rows_once(kit, tmp_path: Path) -> None:
    """A join in SQL would multiply 3 rows by 2; here rows are the holder's, whose keys are on the list."""
    rows = [(f"{n:04d}", n) for n in range(20) for _ in range(3)]
    held, listed = inputs(table(tmp_path, rows), table(tmp_path, [(key, 0) for key, _ in rows[:36]] * 2))
    join = kit.with_terms(groups=("*",), columns=kit.terms.columns)
    cell = join.run(held, listed)["office"].cells["*"]
    assert (cell.keys, cell.rows, cell.sums) == (12, 36, (3 * sum(range(12)),))


def test_a_constant_column_adds_up_in_a_join(kit, tmp_path: Path) -> None:
    rows = [(f"{n:04d}", 5) for n in range(12)]
    join = kit.with_terms(groups=("*",))
    cell = join.run(*inputs(table(tmp_path, rows), table(tmp_path, rows)))["office"].cells["*"]
    assert (cell.keys, cell.rows, cell.sums) == (12, 12, (60,))


@pytest.mark.parametrize("kind", [NOISED, GROUPED])
@pytest.mark.parametrize("victim", ["finance", "tax"])
def test_an_owner_lost_in_a_join_of_another_kind_ends_it_by_name(kit, kind: str, victim: str) -> None:
    join, programs, (held, listed) = run_of(kit, kind)
    join.intercept = kill(victim, "join-share")
    outcomes = join.run(held, listed, **programs)
    assert isinstance(outcomes[victim], Killed)
    assert isinstance(outcomes["office"], ChannelTimeout | Misbehaviour)
    assert outcomes["office"].party in outcomes


def run_of(kit, kind: str):
    """A small join of this kind, its owners' programs where they need noise, and what they bring."""
    few = {"noise": MatchNoise(10_000, -20), "groups": ("1",)}
    held = kit.table_of(g1=12)
    if kind == GROUPED:
        join = kit.with_terms(**few, lister_groups=("old", "new"))
        join.protocol = kind
        return join, {}, (held, dict.fromkeys(kit.listed(held), "old"))
    guarantee = Guarantee((10_000, 25_000, 90_000_000), 100_000, 15_000, -40, 3_500)
    join = kit.with_terms(**few, minimum=0, list_unit=1, group_unit=1, guarantee=guarantee)
    join.protocol = kind
    noise, listed = {"1": (1, 2, 3)}, kit.listed(held)
    owners = {"finance": partial(join.holder, held), "tax": partial(join.lister, listed)}
    return join, {party: owner(noise=noise) for party, owner in owners.items()}, (held, listed)
