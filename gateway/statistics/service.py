"""The statistics service as a department runs it: the node's own, plus files for whoever asked.

When a job of which this party is the recipient is released, ``state/jobs/<job>/`` gets ``release.json`` (the figures)
and ``evidence.json`` (the proof, figures included); the copy without figures, for owners, is ``evidence.public.json``.
A private question's figures stand in ``figures.json`` too, each with its expected error, and what they cost.
What everybody has signed is kept first, so that a node which stops before these files are made makes them at its next
start. A job that the chain does not show as released gets none.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace
from pathlib import Path

from contracts.evidence import statement
from contracts.evidence.collect import collect
from contracts.jobs.record import JobState
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, TrustError
from mpc.kinds.registry import kind_of
from mpc.node.attempts import preparing, signed_release
from mpc.node.attempts.attempt import Finished
from mpc.node.attempts.report import Report
from mpc.node.attempts.signed_release import SignedRelease
from mpc.node.config import NodeConfig
from mpc.node.messages.relay_client import Receiver
from mpc.node.node import open_workplace
from mpc.node.registry import ProvenRegistry
from mpc.node.statistics_service import StatisticsService
from mpc.node.workplace import Workplace
from mpc.spec import reader as spec_reader
from mpc.spec.training import TrainingSpec
from mpc.training.port import NO_TRAINER, Trainer

FIGURES = "figures.json"
RECOVERY_S = 2.0
_LOG = logging.getLogger(__name__)


class DepartmentStatistics:
    """``StatisticsService`` with the connections it needs, opened and closed together."""

    name = "stats"

    def __init__(self, place: Workplace, receiver: Receiver, stopping: threading.Event) -> None:
        self._place, self._receiver = place, receiver
        self._service = StatisticsService(place, stopping, self._finish)
        self._recovery = threading.Thread(target=self._recover, name="recovery", daemon=True)
        self._tables = threading.Thread(target=self._read_tables, name="tables", daemon=True)

    def start(self) -> None:
        self._receiver.start()
        self._service.start()
        self._recovery.start()
        self._tables.start()

    def stop(self) -> None:
        self._service.stop()
        self._receiver.close()
        self._recovery.join(2.0)
        self._place.chain.close()
        self._place.journal.close()

    def _read_tables(self) -> None:
        """Say now, not in the middle of a job, which tables break their declarations."""
        for fault in preparing.faults(self._place.assets.values()):
            _LOG.warning("%s; its jobs are refused until it is repaired", fault)

    def _finish(self, finished: Finished) -> None:
        """Write what the recipient gets; after a fault the files are made later from what was kept."""
        self._gather(finished.signed)

    def _recover(self) -> None:
        """Gather the evidence of releases that were signed before this node stopped, once the chain shows them."""
        waiting = [path for path in self._kept() if not (path.parent / "evidence.json").exists()]
        while waiting and not self._place.rest(RECOVERY_S):
            waiting = [path for path in waiting if not self._try(path)]

    def _try(self, path: Path) -> bool:
        """Tell whether nothing is left to do for a kept release."""
        if (path.parent / "evidence.json").exists():
            return True
        try:
            signed = signed_release.parse(path.read_bytes())
        except InvalidRecord as fault:
            _LOG.error("%s: damaged, no evidence can be made of it: %s", path, fault)
            return True
        try:
            facts = self._place.registry.now()
            record = facts.job(signed.job)
            if record.state is not JobState.RELEASED:
                return record.is_over(facts.time)
        except TrustError as fault:
            _LOG.warning("%s: not yet: %s", path, fault)
            return False
        return self._gather(signed)

    def _kept(self) -> list[Path]:
        return sorted((self._place.state / "jobs").glob(f"*/{signed_release.FILE}"))

    def _gather(self, signed: SignedRelease) -> bool:
        report = Report(self._place.state / "jobs", self._place.party, signed.job)
        try:
            with report.step("evidence"):
                self._write(report, signed)
        except TrustError as fault:
            report.say("no evidence yet", reason=str(fault))
            _LOG.error("job %s: no evidence yet: %s", signed.job.hex()[:8], fault)
            return False
        return True

    def _write(self, report: Report, signed: SignedRelease) -> None:
        registry = self._place.registry
        assert isinstance(registry, ProvenRegistry)
        evidence = collect(
            registry.view,
            self._place.chain,
            signed.job,
            signed.authorizations,
            signed.members,
            signed.envelope,
            signed.disclosure,
        )
        report.write("release.json", canonical.encode(signed.disclosure.release))
        if (told := private_figures(signed)) is not None:
            report.write(FIGURES, json.dumps(told, indent=1, ensure_ascii=False).encode())
        report.write("evidence.public.json", evidence.without_figures().encode())
        report.write("evidence.json", evidence.encode())


def private_figures(signed: SignedRelease) -> JsonValue | None:
    """Read a release with noise for people: figures with their error, and the cost; None for an exact one.

    Raises:
        InvalidRecord: what was kept is not a release of the specification that was signed.
    """
    stated = statement.parse(signed.envelope.payload)
    spec = spec_reader.from_json(stated.spec)
    if spec.privacy is None and not (isinstance(spec, TrainingSpec) and spec.quality is not None):
        return None
    owners = sum(member.role != "recipient" for member in stated.members)
    return kind_of(spec).told(signed.disclosure.release, owners)


def statistics_service(
    config: NodeConfig, stopping: threading.Event, trainer: Trainer = NO_TRAINER
) -> DepartmentStatistics:
    """Open the service of a configured node. trainer: what computes training runs, if the node runs that service."""
    place, receiver = open_workplace(config, stopping)
    return DepartmentStatistics(replace(place, trainer=trainer), receiver, stopping)
