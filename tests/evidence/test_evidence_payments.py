"""In evidence: every asset paid what the question costs its privacy, in the amounts by which nodes let it in."""

from __future__ import annotations

from pathlib import Path

import jobtown
import pytest
import specs
from evidence_defects import DEFECTS
from privatejoins import private_join
from privatespecs import private

from contracts.evidence import bundle, verify
from contracts.evidence.jobs import payments
from contracts.evidence.questions import question
from contracts.evidence.report import Words
from ledger.errors import InvalidRecord
from ledger.proofs.trust import Trust
from mpc.privacy import budget
from mpc.spec.job import JobSpec

SPECS = [
    specs.sums(), specs.table(), specs.join(), jobtown.sums_spec(), jobtown.join_spec(), private(),
    private(("count", "variance"), grouped=True, owners=5, colluders=2), private_join(),
]  # fmt: skip


@pytest.mark.parametrize("spec", SPECS)
def test_the_cost_is_the_one_that_nodes_reserve(spec: JobSpec) -> None:
    asked = question.read(spec.json())
    for charge, source in zip(budget.charges(spec), asked.sources, strict=True):
        found = payments.cost(asked, spec.json(), source)
        assert (found.mode, found.micro_rho, found.side) == (charge.mode, charge.micro_rho, charge.side)
        assert found.period == charge.period


def test_a_specification_without_what_it_costs_is_refused() -> None:
    asked = question.read(private().json())
    with pytest.raises(InvalidRecord):
        payments.cost(asked, {}, asked.sources[0])


def test_the_step_says_what_was_paid_in_both_languages(vectors: Path, trust: Trust) -> None:
    verdict = verify.verify((vectors / "join.json").read_bytes(), trust)
    (step,) = [step for step in verdict.steps if step.name == "budget"]
    assert step.ok
    assert step.detail.en == "2 assets paid 500000 micro-rho each, counted as spent"
    assert "各付 500000 micro-rho" in step.line("zh")
    sums = verify.verify((vectors / "sums.json").read_bytes(), trust)
    assert "3 assets paid 0 micro-rho each" in "".join(sums.lines("en"))


BUDGET = sorted(name for name, (_, step) in DEFECTS.items() if step == "budget")


@pytest.mark.parametrize("name", BUDGET)
def test_without_the_step_each_defect_of_a_payment_would_pass(
    vectors: Path, trust: Trust, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    data = DEFECTS[name][0](bundle.parse((vectors / "join.json").read_bytes()))
    assert verify.verify(data, trust).failed == "budget"
    monkeypatch.setattr(verify, "require_payments", lambda *_: (None, Words("", "")))
    assert verify.verify(data, trust).failed is None
