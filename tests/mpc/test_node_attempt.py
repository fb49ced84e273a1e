"""Whole jobs in one process: from the proposal to the release on chain, over real contracts, proofs and journals."""

import base64
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from city import City
from department import Department
from foundedchain import trust_of
from townspecs import EDGES, OFFICE, REGISTRARS, join, owners, registrar_rows, registrars, sold, sums

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from contracts.evidence.verify import verify
from contracts.jobs.record import JobState
from ledger import canonical
from mpc.protocols.sums.statistics import summarise


def stored(department: Department) -> bytes:
    """Every byte this node keeps."""
    return b"".join(path.read_bytes() for path in sorted(department.home.rglob("*")) if path.is_file())


def in_any_form(number: int) -> list[bytes]:
    """The ways a figure could lie in a file, as long as chance does not produce them."""
    text = str(number).encode()
    forms = [number.to_bytes(size, order) for size in (8, 16) for order in ("little", "big")]
    return [form for form in ([text] if len(text) >= 6 else []) + forms if len(form.strip(b"\0")) >= 3]


def gather(city: City, job, finished):
    release, mandate = finished.release, finished.mandate
    department = city[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(department.view, department.chain, job, sources, members, finished.envelope, disclosure)


@pytest.mark.slow
def test_masked_sums_release_what_the_pooled_rows_give(tmp_path):
    with registrars(tmp_path) as city:
        spec = city.authorized(replace(sums(edges=()), outputs=("count", "sum", "mean", "variance")))
        job, finished = city.ask(spec)
        assert finished is not None, city[OFFICE].said(job)
        prices = [price for n in (1, 2, 3) for _, _, price in registrar_rows(n)]
        cells = {name: int(value) for name, value in finished.release.document["cells"].items()}
        found = summarise(spec, cells)
        mean = sum(prices) / len(prices)
        assert (cells["count"], cells["sum"]) == (len(prices), sum(prices))
        assert float(found.mean) == pytest.approx(mean)
        assert float(found.variance) == pytest.approx(sum((price - mean) ** 2 for price in prices) / len(prices))
        assert finished.release.document["withheld"] == []
        record = city.job(job)
        assert record.state is JobState.RELEASED
        assert record.result == finished.release.result
        assert all(city.authorization(source.authorization).uses == 1 for source in spec.sources)
        evidence = gather(city, job, finished)
        assert len(evidence.histories) == 4
        assert str(sum(prices)).encode() not in evidence.without_figures().encode()
        assert str(sum(prices)).encode() in evidence.encode()
        for code in REGISTRARS:  # attack 24: the owners keep no figure, the recipient does
            kept = stored(city[code])
            assert not [name for name, value in cells.items() if any(form in kept for form in in_any_form(value))]
        document = canonical.encode(finished.release.document)
        assert any(form in document for form in in_any_form(cells["sum"]))


@pytest.mark.slow
@pytest.mark.parametrize("statistic", ["masked-sums", "private-join"])
def test_jobs_in_the_national_group_are_released_and_their_evidence_holds(tmp_path, statistic):
    """Both protocols in SM2 from specification to verdict; the session that all sign names the group."""
    rows, listed = sold({"1": 14, "2": 4})
    made = registrars(tmp_path) if statistic == "masked-sums" else owners(tmp_path, rows, listed)
    asked = sums(edges=()) if statistic == "masked-sums" else join(groups=("1", "2"))
    with made as city:
        job, finished = city.ask(city.authorized(replace(asked, prime_group="sm2")))
        assert finished is not None, city[OFFICE].said(job)
        expected = ["count", "sum"] if statistic == "masked-sums" else [{"group": "1", "keys": "14", "rows": "28"}]
        cells = finished.release.document["cells"]
        if statistic == "masked-sums":
            assert list(cells) == expected
        else:
            assert [{name: cell[name] for name in expected[0]} for cell in cells] == expected
        evidence = gather(city, job, finished).encode()
        assert b'"prime_group":"sm2"' in base64.b64decode(canonical.decode(evidence)["envelope"]["payload"])
        report = verify(evidence, trust_of(city.node.genesis_hash))
        assert report.failed is None, report


@pytest.mark.slow
def test_beside_a_bin_of_three_sales_the_other_bins_open_and_the_totals_do_not(tmp_path):
    with registrars(tmp_path) as city:
        job, finished = city.ask(city.authorized(sums()))
        assert finished is not None, city[OFFICE].said(job)
        prices = [price for n in (1, 2, 3) for _, _, price in registrar_rows(n)]
        bins = [sum(low <= price < high for price in prices) for low, high in pairwise([*EDGES, 10**10])]
        assert bins[2] == 3
        assert finished.release.document == {
            "cells": {"bin0": str(bins[0]), "bin1": str(bins[1])},
            "withheld": ["count", "sum", "squares", "bin2"],
        }


@pytest.mark.slow
def test_a_join_releases_what_the_pooled_rows_give(tmp_path):
    rows, listed = sold({"1": 14, "2": 11, "3": 4})
    with owners(tmp_path, rows, listed) as city:
        spec = city.authorized(join())
        job, finished = city.ask(spec)
        assert finished is not None, city[OFFICE].said(job) + city["finance"].said(job)
        chosen = [(borough, price) for key, borough, price in rows if key in set(listed)]
        wanted = [
            {
                "group": borough,
                "keys": str(count),
                "rows": str(2 * count),
                "sums": {"price": str(sum(price for at, price in chosen if at == borough))},
            }
            for borough, count in (("1", 14), ("2", 11))
        ]
        assert finished.release.document == {"cells": wanted, "withheld": ["3"]}
        assert city.job(job).state is JobState.RELEASED
        for code in ("finance", "tax"):
            kept = stored(city[code])
            totals = [int(cell["sums"]["price"]) for cell in wanted]
            assert not [total for total in totals if any(form in kept for form in in_any_form(total))]
        assert len(finished.release.salt) == 32  # without it the few possible tables could be tried
        assert gather(city, job, finished).disclosure is not None


@pytest.mark.slow
def test_progress_names_steps_and_no_data(tmp_path):
    with registrars(tmp_path) as city:
        job, finished = city.ask(city.authorized(sums(edges=())))
        assert finished is not None
        for code in (*REGISTRARS, OFFICE):
            said = city[code].said(job)
            assert '"step": "released by all"' in said
            figures = [int(number) for number in re.findall(r": (\d+)[,}]", said)]
            assert not set(figures) & {int(value) for value in finished.release.document["cells"].values()}
