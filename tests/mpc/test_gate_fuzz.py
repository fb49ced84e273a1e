"""A slice of the fuzzer (``benchmarks/fuzz_gate.py`` asks ten thousand): real sales, random questions, an adversary."""

import random

from fuzzing import Fuzzer, Market
from overheard import Released, attack

from mpc.disclosure.before.history import Outcome
from mpc.disclosure.region import Cell, Region, Span


def town(directory, seed, questions, *, audited=True, versions=9, rows=2000):
    chance = random.Random(seed)
    fuzzer = Fuzzer(Market(chance, rows), directory, chance, audited)
    fuzzer.run(questions, versions)
    return fuzzer


def test_random_questions_leave_every_hidden_cell_and_piece_wide_open(tmp_path):
    fuzzer = town(tmp_path, 7, 100, rows=20_000)
    found = attack(fuzzer.released)
    assert found.faults == []
    assert found.protected > 50
    assert fuzzer.verdicts["answered"] > 5
    assert fuzzer.verdicts["answered a sum of products"] > 5
    assert sum(count for verdict, count in fuzzer.verdicts.items() if "isolate rows" in verdict) > 5


def test_without_the_audit_the_same_adversary_knows_hidden_cells(tmp_path):
    found = attack(town(tmp_path, 3, 100, audited=False, versions=1, rows=20_000).released)
    assert found.faults


def test_the_adversary_sees_a_total_less_its_open_bins():
    """23 less 12 is a hidden bin and one that passed, so 0 or 1 rows are hidden."""

    def entry(low, high, outcome, count):
        region = Region.of({"asset": frozenset({"sales-1"}), "row.price": Span(low, high)})
        return Released("everybody", 0, Cell("count", region, region), outcome, count)

    whole, first = entry(0, 30, Outcome.OPENED, 23), entry(0, 10, Outcome.OPENED, 12)
    hidden, given_up = entry(10, 20, Outcome.BELOW, 1), entry(20, 30, Outcome.PASSED, 10)
    found = attack([whole, first, hidden, given_up])
    assert any("10" in fault and "20" in fault for fault in found.faults)
    assert attack([first, hidden, given_up]).faults == []
