"""The rounds of a run between threads: a department lost and never back, a coordinator that says what is not so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from runrehearsal import Rehearsal, lost
from trainingtown import BANKS, OFFICE, asked, table

from contracts.evidence.figures import trained
from contracts.evidence.questions import training
from federated.runs import linear, record
from federated.runs.department import Withheld
from federated.runs.record import Told
from ledger.errors import BackendError, InvalidRecord
from ledger.log.stream import Stream
from mpc.kinds.kind import Release
from mpc.kinds.models.training import Training
from mpc.node.guarding.guard import Refused
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.rehearsal import sessions
from mpc.sessions.session import SIGNATURE_BYTES, Session, statement
from mpc.spec.training import Step


def test_all_sign_the_root_of_the_same_waves(tmp_path: Path) -> None:
    found = Rehearsal(tmp_path).run()
    release = found[OFFICE]
    assert isinstance(release, Release), release
    assert {found[code].transcript for code in BANKS} == {release.verdict.transcript}  # type: ignore[attr-defined]
    assert Stream(tmp_path / "rounds-1").checkpoint.root == release.verdict.transcript


@pytest.mark.parametrize("wave", [1, 3, 5])
def test_a_department_lost_in_a_wave_stays_out_and_the_others_finish(tmp_path: Path, wave: int) -> None:
    rehearsal = Rehearsal(tmp_path, deaf=lost("bank-d", wave))
    found = rehearsal.run()
    release = found[OFFICE]
    assert isinstance(release, Release), release
    assert {found[code].transcript for code in BANKS} == {release.verdict.transcript}  # type: ignore[attr-defined]
    present = [turn is not None for turn in release.openings["bank-d"]]  # type: ignore[index,call-overload]
    assert present == [turn < wave for turn in range(1, rehearsal.spec.waves + 1)]
    assert any("bank-d is lost" in line for line in rehearsal.said)
    rows = release.document["rows"]  # type: ignore[index,call-overload]
    assert rows == ("2700" if wave == 1 else "3600")


@pytest.mark.parametrize(("step", "deaf"), [(Step.ADAM, {}), (Step.AVERAGE, lost("bank-b", 3))])
def test_a_verifier_adds_the_waves_up_to_the_same_model(
    tmp_path: Path, step: Step, deaf: Mapping[str, frozenset[tuple[str, str]]]
) -> None:
    spec = asked(algorithm=replace(asked().algorithm, step=step))
    rehearsal = Rehearsal(tmp_path, spec, deaf)
    release = rehearsal.run()[OFFICE]
    assert isinstance(release, Release), release
    document = spec.json()
    assert isinstance(document, dict)
    found, root = trained.follow(
        training.read(document),
        rehearsal.sessions[OFFICE].digest,
        release.openings,  # type: ignore[arg-type]
        lambda _step, _party, message: bytes.fromhex(message["body"]),  # type: ignore[index,call-overload,arg-type]
    )
    assert (found, root) == (release.document, release.verdict.transcript)


def test_a_run_tells_the_loss_of_every_round_where_it_is_asked(tmp_path: Path) -> None:
    spec = asked(has_curve=True, rounds=4)
    rehearsal = Rehearsal(tmp_path, spec)
    release = rehearsal.run()[OFFICE]
    assert isinstance(release, Release), release
    document, asked_for = release.document, spec.json()
    assert isinstance(document, dict)
    assert isinstance(asked_for, dict)
    curve = [float(str(value)) for value in document["curve"]]  # type: ignore[union-attr]
    assert curve[0] == pytest.approx(np.log(2))
    assert [*curve, float(str(document["loss"]))] == sorted([*curve, float(str(document["loss"]))], reverse=True)
    assert spec.figures == asked(rounds=4).figures + 4
    found, _ = trained.follow(
        training.read(asked_for),
        rehearsal.sessions[OFFICE].digest,
        release.openings,  # type: ignore[arg-type]
        lambda _step, _party, message: bytes.fromhex(message["body"]),  # type: ignore[index,call-overload,arg-type]
    )
    assert found == document


def test_of_three_departments_none_may_be_lost(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, asked(BANKS[:3]), lost("bank-c", 2))
    found = rehearsal.run()[OFFICE]
    assert isinstance(found, BackendError)
    assert "at least 3 expected" in str(found)
    assert Stream(tmp_path / "rounds-1").checkpoint.size == 2  # the first wave, and that the run stopped


def test_a_department_whose_rows_do_not_bear_the_run_sends_nothing(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, withholding="bank-b")
    found = rehearsal.run()
    assert isinstance(found["bank-b"], Withheld)
    assert not isinstance(found[OFFICE], Release)


def _resigned(
    session: Session, change: Callable[[Told], Told], step: str, label: str
) -> Callable[..., Sequence[object]]:
    """Have the coordinator itself say something else to bank-a, under its own signature."""

    def intercept(message):  # type: ignore[no-untyped-def]
        if (message.sender, message.to, message.step) != (OFFICE, "bank-a", step):
            return (message,)
        told = record.read_told(message.body[:-SIGNATURE_BYTES], session.parties)
        body = change(told).encode(session.parties)
        signed = session.signer.sign(statement(label, step, session.digest, OFFICE, OFFICE, body))
        return (replace(message, body=body + signed),)

    return intercept


def _returned(told: Told) -> Told:
    return replace(
        told, masked=dict(told.masked) | {"bank-d": b"\1" * 32}, committed=dict(told.committed) | {"bank-d": b"\1" * 32}
    )


def _swapped(told: Told) -> Told:
    return replace(told, committed=dict(told.committed) | {"bank-a": b"\1" * 32})


def _other_vector(told: Told) -> Told:
    return replace(told, masked=dict(told.masked) | {"bank-b": b"\1" * 32})


def _endless(told: Told) -> Told:
    return replace(told, model=np.full(len(told.model) // 8, np.nan).astype("<f8").tobytes())


@pytest.mark.parametrize(
    ("change", "step", "deaf", "said"),
    [
        (_returned, "model/5", lost("bank-d", 3), "not in the one before"),
        (_swapped, "model/3", {}, "another commitment"),
        (_other_vector, "model/3", {}, "other contributions"),
        (_endless, "model/3", {}, "no finite number"),
        (_swapped, "final", {}, "another commitment"),
    ],
)
def test_a_coordinator_that_says_what_is_not_so_is_named(
    tmp_path: Path,
    change: Callable[[Told], Told],
    step: str,
    deaf: Mapping[str, frozenset[tuple[str, str]]],
    said: str,
) -> None:
    spec = asked()
    session = sessions(BANKS, OFFICE, Training(spec).protocol, Training(spec).terms())[OFFICE]
    found = Rehearsal(tmp_path, spec, deaf, _resigned(session, change, step, Training(spec).label)).run()
    fault = found["bank-a"]
    assert isinstance(fault, Misbehaviour), fault
    assert said in str(fault)


def _moved(told: Told) -> Told:
    return replace(told, model=(np.frombuffer(told.model, dtype="<f8") + 1).astype("<f8").tobytes())


def test_departments_that_are_told_different_models_open_nothing(tmp_path: Path) -> None:
    """The others' vectors known from one wave, a sum in which only one moves would be that one's alone."""
    spec = asked()
    session = sessions(BANKS, OFFICE, Training(spec).protocol, Training(spec).terms())[OFFICE]
    rehearsal = Rehearsal(tmp_path, spec, {}, _resigned(session, _moved, "model/3", Training(spec).label))
    found = rehearsal.run()
    assert not isinstance(found[OFFICE], Release)
    for code in BANKS:
        assert isinstance(found[code], Misbehaviour), found[code]
        assert "opened/2" in rehearsal.steps(code)
        assert "opened/3" not in rehearsal.steps(code)


def moved(norm: int) -> float:
    """How far a department that trains far too steeply moves the model in a round, under a norm in millionths."""
    steep = replace(asked().algorithm, rate=10_000_000, epochs=20)
    spec = replace(asked(), algorithm=steep, norm=norm)
    rows = np.array([[float(cell) for cell in line.split(",")] for line in table(0).splitlines()[1:]])
    site, zero = linear.site(spec, rows), linear.begin(spec)
    fit = linear.advance(spec, zero, linear.vector(spec, site, zero, 1), 1)
    update = linear.vector(spec, site, fit, 2)[1 : 1 + spec.weights] / site.share
    return float(np.linalg.norm(update - fit.weights))


def test_a_poisoned_update_is_shortened_at_its_department() -> None:
    assert moved(norm=10_000) == pytest.approx(0.01)


def test_an_update_without_the_bound_moves_the_model_a_hundred_times_as_far() -> None:
    assert moved(norm=65_536_000_000) > 100 * 0.01


def test_in_a_wave_that_the_chain_forbids_no_vector_leaves(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, forbidden=4)
    found = rehearsal.run()
    assert isinstance(found[OFFICE], Refused)
    for code in BANKS:
        assert "opened/3" in rehearsal.steps(code)
        assert {"upload/4", "opened/4"}.isdisjoint(rehearsal.steps(code))
    assert Stream(tmp_path / "rounds-1").checkpoint.size == 4  # three waves, and that the run stopped


def test_nodes_that_asked_nobody_would_go_on_after_the_revocation(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path, forbidden=4, is_guarded=False)
    assert isinstance(rehearsal.run()[OFFICE], Release)
    assert "upload/4" in rehearsal.steps("bank-b")


def test_a_model_out_of_form_is_refused() -> None:
    spec = asked()
    data = linear.begin(spec).encode()
    assert linear.decode(spec, data).encode() == data
    numbers = np.frombuffer(data, dtype="<f8")
    thin, heavy = (np.where(np.arange(len(numbers)) == place, n, numbers) for place, n in ((6, 1e-320), (0, 1e300)))
    for wrong in (data[:-8], data + bytes(8), b"", bytes(len(data)), thin.tobytes(), heavy.tobytes()):
        with pytest.raises(InvalidRecord):
            linear.decode(spec, wrong)
