"""From the first request to the verdict on a real chain: both statistics, a rotated key, replaced validators."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from jobtown import ROWS, Finished, Town
from jobtownspecs import MATCHES, table_spec, table_values
from make_evidence_vectors import RECORD, stream_proof

from contracts.evidence.bundle import Evidence
from contracts.evidence.collect import collect, collect_anchor
from contracts.evidence.records.anchored import verify_record
from contracts.evidence.verify import verify
from contracts.parties.client import party_id
from ledger.chain.port import Cursor, Event
from ledger.errors import NotFound, VerificationError

pytestmark = pytest.mark.slow


class Story:
    """What happened in the town, and the evidence of it."""

    def __init__(self, town: Town, scratch: Path) -> None:
        self.town = town
        self.finished = {"sums": town.run_sums()}
        self.finished["retried"] = town.run_sums(attempts=2)
        self.finished["table"] = town.run_sums(table_values(), spec=table_spec())
        self.early = town.evidence(self.finished["sums"])
        town.rotate("registrar-1")
        town.appoint_successors()
        self.finished["join"] = town.run_join()
        self.proof = stream_proof(town, scratch)

    def evidence(self, name: str) -> Evidence:
        return self.town.evidence(self.finished[name])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    town = Town(tmp_path_factory.mktemp("town"))
    try:
        yield Story(town, tmp_path_factory.mktemp("scratch") / "stream")
    finally:
        town.close()


@pytest.mark.parametrize("name", ["sums", "retried", "table", "join"])
def test_evidence_of_a_finished_job_holds(name: str, story: Story) -> None:
    evidence = story.evidence(name)
    verdict = verify(evidence.encode(), story.town.trust)
    assert verdict.failed is None, verdict.lines("en")
    assert verify(evidence.without_figures().encode(), story.town.trust).failed is None


def test_a_declared_table_is_laid_out_of_the_openings_and_a_changed_row_does_not_pass(story: Story) -> None:
    evidence = deepcopy(story.evidence("table"))
    assert evidence.disclosure is not None
    release = cast(dict[str, Any], evidence.disclosure.release)
    class_a, class_b, _ = release["table"]["rows"]
    assert class_a["bins"][0]["count"] == "24"
    assert class_b["bins"][1] is None
    class_b["bins"][1] = {"count": "12"}
    assert verify(evidence.encode(), story.town.trust).failed is not None


def test_evidence_of_a_retried_job_is_of_its_last_attempt(story: Story) -> None:
    verdict = verify(story.evidence("retried").encode(), story.town.trust)
    assert "attempt 2" in verdict.steps[3].detail.en


def test_the_figures_are_the_true_ones_and_small_cells_are_withheld(story: Story) -> None:
    sums = verify(story.evidence("sums").encode(), story.town.trust).figures
    cells = {name: str(sum(rows[name] for rows in ROWS.values())) for name in ("count", "sum", "squares", "bin0")}
    assert sums == {"cells": cells, "withheld": ["bin1"]}
    join = verify(story.evidence("join").encode(), story.town.trust).figures
    assert isinstance(join, dict)
    assert [(cell["group"], cell["keys"]) for cell in join["cells"]] == [
        (group, str(count)) for group, count in MATCHES.items() if count >= 10
    ]
    assert join["withheld"] == ["2"]


def test_evidence_gathered_before_and_after_a_rotation_and_new_validators_holds(story: Story) -> None:
    early, late = story.early, story.evidence("sums")
    assert (len(early.facts.changes), len(late.facts.changes)) == (0, 1)
    for evidence in (early, late):
        assert verify(evidence.encode(), story.town.trust).failed is None


def test_evidence_without_the_change_of_validators_is_rejected(story: Story) -> None:
    late = story.evidence("sums")
    assert verify(replace(late, facts=replace(late.facts, changes=())).encode(), story.town.trust).failed == "network"


def test_a_change_of_validators_that_another_contract_names_is_rejected(story: Story) -> None:
    """Governance is whatever account the Directory names in that state, never the one a file names."""
    late = story.evidence("sums")
    (change,) = late.facts.changes
    swapped = replace(change, directory=change.change.proof)
    assert verify(replace(late, facts=replace(late.facts, changes=(swapped,))).encode(), story.town.trust).failed in (
        "network", "form"
    )  # fmt: skip


class Forgetful:
    """An RPC that leaves out events of one kind."""

    def __init__(self, town: Town, kind: str) -> None:
        self.town, self.kind = town, kind

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]:
        return [event for event in self.town.reader.events(after, limit=limit) if event.name != self.kind]


@pytest.mark.parametrize("kind", ["JobAccepted", "AuthorizationGranted", "AuthorizationUsed"])
def test_an_rpc_that_leaves_out_an_event_makes_no_evidence(kind: str, story: Story) -> None:
    with pytest.raises(VerificationError, match="history"):
        gathered(story, story.finished["sums"], Forgetful(story.town, kind))


def test_a_job_that_never_opened_has_no_evidence(story: Story) -> None:
    with pytest.raises(NotFound):
        gathered(story, story.finished["sums"], Forgetful(story.town, "JobOpened"))


def test_a_record_of_an_anchored_stream_is_proven_and_an_unanchored_size_is_not(story: Story) -> None:
    assert verify_record(story.proof, RECORD, story.town.trust).failed is None
    with pytest.raises(NotFound, match="no anchor at 8"):
        collect_anchor(story.town.view, "finance/receipts", 8)


def gathered(story: Story, finished: Finished, events: Forgetful) -> Evidence:
    mandate = finished.mandate
    return collect(
        story.town.view,
        events,
        mandate.id,
        [source.authorization for source in mandate.owners],
        [party_id(party) for party in mandate.parties],
        finished.envelope,
        finished.disclosure,
    )
