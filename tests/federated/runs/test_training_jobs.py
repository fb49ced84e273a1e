"""A training run as a job of real nodes: from the proposal to a model that all signed."""

from __future__ import annotations

import time
from pathlib import Path

from trainingtown import OFFICE, TrainingTown, asked, rounds_of

from ledger.log.stream import Stream


def test_a_model_is_trained_released_and_its_rounds_are_anchored(tmp_path: Path) -> None:
    with TrainingTown(tmp_path) as town:
        spec = town.authorized(asked())
        job = town.propose(spec)
        start = time.monotonic()
        finished = town.run(spec, job, places=town.places())
        print("seconds", time.monotonic() - start)
        assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
        print(finished.release.document)
        stream = Stream(rounds_of(town[OFFICE], job))
        assert stream.checkpoint.size == spec.waves
