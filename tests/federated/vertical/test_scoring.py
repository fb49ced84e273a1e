"""Joint scores of a model that lies in parts, party by party: what is told, what is counted, what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import verticaltown
from verticalrehearsal import OWNERS, Rehearsal
from verticaltown import BANK, CIVIL, OFFICE, TAX, TREES

from federated.vertical.jobs import counting, part
from federated.vertical.jobs.outline import Outline
from federated.vertical.jobs.owner import Withheld
from ledger import canonical
from ledger.errors import InvalidRecord, NotAuthorized, NotFound
from mpc.kinds.released import Release
from mpc.node.guarding.guard import Refused
from mpc.node.guarding.probing import ProbingLimits
from mpc.sessions.rehearsal import JOB
from mpc.sessions.session import SIGNATURE_BYTES
from mpc.spec import reader as spec_reader
from mpc.spec.vertical import Label
from mpc.training.port import VerticalRun
from mpc.vertical.algorithms import Scores
from mpc.vertical.boosted import public
from mpc.vertical.scored import DESCRIPTOR

ASKING = bytes([7]) * 32


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trained")
    assert isinstance(Rehearsal(directory).run()[OFFICE], Release)
    return directory


def asking(trained: Path, **changes: object) -> Rehearsal:
    """A question about the model of the rehearsed training; every one has files of its own."""
    spec = replace(verticaltown.scores(JOB), **changes)  # type: ignore[arg-type]
    return Rehearsal(trained, spec=spec, job=ASKING)


def test_every_message_is_as_long_as_the_descriptor_says_and_names_nobody(trained: Path) -> None:
    rehearsal = asking(trained)
    release = rehearsal.run()[OFFICE]
    assert isinstance(release, Release)
    kept = {code: part.read(trained / code / JOB.hex()) for code in OWNERS}
    assert release.document["parts"] == {code: own.digest.hex() for code, own in kept.items()}  # type: ignore[index,call-overload]
    leaves = {m.to: m for m in rehearsal.network.sent if m.step == "outline"}
    told = {code: Outline.parse(m.body[:-SIGNATURE_BYTES], (CIVIL, TAX)) for code, m in leaves.items()}
    cells = 250 * sum(told[TAX].leaves)
    for message in rehearsal.network.sent:
        assert b"p0" not in message.body or len(message.body) > 200
        counts = public(rehearsal.spec, CIVIL) | {"listed": 1024, "formed": 1, "cells": cells, "sums": 250}
        counts["outline"] = len(message.body) - SIGNATURE_BYTES
        assert len(message.body) == DESCRIPTOR.step(message.step).bytes(counts), message.step
    for code, outline in told.items():
        own = set(kept[code].splits)
        assert {number for path in outline.paths for number, _ in path} == own
        assert not any(split.column.encode() in leaves[code].body for split in kept[code].splits.values())


@pytest.mark.parametrize(
    ("changes", "who", "said"),
    [
        ({"purpose": "credit-scoring"}, TAX, "a purpose of its own"),
        ({"algorithm": Scores(bytes([1]) * 32)}, CIVIL, "keeps no part of a model"),
        ({"label": Label(TAX)}, TAX, "has the trees asks"),
    ],
)
def test_the_training_s_purpose_another_model_and_another_asker_are_refused_before_a_key_leaves(
    trained: Path, changes: dict[str, object], who: str, said: str
) -> None:
    rehearsal = asking(trained, **changes)
    outcome = rehearsal.run()[who]
    assert isinstance(outcome, Withheld)
    assert said not in str(outcome)
    assert any(said in line for line in rehearsal.said[who])
    assert not rehearsal.steps(who)


def test_a_node_counts_before_it_answers_and_one_row_too_many_gets_nothing(trained: Path, tmp_path: Path) -> None:
    for code in OWNERS:
        home = tmp_path / code / JOB.hex()
        home.mkdir(parents=True)
        (home / part.FILE).write_bytes((trained / code / JOB.hex() / part.FILE).read_bytes())
    rehearsal = replace(asking(trained), directory=tmp_path, limits=ProbingLimits(scores_daily=249))
    outcome = rehearsal.run()[CIVIL]
    assert isinstance(outcome, NotAuthorized)
    assert "249 rows a period" in str(outcome)
    assert not [step for step in rehearsal.steps(CIVIL) if step.startswith("prediction")]
    assert not (tmp_path / CIVIL / JOB.hex() / counting.FILE).exists()


def test_a_revocation_ends_a_question_before_anything_of_it_leaves(trained: Path) -> None:
    rehearsal = replace(asking(trained), forbidden=(CIVIL, 1))
    found = rehearsal.run()
    assert isinstance(found[CIVIL], Refused)
    assert "prediction-leaves/1" not in rehearsal.steps(CIVIL)
    assert not any(isinstance(outcome, Release) for outcome in found.values())


def test_persons_are_counted_for_ever_and_rows_by_the_day(tmp_path: Path) -> None:
    run = _counting(tmp_path, ProbingLimits(scores_daily=3, scores_of_person=2))
    monday, tuesday = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    counting.count(run, ["p1", "p2"], monday)
    with pytest.raises(NotAuthorized, match="3 rows a period, of which 2"):
        counting.count(run, ["p3", "p4"], monday)
    counting.count(run, ["p1", "p3"], tuesday)
    with pytest.raises(NotAuthorized, match="more than 2 times"):
        counting.count(run, ["p1"], tuesday)
    counting.count(run, ["p2"], tuesday)
    assert b"p1" not in (tmp_path / JOB.hex() / counting.FILE).read_bytes()


def _counting(home: Path, limits: ProbingLimits) -> VerticalRun:
    spec = verticaltown.scores(JOB)
    return VerticalRun(
        spec,
        ASKING,
        1,
        TAX,
        home / ASKING.hex(),
        None,
        lambda _: None,
        lambda: "",
        lambda _: None,
        limits,  # type: ignore[arg-type]
    )


def test_a_part_reads_back_as_it_was_written_and_a_damaged_one_is_refused(trained: Path, tmp_path: Path) -> None:
    for code in OWNERS:
        path = trained / code / JOB.hex() / part.FILE
        assert canonical.encode(part.read(path.parent).json()) == path.read_bytes()
    data = (trained / BANK / JOB.hex() / part.FILE).read_bytes()
    with pytest.raises(NotFound):
        part.read(tmp_path)
    for damaged in (data[:-1], data.replace(b'"weight"', b'"weigh"', 1), data.replace(b'"below":"', b'"below":"z', 1)):
        (tmp_path / part.FILE).write_bytes(damaged)
        with pytest.raises(InvalidRecord):
            part.read(tmp_path)


def test_an_outline_out_of_form_is_refused() -> None:
    good = Outline((TAX,), (0,), (2,), (((0, True),), ((0, False),)), "credit-scoring")
    assert Outline.parse(good.encode(), (TAX,)) == good
    wrong = [
        replace(good, chain=("stranger",)),
        replace(good, chain=()),
        replace(good, leaves=(3,)),
        replace(good, outputs=(0, 0)),
        replace(good, paths=(((-1, True),), ())),
    ]
    for outline in wrong:
        with pytest.raises(InvalidRecord):
            Outline.parse(outline.encode(), (TAX,))
    with pytest.raises(InvalidRecord):
        Outline.parse(b"{}", (TAX,))
    assert TREES.depth < 9


def test_a_question_names_a_party_as_label_and_a_training_a_column() -> None:
    with pytest.raises(InvalidRecord, match="label is not known"):
        replace(verticaltown.scores(JOB), label=Label(BANK, verticaltown.LATE))
    with pytest.raises(InvalidRecord, match="column of labels"):
        verticaltown.asked(label=Label(BANK))


def test_a_specification_of_any_model_reads_back_and_one_of_no_model_is_refused() -> None:
    for spec in (verticaltown.asked(), verticaltown.regression()):
        assert spec_reader.from_json(spec.json()) == spec
    document = verticaltown.regression().json()
    assert isinstance(document, dict)
    algorithm = document["algorithm"]
    assert isinstance(algorithm, dict)
    with pytest.raises(InvalidRecord, match="boosted, logistic"):
        spec_reader.from_json({**document, "algorithm": {**algorithm, "model": "probit"}})
