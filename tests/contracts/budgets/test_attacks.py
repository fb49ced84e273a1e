"""Attack 34, the budget race: refused by the contract, and a success on a contract that lacks one line of it.

Each mutant is compiled from the sources with one defence taken out, and put at the address of the real one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from budgeting import PERIOD
from network import AUDIT, Network, address, digest
from sharing import DAY, NODE, OFFICE, OFFICER, REGISTRARS, Sharing, agent, asset_of, deputy

from contracts import build
from contracts.addresses import BUDGETS, GENESIS_ADDRESSES
from contracts.budgets import client
from contracts.budgets.record import Mode, Pot
from contracts.jobs.calls import Abort, Commit, Open, Retry
from ledger.abi import AbiValue

JOB, OTHER, REASON = digest("job"), digest("other job"), digest("reason")
OWNERS = REGISTRARS[:3]
ONE = OWNERS[0]
ASSET = asset_of(ONE)
LAST = 5_000


class Race:
    """A network in which one owner's pot holds one last amount; calls of Budgets go to whatever code stands there."""

    def __init__(self) -> None:
        self.town = Sharing()
        for party in OWNERS:
            self.town.authorize(party)
        self.network: Network = self.town.network

    def mutate(self, folder: Path, file: str, defence: str, without: str) -> None:
        """Take a line out of a copy of the sources and put the result in place of the contract."""
        root = folder / "contracts"
        shutil.copytree(build.ROOT, root, ignore=shutil.ignore_patterns("*.py", "artefacts", "__pycache__"))
        source = root / "budgets" / file
        text = source.read_text(encoding="utf-8")
        assert text.count(defence) == 1
        source.write_text(text.replace(defence, without), encoding="utf-8")
        runtime = build.build(root / "budgets" / "budgets.vy", root)["runtime"]
        self.network.evm.install(GENESIS_ADDRESSES[BUDGETS], bytes.fromhex(str(runtime)))

    def call(self, caller: bytes, method: str, *args: AbiValue) -> str:
        return self.network.send(caller, BUDGETS, method, *args).reason

    def allow(self) -> None:
        assert self.call(agent(ONE, OFFICER), "propose", ASSET, PERIOD, 0, LAST) == ""
        assert self.call(deputy(ONE), "confirm", ASSET, PERIOD, 0, LAST) == ""

    def begin(self, job: bytes) -> None:
        self.town.must(OFFICE, self.town.propose(job, OWNERS))
        self.town.to_accepted(job)

    def reserve(self, job: bytes, attempt: int = 1, side: int = 0, mode: Mode = Mode.EXACT, amount: int = LAST) -> str:
        return self.call(agent(ONE, NODE), "reserve", job, attempt, ASSET, PERIOD, int(mode), amount, side)

    def open(self, job: bytes) -> None:
        self.commit(job)
        self.town.must(agent(ONE, NODE), Open(job, self.town.job(job).attempt))

    def commit(self, job: bytes) -> None:
        for party in (*OWNERS, AUDIT):
            call = Commit(job, self.town.job(job).attempt, digest("input"), digest("seed"))
            self.town.must(agent(party, NODE), call)

    def abort(self, job: bytes, attempt: int = 1) -> None:
        self.town.must(agent(ONE, NODE), Abort(job, attempt, REASON))

    def pot(self) -> Pot:
        slots = client.pot_fact(ASSET, PERIOD).slots
        return client.decode_pot(ASSET, PERIOD, self.network.values(BUDGETS, slots))


@pytest.fixture
def race() -> Race:
    return Race()


def both_open(race: Race) -> list[str]:
    """Have two jobs reserve the last amount before either opens; those that could go on to their opening."""
    race.allow()
    race.begin(JOB)
    race.begin(OTHER)
    reasons = [race.reserve(JOB), race.reserve(OTHER)]
    for job, reason in zip((JOB, OTHER), reasons, strict=True):
        if not reason:
            race.open(job)
            assert race.call(agent(ONE, NODE), "consume", job, 1, ASSET) == ""
    return reasons


def test_two_jobs_do_not_both_get_the_last_amount(race: Race) -> None:
    assert both_open(race) == ["", "budgets: lifetime pot"]
    assert race.pot().spent == LAST


def test_if_only_what_is_spent_counted_both_would_get_it(race: Race, tmp_path: Path) -> None:
    race.mutate(tmp_path, "funds.vy", "pot.limit, pot.spent + pot.reserved, amount", "pot.limit, pot.spent, amount")
    assert both_open(race) == ["", ""]
    assert race.pot().spent == 2 * LAST > race.pot().limit


def crash_after_the_opening(race: Race) -> str:
    """Open, then lose everybody before anything is settled; whoever comes back asks for the amount."""
    race.allow()
    race.begin(JOB)
    assert race.reserve(JOB) == ""
    race.open(JOB)
    race.abort(JOB)
    return race.call(agent(ONE, NODE), "refund", JOB, 1, ASSET)


def test_a_crash_after_the_opening_gives_nothing_back(race: Race) -> None:
    assert crash_after_the_opening(race) == "budgets: not ended unopened"
    assert race.pot().left == 0


@pytest.mark.slow
def test_if_the_end_alone_counted_a_crash_would_make_the_opening_free(race: Race, tmp_path: Path) -> None:
    race.mutate(tmp_path, "attempts.vy", "if progress._done(entry.flags, progress.OPEN) != 0:", "if False:")
    assert crash_after_the_opening(race) == ""
    assert race.pot().left == LAST


def aborted_attempts(race: Race, most: int = 3) -> int:
    """Begin the protocol, which shows a noised count, and abort before any opening, as often as the pot allows."""
    race.allow()
    race.begin(JOB)
    shown = 0
    while shown < most and race.reserve(JOB, shown + 1, side=LAST) == "":
        race.commit(JOB)
        shown += 1
        race.abort(JOB, shown)
        assert race.call(agent(ONE, NODE), "refund", JOB, shown, ASSET) == ""
        race.town.must(OFFICE, Retry(JOB, shown, 15))
        race.town.to_accepted(JOB)
    return shown


def test_what_a_protocol_shows_before_an_opening_is_paid_though_it_aborts(race: Race) -> None:
    assert aborted_attempts(race) == 1
    assert race.pot() == Pot(LAST, LAST, 0, Mode.EXACT, 1)


@pytest.mark.slow
def test_if_aborted_attempts_were_free_noised_counts_could_be_averaged(race: Race, tmp_path: Path) -> None:
    race.mutate(tmp_path, "holds.vy", "held.side if begun else 0", "0")
    assert aborted_attempts(race) == 3
    assert race.pot().spent == 0


def noised_beside_exact(race: Race) -> str:
    """Release an exact total, which costs nothing; have another attempt end unbegun; reserve for noised figures."""
    race.allow()
    race.begin(JOB)
    assert race.reserve(JOB, amount=0) == ""
    race.open(JOB)
    race.begin(OTHER)
    assert race.reserve(OTHER, amount=0) == ""
    race.abort(OTHER)
    assert race.call(agent(ONE, NODE), "refund", OTHER, 1, ASSET) == ""
    race.town.must(OFFICE, Retry(OTHER, 1, 15))
    race.town.to_accepted(OTHER)
    return race.reserve(OTHER, 2, mode=Mode.PRIVATE)


def test_an_exact_total_is_remembered_although_it_cost_nothing_and_others_gave_theirs_back(race: Race) -> None:
    assert noised_beside_exact(race) == "budgets: pot of the other mode"


@pytest.mark.slow
def test_if_any_refund_freed_the_mode_noised_figures_would_stand_beside_exact_ones(race: Race, tmp_path: Path) -> None:
    race.mutate(tmp_path, "funds.vy", "    if holders == 0:", "    if True:")
    assert noised_beside_exact(race) == ""


def raise_alone(race: Race) -> str:
    assert race.call(agent(ONE, OFFICER), "propose", ASSET, PERIOD, 0, LAST) == ""
    return race.call(agent(ONE, OFFICER), "confirm", ASSET, PERIOD, 0, LAST)


def test_one_officer_raises_nothing(race: Race) -> None:
    assert raise_alone(race) == "budgets: two officers needed"


@pytest.mark.slow
def test_without_the_second_person_one_stolen_key_empties_the_asset(race: Race, tmp_path: Path) -> None:
    race.mutate(tmp_path, "limits.vy", 'assert found.officer != msg.sender, "budgets: two officers needed"', "pass")
    assert raise_alone(race) == ""
    assert race.pot().limit == LAST


def test_the_rate_of_a_class_is_no_bound_on_privacy(race: Race) -> None:
    """A stated limit: with the lifetime pot left wide open a patient recipient spends the rate again in each window."""
    for pot, length, limit in ((PERIOD, 0, 10 * LAST), (bytes(32), DAY, LAST)):
        assert race.call(agent(ONE, OFFICER), "propose", ASSET, pot, length, limit) == ""
        assert race.call(deputy(ONE), "confirm", ASSET, pot, length, limit) == ""
    for n in range(2):
        race.begin(digest(f"job {n}"))
        assert race.reserve(digest(f"job {n}")) == ""
        race.network.now += DAY
    assert race.pot().reserved == 2 * LAST
    assert race.call(address("stranger"), "reserve", JOB, 1, ASSET, PERIOD, 1, LAST, 0) == "parties: unknown agent"
