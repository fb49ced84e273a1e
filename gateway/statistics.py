"""The statistics service as a department runs it: the node's own, plus files for whoever asked.

When a job of which this party is the recipient is released, ``state/jobs/<job>/`` gets ``release.json`` (the figures)
and ``evidence.json`` (the proof, figures included); the copy without figures, for owners, is ``evidence.public.json``.
"""

from __future__ import annotations

import logging
import threading

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from ledger import canonical
from ledger.errors import TrustError
from mpc.node.attempt import Finished
from mpc.node.config import NodeConfig
from mpc.node.node import open_workplace
from mpc.node.registry import ProvenRegistry
from mpc.node.relay_client import Receiver
from mpc.node.report import Report
from mpc.node.statistics_service import StatisticsService
from mpc.node.workplace import Workplace

_LOG = logging.getLogger(__name__)


class DepartmentStatistics:
    """``StatisticsService`` with the connections it needs, opened and closed together."""

    name = "stats"

    def __init__(self, place: Workplace, receiver: Receiver, stopping: threading.Event) -> None:
        self._place, self._receiver = place, receiver
        self._service = StatisticsService(place, stopping, self._finish)

    def start(self) -> None:
        self._receiver.start()
        self._service.start()

    def stop(self) -> None:
        self._service.stop()
        self._receiver.close()
        self._place.chain.close()
        self._place.journal.close()

    def _finish(self, finished: Finished) -> None:
        """Write what the recipient gets; a fault here loses no release, the files can be made again."""
        report = Report(self._place.state / "jobs", self._place.party, finished.mandate.id)
        try:
            with report.step("evidence"):
                self._write(report, finished)
        except TrustError as fault:
            report.say("no evidence yet", reason=str(fault))
            _LOG.error("job %s: no evidence: %s", finished.mandate.id.hex()[:8], fault)

    def _write(self, report: Report, finished: Finished) -> None:
        release, mandate = finished.release, finished.mandate
        registry = self._place.registry
        assert isinstance(registry, ProvenRegistry)
        evidence = collect(
            registry.view,
            self._place.chain,
            mandate.id,
            [source.authorization for source in mandate.owners],
            [identifier(party) for party in mandate.parties],
            finished.envelope,
            Disclosure(release.document, release.salt, release.openings),
        )
        report.write("release.json", canonical.encode(release.document))
        report.write("evidence.public.json", evidence.without_figures().encode())
        report.write("evidence.json", evidence.encode())


def statistics_service(config: NodeConfig, stopping: threading.Event) -> DepartmentStatistics:
    """Open the service of a configured node."""
    place, receiver = open_workplace(config, stopping)
    return DepartmentStatistics(place, receiver, stopping)
