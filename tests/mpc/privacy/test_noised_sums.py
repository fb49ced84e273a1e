"""Noised sums through the real protocol: every cell opened without a test, noise as declared, attacks without it."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest
from privatespecs import private
from replaying import replay_of
from scipy.stats import chi2
from transcripts import Run

from ledger.errors import InvalidRecord
from mpc.privacy.noise import Sampler, add_noise, discrete_gaussian
from mpc.privacy.release import estimate, figures
from mpc.protocols.descriptor import Leakage
from mpc.protocols.sums import gate, owner
from mpc.protocols.sums.descriptor import public
from mpc.protocols.sums.noised import DESCRIPTOR
from mpc.protocols.sums.rehearsal import RECIPIENT, prepare, rehearse
from mpc.protocols.sums.schema import Cell, Guarantee, Kind, Noise, Schema, of_spec, parse
from mpc.sessions.channel import ChannelTimeout
from mpc.sessions.memory_channel import kill
from mpc.spec.job import SumsSpec

OWNERS = ("registrar-1", "registrar-2", "registrar-3")
FALSE_ALARM = 1e-6
"""Of each statistical test: one run in a million fails by chance."""


def silent(_: float) -> int:
    return 0


def release(spec: SumsSpec, exact: Mapping[str, int], sampler: Sampler = discrete_gaussian, seed: bytes = bytes(32)):
    """Each owner holds the same exact cells, draws its own noise, and runs the protocol."""
    assert spec.privacy is not None
    owners = [source.party for source in spec.sources]
    values = {party: add_noise(spec, spec.privacy, exact, len(owners), sampler) for party in owners}
    return rehearse(of_spec(spec), values, seed=seed)


def exact_of(spec: SumsSpec, value: int = 0) -> dict[str, int]:
    return dict.fromkeys(of_spec(spec).names, value)


def test_every_cell_is_opened_whatever_it_holds():
    spec = private(("count", "sum", "variance"), grouped=True)
    rehearsal = release(spec, exact_of(spec, -3), silent)
    assert rehearsal.released.values == exact_of(spec, -9)
    assert rehearsal.released.withheld == ()


def test_no_test_of_any_cell_is_run():
    rehearsal = release(private(), exact_of(private()), silent)
    assert {m.step.partition("/")[0] for m in rehearsal.sent} == {
        "keys",
        "confirm",
        "masked",
        "uploaded",
        "decide",
        "open",
    }


def transcript(spec: SumsSpec, value: int) -> Run:
    rehearsal = release(spec, exact_of(spec, value))
    known = {name: number for name, number in public(of_spec(spec)).items() if name in DESCRIPTOR.public}
    return Run(
        DESCRIPTOR,
        {"owner": list(OWNERS), "recipient": [RECIPIENT]},
        rehearsal.views,
        rehearsal.sent,
        {**dict.fromkeys(OWNERS, "owner"), RECIPIENT: "recipient"},
        {"owner": known | {"turns": 1}, "recipient": known, "courier": known | {"turns": 1}},
    )


@pytest.mark.parametrize("value", [0, 1, 9, 10, 400])
def test_each_role_sees_what_is_declared_and_the_same_flags_for_every_count(value):
    found = transcript(private(), value)
    found.require_declared()
    assert found.told() == transcript(private(), 900).told()


@pytest.mark.parametrize("leak", [leak for leak in DESCRIPTOR.leakage if leak.outputs != ("times",)])
def test_no_declared_leakage_can_be_left_out(leak: Leakage):
    with pytest.raises(ValueError, match="undeclared"):
        replace(DESCRIPTOR, leakage=tuple(other for other in DESCRIPTOR.leakage if other is not leak))


def test_nobody_decides_before_all_have_uploaded():
    spec = private()
    values = {party: exact_of(spec) for party in OWNERS}
    asked: list[str] = []

    def decide(party: str):
        return lambda bits: asked.append(party) or set(bits)

    rehearsal = rehearse(of_spec(spec), values, decide={party: decide(party) for party in OWNERS},
                         intercept=kill(OWNERS[1], "masked"))  # fmt: skip
    assert isinstance(rehearsal.error(OWNERS[0]), ChannelTimeout)
    assert not asked


def test_an_exact_schema_never_passes_without_a_test():
    exact = of_spec(replace(private(), privacy=None))
    sessions = prepare(exact, {party: exact_of(replace(private(), privacy=None)) for party in OWNERS}, seed=bytes(32))
    assert {session.protocol for session in sessions.values()} == {"masked-sums-v1"}
    rehearsal = rehearse(exact, {party: dict.fromkeys(exact.names, 2) for party in OWNERS})
    assert rehearsal.released.values == {}


@pytest.mark.parametrize("name", ["masked-sums-v1", "noised-sums-v1"])
def test_cells_of_the_other_protocol_are_refused(name):
    spec = private() if name == "masked-sums-v1" else replace(private(), privacy=None)
    schema = of_spec(spec)
    common = prepare(schema, {party: exact_of(spec) for party in OWNERS}, seed=bytes(32))
    views = {party: replace(session, protocol=name) for party, session in common.items()}
    rehearsal = rehearse(schema, {party: exact_of(spec) for party in OWNERS}, views=views)
    assert isinstance(rehearsal.error(OWNERS[0]), InvalidRecord)
    assert not rehearsal.sent


def test_owners_that_agreed_on_other_noise_find_out_before_anything_leaves():
    spec, less = private(), private(cost=10**7)
    common = prepare(of_spec(spec), {party: exact_of(spec) for party in OWNERS}, seed=bytes(32))
    views = {OWNERS[1]: replace(common[OWNERS[1]], terms=of_spec(less).terms())}
    rehearsal = rehearse(of_spec(spec), {party: exact_of(spec) for party in OWNERS}, views=views)
    assert all(isinstance(rehearsal.outcomes[party], Exception) for party in (*OWNERS, RECIPIENT))
    assert not rehearsal.bodies("masked")


def test_seed_and_noised_input_reproduce_every_byte_for_an_auditor():
    """The noise itself nothing reproduces: the audit takes the noised cells, to which the owner had committed."""
    spec = private()
    noised = {party: add_noise(spec, spec.privacy, exact_of(spec, 40), 3) for party in OWNERS}
    rehearsal = rehearse(of_spec(spec), noised)
    for party in OWNERS:
        replay_of(party, rehearsal, own_values=noised[party])
    with pytest.raises(InvalidRecord, match="not the input"):
        replay_of(OWNERS[0], rehearsal, own_values=exact_of(spec, 40))


# the schema


def noised(deviation_milli: int = 4000, **changes: object) -> Schema:
    fields = {"cells": (Cell("n", Kind.NOISED, 10**6, noise=Noise(1, deviation_milli)),), "minimum": 0,
              "contributors": 3, "guarantee": Guarantee(1000, -40, 300, 1)}  # fmt: skip
    return Schema(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_noised_schema_round_trips_through_its_terms():
    schema = of_spec(private(("variance", "count"), grouped=True))
    assert parse(schema.terms()) == schema
    assert schema.gated == ()


def test_shares_below_variance_four_are_refused_by_every_party():
    noised(2829).check_owners(3)
    with pytest.raises(InvalidRecord, match="scale the integers"):
        noised(2828).check_owners(3)
    with pytest.raises(InvalidRecord, match="scale the integers"):
        noised(2829).check_owners(4)


@pytest.mark.parametrize(
    "change",
    [
        {"minimum": 10},
        {"contributors": 2},
        {"guarantee": Guarantee(1000, -40, 300, 3)},
        {"guarantee": Guarantee(1000, -40, 300, -1)},
        {"guarantee": None},
        {"guarantee": None, "minimum": 10},
        {"cells": (Cell("n", Kind.COUNT, 10),)},
    ],
)
def test_noised_and_exact_cells_do_not_mix(change):
    with pytest.raises(InvalidRecord):
        noised(**change)


@pytest.mark.parametrize("fields", [{"kind": Kind.NOISED}, {"kind": Kind.COUNT, "noise": Noise(1, 4000)}])
def test_noise_belongs_to_noised_cells_alone(fields):
    with pytest.raises(InvalidRecord):
        Cell("n", bound=10, **fields)


# the noise of what is released


def totals(spec: SumsSpec, runs: int, sampler: Sampler = discrete_gaussian) -> list[list[int]]:
    """Released totals over several runs of the protocol; the exact ones are all zero."""
    seeds = [bytes([n, 7]) * 16 for n in range(runs)]
    found = [release(spec, exact_of(spec), sampler, seed).released.values for seed in seeds]
    return [[values[name] for values in found] for name in of_spec(spec).names]


def fits(samples: list[int], deviation: float) -> bool:
    """Test the variance: the sum of squares is chi-square with as many degrees of freedom, both tails."""
    statistic = sum(sample**2 for sample in samples) / deviation**2
    return FALSE_ALARM / 2 < chi2.cdf(statistic, len(samples)) < 1 - FALSE_ALARM / 2


def bins_of(samples: list[int], deviation: float, parts: int = 8) -> float:
    """Chi-square over some eight about equally likely parts of the discrete Gaussian's range; returns the p-value."""
    reach = math.ceil(8 * deviation)
    weights = {x: math.exp(-(x**2) / (2 * deviation**2)) for x in range(-reach, reach + 1)}
    whole, edges, expected, mass = sum(weights.values()), [], [], 0.0
    for x, weight in weights.items():
        mass += weight / whole
        if mass >= 1 / parts and len(edges) < parts - 1:
            edges.append(x)
            expected.append(mass)
            mass = 0.0
    expected.append(mass)
    counts = [0] * len(expected)
    for sample in samples:
        counts[sum(sample > edge for edge in edges)] += 1
    statistic = sum((c - len(samples) * p) ** 2 / (len(samples) * p) for c, p in zip(counts, expected, strict=True))
    return float(chi2.sf(statistic, len(expected) - 1))


HISTOGRAM = private(("histogram",), edges=tuple(range(0, 120)), low=0)
"""120 figures of one family: 120 samples of the same noise in a run."""


def grain_of(spec) -> int:
    return of_spec(spec).cells[0].noise.grain


def test_released_figures_carry_the_noise_that_was_told():
    samples = [sample for cell in totals(HISTOGRAM, 3) for sample in cell]
    told = estimate(HISTOGRAM, 3).expected[0]
    deviation = told.deviation * grain_of(HISTOGRAM)
    assert fits(samples, deviation)
    assert bins_of(samples, deviation) > FALSE_ALARM
    outside = sum(abs(sample) > told.within_95 * grain_of(HISTOGRAM) for sample in samples)
    assert abs(outside / len(samples) - 0.05) < 5 * math.sqrt(0.05 * 0.95 / len(samples))


@pytest.mark.parametrize("factor", [0, 0.6, 1.6])
def test_noise_of_another_size_fails_the_same_test(factor):
    samples = [sample for cell in totals(HISTOGRAM, 3, lambda scale: round(factor * discrete_gaussian(scale)))
               for sample in cell]  # fmt: skip
    told = estimate(HISTOGRAM, 3).expected[0]
    assert not fits(samples, told.deviation * grain_of(HISTOGRAM))


def test_owners_outside_the_coalition_alone_give_the_noise_that_is_paid_for():
    """The colluder subtracts its own share: what is left has the variance of the cost, no less."""
    spec = HISTOGRAM
    shares = spec.privacy.protection.colluders
    owners = [add_noise(spec, spec.privacy, exact_of(spec), 3) for _ in range(3 - shares)]
    samples = [sum(part[name] for part in owners) for name in of_spec(spec).names]
    assert fits(samples, of_spec(spec).cells[0].noise.deviation_milli / 1000)


# attacks


def attack(samples_with: list[int], samples_without: list[int], moved: int) -> bool:
    """Tell from repeated figures whether a unit is there: the nearer mean wins."""
    guess = sum(samples_with) / len(samples_with) - sum(samples_without) / len(samples_without)
    return abs(guess - moved) < abs(guess)


def test_without_noise_one_answer_before_and_one_after_show_the_unit():
    spec = private(("count",))
    grain = of_spec(spec).cells[0].noise.grain
    before = release(spec, {"count": 50 * grain}, silent).released.values["count"]
    after = release(spec, {"count": 51 * grain}, silent).released.values["count"]
    assert after - before == 3 * grain


def test_averaging_many_draws_of_one_question_would_show_the_exact_figure():
    """Attack 27 without its defence; nodes refuse the repetition (test_private_jobs) and budgets charge each draw."""
    spec = private(("histogram",), edges=tuple(range(0, 120)))
    once = [cell[0] for cell in totals(spec, 1)]
    told = estimate(spec, 3).expected[0]
    deviation = told.deviation * grain_of(HISTOGRAM)
    mean = sum(once) / len(once)  # 120 figures of noise around one truth, as 120 draws would be
    assert abs(mean) < 5 * deviation / math.sqrt(len(once)) < deviation / 2


def test_the_difference_of_two_versions_is_not_noise_free():
    """An irrelevant row makes a new version and fresh noise: the difference has twice the variance, never zero."""
    first, second = ([cell[0] for cell in totals(HISTOGRAM, 1)] for _ in range(2))
    told = estimate(HISTOGRAM, 3).expected[0]
    differences = [a - b for a, b in zip(first, second, strict=True)]
    assert any(differences)
    assert fits(differences, math.sqrt(2) * told.deviation * grain_of(HISTOGRAM))


def test_noise_that_repeats_by_seed_would_cancel():
    counters = iter([5, -3, 8] * 2)
    spec = private(("count",))
    first = release(spec, {"count": 0}, lambda _: next(counters)).released.values["count"]
    assert release(spec, {"count": 7}, lambda _: next(counters)).released.values["count"] - first == 21


def test_figures_of_a_release_name_error_and_epsilon():
    spec = private(("count", "sum", "mean"))
    told = figures(spec, 3, release(spec, exact_of(spec, 900)).released.values)
    assert told["epsilon"] == "4.229"
    assert {"standard_deviation", "within_95", "value"} <= set(told["expected_error"][0])


def test_the_gate_cannot_be_skipped_for_exact_cells(monkeypatch):
    monkeypatch.setattr(owner, "run_gate", lambda run, keys, values, before_bits: gate.pass_all(run, keys, bytes(32)))
    exact = of_spec(replace(private(), privacy=None))
    rehearsal = rehearse(exact, {party: dict.fromkeys(exact.names, 2) for party in OWNERS})
    assert isinstance(rehearsal.error(OWNERS[0]), ValueError)
