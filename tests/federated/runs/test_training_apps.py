"""A run whose model an app of others improves: where departments allow it, in cells, and said in its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest
from foreignapps import app
from foundedchain import trust_of
from noisytown import noisy
from trainingtown import BANKS, TrainingTown, asked, gathered, holdings

from contracts.evidence.bundle import Evidence
from contracts.evidence.verify import verify
from contracts.jobs.record import JobState
from federated.evaluation.released import card
from federated.foreign.improving import improving, objection
from federated.foreign.outputs import AppFault
from federated.foreign.shelf import NotAllowed, Shelf
from federated.runs import linear, programs
from federated.runs.service import RunTrainer
from ledger import canonical
from ledger.errors import InvalidRecord
from ledger.proofs.trust import Trust
from mpc.inputs import TrainingRows
from mpc.node.guarding.guard import read_code
from mpc.spec.job import JobSpec
from mpc.spec.reader import from_json
from mpc.spec.training import TrainingSpec

NAMES = BANKS[:3]
APP = app()
WRONG = app("arrays['coef'] = Array(np.array([[np.nan, 0.0]]))")


def with_app(content: bytes = APP, **changes: object) -> TrainingSpec:
    spec = asked(NAMES, rounds=1, round_s=60, **changes)
    return replace(spec, algorithm=replace(spec.algorithm, app=hashlib.sha256(content).digest()))


@dataclass(frozen=True)
class Ran:
    """A town in which one run was released. refused: how the one ended that a department did not allow."""

    spec: TrainingSpec
    document: object
    evidence: Evidence
    trust: Trust
    refused: str
    failed: str
    sent: set[str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    with TrainingTown(tmp_path_factory.mktemp("town"), holdings(NAMES)) as town:
        shelves = {name: Shelf(town[name].home / "state" / "apps") for name in NAMES}
        town.trainers |= {name: RunTrainer(apps=shelf) for name, shelf in shelves.items()}
        for name in NAMES[:2]:
            shelves[name].allow(APP)

        def run(spec: JobSpec) -> tuple[TrainingSpec, bytes, object]:
            found = town.authorized(spec)
            assert isinstance(found, TrainingSpec)
            job = town.propose(found)
            return found, job, town.run(found, job, places=town.places())

        _, job, finished = run(with_app())
        assert finished is None
        refused, sent = read_code(town.job(job).reason), town[NAMES[0]].sent()
        for shelf in shelves.values():
            shelf.allow(WRONG)
        _, job, finished = run(with_app(WRONG, seed=8))
        assert finished is None
        assert town.job(job).state is not JobState.RELEASED
        failed = town[NAMES[0]].said(job)
        shelves[NAMES[2]].allow(APP)
        spec, job, finished = run(with_app(seed=9))
        assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
        evidence = gathered(town, job, finished)
        yield Ran(spec, finished.release.document, evidence, trust_of(town.node.genesis_hash), refused, failed, sent)


@pytest.mark.slow
class TestJob:
    def test_where_all_departments_allow_it_the_model_is_released_with_its_assurance(self, ran: Ran) -> None:
        assert isinstance(ran.document, dict)
        assert ran.document["assurance"] == "app"
        assert ran.document["app"] == hashlib.sha256(APP).hexdigest()
        income, debt = (float(weight) for weight in ran.document["weights"][1:])
        assert income < -0.3 < 0.3 < debt

    def test_its_evidence_says_so_and_verifies(self, ran: Ran) -> None:
        verdict = verify(ran.evidence.encode(), ran.trust)
        assert verdict.failed is None, verdict
        assert isinstance(verdict.figures, dict)
        assert (verdict.figures["assurance"], verdict.figures) == ("app", ran.document)

    def test_a_department_that_does_not_allow_it_refuses_before_anything_is_sent(self, ran: Ran) -> None:
        assert ran.refused == "job: app"
        assert "upload/1" not in ran.sent

    def test_one_that_returns_no_number_ends_the_run_and_the_department_s_own_report_says_why(self, ran: Ran) -> None:
        assert "app: coef has a number that is none, or is not finite" in ran.failed

    def test_the_card_says_what_no_policy_promises_of_an_app(self, ran: Ran) -> None:
        found = card(ran.spec, canonical.parse(canonical.encode(ran.document)))  # type: ignore[arg-type]
        assert "An app of others improved the model" in found.markdown("en")
        assert "第三方应用" in found.markdown("zh")


SPEC = with_app()
ROWS = TrainingRows(
    tuple(tuple(int(row.split(",")[at]) for row in holdings(NAMES)["bank-a"].csv.splitlines()[1:]) for at in range(3))
)


def test_a_specification_names_the_app_and_comes_back_as_it_was() -> None:
    assert from_json(SPEC.json()) == SPEC
    assert from_json(asked().json()).algorithm.app == b""  # type: ignore[union-attr]


@pytest.mark.parametrize("named", ["", "00", "xy" * 32, 5, None])
def test_an_app_out_of_form_is_refused(named: object) -> None:
    document = SPEC.json()
    assert isinstance(document, dict)
    document["algorithm"] |= {"app": named}  # type: ignore[operator]
    with pytest.raises(InvalidRecord):
        from_json(document)


def test_noise_by_person_and_an_app_of_others_do_not_go_together() -> None:
    spec = noisy()
    with pytest.raises(InvalidRecord, match="knows no persons"):
        replace(spec, algorithm=replace(spec.algorithm, app=bytes(32)))


def test_a_node_without_an_allow_list_or_without_the_app_objects_and_one_with_it_does_not(tmp_path) -> None:
    shelf = Shelf(tmp_path)
    assert objection(SPEC, None) == "app: this node runs no apps of others"
    assert "is not on this department's allow-list" in objection(SPEC, shelf)
    assert objection(asked(), None) == ""
    shelf.allow(APP)
    assert objection(SPEC, shelf) == ""


def test_an_app_that_is_allowed_no_longer_ends_the_department_s_part(tmp_path) -> None:
    shelf = Shelf(tmp_path / "apps")
    shelf.allow(APP)
    own, fit = linear.site(SPEC, np.array(ROWS.columns, dtype=float).T), linear.begin(SPEC)
    improve = improving(SPEC, shelf, tmp_path)
    assert improve is not None
    shelf.disallow(SPEC.algorithm.app)
    with pytest.raises(NotAllowed):
        improve(own, fit, 2)
    with pytest.raises(AppFault, match="no fewer than 901 rows"):
        improving(replace(SPEC, least_rows=901), shelf, tmp_path)(own, fit, 2)  # type: ignore[misc]


def test_an_app_that_fails_is_allowed_no_longer_so_it_tells_a_round_once(tmp_path) -> None:
    shelf, spec = Shelf(tmp_path / "apps"), with_app(WRONG)
    shelf.allow(WRONG)
    shelf.allow(APP)
    own, fit = linear.site(spec, np.array(ROWS.columns, dtype=float).T), linear.begin(spec)
    with pytest.raises(AppFault, match="not finite"):
        improving(spec, shelf, tmp_path)(own, fit, 2)  # type: ignore[misc]
    assert [found.digest for found in shelf.allowed()] == [hashlib.sha256(APP).digest()]
    assert "is not on this department's allow-list" in objection(spec, shelf)


def test_without_the_app_a_department_does_not_take_its_own_step_instead() -> None:
    with pytest.raises(InvalidRecord, match="there is none here"):
        programs.contribution(SPEC, ROWS, "bank-a")


def test_what_an_app_returns_is_bounded_like_the_node_s_own_step() -> None:
    wild = programs.contribution(replace(SPEC, norm=1_000_000), ROWS, "bank-a", lambda *_: np.array([1e6, -1e6, 1e6]))
    mild = linear.begin(SPEC)
    wild.take(mild.encode())
    found = wild.vector(2)
    assert np.linalg.norm(found[1:4] / found[0]) <= 1.0 + 1e-9
