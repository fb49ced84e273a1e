"""Whole jobs in one process: from the proposal to the release on chain, over real contracts, proofs and journals."""

import time

from townspecs import OFFICE, REGISTRARS, join, owners, registrar_rows, registrars, sold, sums

from contracts.jobs.record import JobState
from mpc.statistics import summarise


def test_masked_sums_release_what_the_pooled_rows_give(tmp_path):
    with registrars(tmp_path) as city:
        start = time.monotonic()
        spec = city.authorized(sums())
        print("authorized", time.monotonic() - start)
        job, finished = city.ask(spec)
        print("ran", time.monotonic() - start)
        for code in spec.parties:
            print(city[code].said(job))
        assert city.job(job).state is JobState.RELEASED
        prices = [price for n in (1, 2, 3) for _, _, price in registrar_rows(n)]
        cells = finished.release.document["cells"]
        assert int(cells["count"]) == len(prices)
        assert int(cells["sum"]) == sum(prices)
