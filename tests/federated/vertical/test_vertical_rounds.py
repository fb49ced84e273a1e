"""A run over columns of several departments, party by party: the trees of pooled columns, and what ends a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from grown import Pooled
from verticalrehearsal import OWNERS, Rehearsal, two
from verticaltown import BANK, CIVIL, HELD, OFFICE, PERSONS, TAX, TREES, persons, schema, table

from contracts.evidence.questions import vertical as restated
from federated.boosting import bins
from federated.boosting.model import Boundary, Leaf, Model, Node, Split, scores, sides
from federated.vertical.jobs.owner import Withheld
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.log.stream import Stream
from mpc.inputs import object_of
from mpc.kinds.models.vertical import Vertical
from mpc.kinds.released import Release, Verdict
from mpc.node.guarding.guard import Refused
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import Message, tamper
from mpc.sessions.session import SIGNATURE_BYTES, statement
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table
from mpc.vertical.algorithms import Loss
from mpc.vertical.boosted import DESCRIPTOR, LABEL, public

COMMON = slice(max(first for first, _ in HELD.values()), min(last for _, last in HELD.values()))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rehearsal, dict[str, object]]:
    rehearsal = Rehearsal(tmp_path_factory.mktemp("run"))
    return rehearsal, rehearsal.run()


def test_all_sign_the_root_of_the_same_trees(done: tuple[Rehearsal, dict[str, object]]) -> None:
    rehearsal, found = done
    release = found[OFFICE]
    assert isinstance(release, Release), found
    assert {found[code].transcript for code in OWNERS} == {release.verdict.transcript}  # type: ignore[attr-defined]
    stream = Stream(rehearsal.home(OFFICE) / "rounds-1")
    assert (stream.checkpoint.root, stream.checkpoint.size) == (release.verdict.transcript, rehearsal.spec.rounds)


def test_parts_put_together_score_as_a_pooled_run(done: tuple[Rehearsal, dict[str, object]]) -> None:
    rehearsal, _ = done
    held = {name: values[COMMON].astype(float) for name, values in persons().items()}
    labels = held.pop("late")
    parts = {code: json.loads((rehearsal.home(code) / "part.json").read_text()) for code in OWNERS}
    answers = {code: sides(_splits(part["splits"]), held) for code, part in parts.items()}
    trees = parts[BANK]["model"]
    model = Model(trees["loss"], tuple(map(float.fromhex, trees["start"])), tuple(map(_node, trees["trees"])))
    edges = {name: bins.fit({name: values}, TREES.bins).edges[0] for name, values in held.items()}
    pooled = Pooled(held, edges, depth=TREES.depth, least=TREES.least)
    expected = pooled.scores(labels, TREES.trees, ridge=TREES.ridge / 1e6, rate=TREES.rate / 1e6)
    assert np.allclose(scores(model, answers, len(labels))[0], expected, atol=1e-9)
    assert np.std(expected) > 0.1
    assert all(part["splits"] for part in parts.values())


def _splits(found: dict[str, dict[str, str]]) -> dict[int, Boundary]:
    return {int(number): Boundary(own["column"], float.fromhex(own["below"])) for number, own in found.items()}


def _node(found: dict[str, object]) -> Node:
    if "weight" in found:
        return Leaf(float.fromhex(str(found["weight"])))
    left, right = (_node(found[side]) for side in ("left", "right"))  # type: ignore[arg-type]
    return Split(str(found["owner"]), int(str(found["split"])), left, right)


def test_an_owner_s_part_stays_with_it(done: tuple[Rehearsal, dict[str, object]]) -> None:
    rehearsal, found = done
    assert not (rehearsal.home(OFFICE) / "part.json").exists()
    release = found[OFFICE]
    assert isinstance(release, Release)
    for code in OWNERS:
        path = rehearsal.home(code) / "part.json"
        assert path.stat().st_mode & 0o077 == 0
        part = json.loads(path.read_text())
        assert (part["model"] is not None) == (code == BANK)
        sent = b"".join(message.body for message in rehearsal.network.sent)
        for split in part["splits"].values():
            assert split["column"].encode() not in sent
            assert np.float64(float.fromhex(split["below"])).tobytes() not in sent
        assert part["salt"] not in json.dumps(release.document)


def test_no_message_is_another_than_the_descriptor_declares(done: tuple[Rehearsal, dict[str, object]]) -> None:
    rehearsal, _ = done
    rows = COMMON.stop - COMMON.start
    chosen = {}
    for message in rehearsal.network.sent:
        step = DESCRIPTOR.step(message.step)
        feature = next((code for code in (message.sender, message.to) if code in (CIVIL, TAX)), CIVIL)
        counts = public(rehearsal.spec, feature)
        counts |= {"listed": 1024, "formed": 1, "sent": rows, "map": -(-rows // 8)}
        body = len(message.body) - SIGNATURE_BYTES
        match step.name:
            case "nodes":
                counts["maps"] = body
                assert body % counts["map"] == 0
            case "chosen":
                chosen[message.step.partition("/")[2], message.to] = counts["chosen"] = body // 12
            case "sides":
                counts["chosen"] = chosen[message.step.partition("/")[2], message.sender]
            case "sums":
                level = int(message.step.rpartition("/")[2])
                counts["asked"] = 1  # the root, and of the two nodes below it the smaller one
                columns, left = counts["columns"], body - 4 * counts["columns"]
                counts["joined"] = left // (4 + counts["ciphertext"])
                assert level < TREES.depth
                assert columns <= counts["joined"] <= columns * TREES.bins
        assert len(message.body) == step.bytes(counts), message.step


def test_before_every_level_a_node_asks_the_chain_and_a_revocation_ends_the_run_there(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, forbidden=(TAX, 2))
    found = rehearsal.run()
    assert isinstance(found[TAX], Refused)
    assert not any(isinstance(outcome, Verdict | Release) for outcome in found.values())
    assert {"sums/0/0", "sums/0/1"} <= rehearsal.steps(TAX)
    assert not [step for step in rehearsal.steps(TAX) if step.startswith("sums/1")]
    assert not any((rehearsal.home(code) / "part.json").exists() for code in OWNERS)
    assert Stream(rehearsal.home(OFFICE) / "rounds-1").checkpoint.size == 2  # a tree, and the end


def test_a_record_of_other_messages_than_were_exchanged_names_the_label_owner(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, spec=two())

    def forge(message: Message) -> Sequence[Message]:
        if (message.step, message.to) != ("leaf/1", TAX):
            return (message,)
        body = message.body[:1] + bytes(32) + message.body[33:-SIGNATURE_BYTES]
        session = rehearsal.sessions[BANK]
        signed = session.signer.sign(statement(LABEL, message.step, session.digest, BANK, TAX, body))
        return (replace(message, body=body + signed),)

    rehearsal.intercept = forge
    outcome = rehearsal.run()[TAX]
    assert isinstance(outcome, Misbehaviour)
    assert (outcome.party, outcome.reason) == (BANK, "a record of other messages than were exchanged")


def test_a_message_that_its_sender_did_not_sign_names_the_sender(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, spec=two(), intercept=tamper(TAX, "sums/0/0", lambda body: body[:-1] + b"x"))
    outcome = rehearsal.run()[BANK]
    assert isinstance(outcome, Misbehaviour)
    assert outcome.party == TAX


def late(value: int) -> str:
    """The bank's table with one label for everybody."""
    found = {**persons()}
    found["late"] = np.full(PERSONS, value)
    return table(BANK, found)


def flat() -> str:
    """A tax table whose columns vary among those alone whom nobody else knows."""
    found = {**persons(), "debt": np.zeros(PERSONS, dtype=int)}
    return table(TAX, found)


@pytest.mark.parametrize(
    ("rows", "who", "said"),
    [
        ({BANK: late(0)}, BANK, "rows of both classes expected"),
        ({TAX: flat()}, TAX, "column debt: all values are equal"),
    ],
)
def test_rows_that_bear_no_training_end_it_before_a_gradient_leaves(
    tmp_path: Path, rows: dict[str, str], who: str, said: str
) -> None:
    rehearsal = Rehearsal(tmp_path, spec=two(), rows=rows)
    outcome = rehearsal.run()[who]
    assert isinstance(outcome, Withheld)
    assert said not in str(outcome)
    assert any(said in line for line in rehearsal.said[who])
    assert not [step for step in rehearsal.steps(BANK) | rehearsal.steps(TAX) if step.startswith(("sums", "sides"))]


def test_too_few_common_rows_end_at_every_owner_alike(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, spec=two(least_rows=271))
    found = rehearsal.run()
    assert {str(found[code]) for code in (BANK, TAX)} == {"alignment: fewer than 271 common rows"}
    assert all(isinstance(found[code], NotAuthorized) for code in (BANK, TAX))


def test_a_department_that_withholds_sends_nothing_of_a_tree(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, spec=two(), withholding=TAX)
    assert isinstance(rehearsal.run()[TAX], Withheld)
    assert not [step for step in rehearsal.steps(TAX) if not step.startswith("align")]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (None, "not declared as an integer"),
        (Text("[a-z]+"), "not declared as an integer"),
        (Integer(-100, 101), "more than the run says"),
        (Integer(-100, 100, nullable=True), "may be empty"),
    ],
)
def test_a_column_that_is_missing_a_text_empty_or_wider_is_refused_before_rows_are_read(
    column: Integer | Text | None, said: str
) -> None:
    kind, known = Vertical(two()), schema(TAX)
    assert list(kind.faults(TAX, known, None, None)) == []  # type: ignore[arg-type]
    columns = {name: found for name, found in known.columns.items() if name != "debt"}
    changed = replace(known, columns={**columns, **({} if column is None else {"debt": column})})
    ((_, text),) = kind.faults(TAX, changed, None, None)  # type: ignore[arg-type]
    assert said in text


def test_a_key_that_repeats_or_is_called_otherwise_is_refused() -> None:
    kind, known = Vertical(two()), schema(TAX)
    assert any("unique" in text for _, text in kind.faults(TAX, replace(known, unique=None), None, None))  # type: ignore[arg-type]
    other = Schema({"id": Text("p.*"), **known.columns}, unique="id", key="id", rows=known.rows)
    assert any("not the declared key" in text for _, text in kind.faults(TAX, other, None, None))  # type: ignore[arg-type]


@pytest.mark.parametrize(("rows", "said"), [("one class", "late: all values are equal"), ("unlisted", "outside")])
def test_a_table_of_one_class_or_with_a_value_nobody_declared_is_refused_by_column(
    tmp_path: Path, rows: str, said: str
) -> None:
    found = {**persons(), "late": np.full(PERSONS, 1 if rows == "one class" else 2)}
    path = tmp_path / "bank.csv"
    path.write_text(table(BANK, found), encoding="utf-8")
    with pytest.raises(InvalidRecord, match=said):
        Vertical(two()).prepare(BANK, Table(path, schema(BANK)))
    path.write_text(table(BANK, persons()), encoding="utf-8")
    assert Vertical(two()).prepare(BANK, Table(path, schema(BANK))).json()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"algorithm": replace(TREES, loss=Loss.SOFTMAX)}, "softmax"),
        ({"least_rows": 99}, "least_rows"),
        ({"round_s": 0}, "3600 seconds"),
        ({"key_bits": 1024}, "2048 or 3072"),
        ({"sides": two().sides[:1]}, "two owners"),
        ({"sides": two().sides[::-1]}, "sorted"),
        ({"algorithm": replace(TREES, trees=500, depth=8)}, "messages"),
    ],
)
def test_a_specification_that_could_not_be_run_is_refused(changes: dict[str, object], said: str) -> None:
    assert two().rounds == TREES.trees
    with pytest.raises(InvalidRecord, match=said):
        two(**changes)


def test_sums_by_bin_are_of_the_minimum_that_owners_agreed_to_also_where_trees_ask_for_less() -> None:
    assert two(minimum=TREES.least).minimum == TREES.least
    with pytest.raises(InvalidRecord, match="least is fewer"):
        two(minimum=TREES.least + 1)
    smaller = {**object_of(two().json()), "minimum": TREES.least + 1}
    with pytest.raises(InvalidRecord, match="fewer rows than its minimum"):
        restated.terms(smaller)
    assert restated.terms({**smaller, "minimum": TREES.least})["minimum"] == TREES.least


@pytest.mark.parametrize("changes", [{"least": 49}, {"trees": 0}, {"rate": 0}, {"exposure": 500_000}, {"alone": 3}])
def test_trees_out_of_bounds_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(InvalidRecord):
        replace(TREES, **changes)  # type: ignore[arg-type]
