"""A day of new homes in Wuhan: a thousand sales from the filed contract to the buyer's title, sealed and provable.

    python benchmarks/wuhan_day.py [--cases 1000] [--alone 40] [--profile]

Each case is five registrations in the profile's words (contract filing, pre-notice, tax, first registration,
transfer), and ends with the pre-notice released and the case closed: thirteen signed calls by three departments on the
embedded chain, which does what it does in service (admission, execution, four seals, a durable commit a block) but for
its clock, moved by hand: in service it makes one block a second. Cases come in waves, so that blocks are full; then
some come alone, each call in a block of its own, which is the most that the machine can have to do for one.

Printed: registrations a second of processor time, by the profile's count and by entries in the register alone; the
95th percentile of a lone case's machine time; what the chain's file grows by for a registration, and how much of that
is state; then every unit's title and history is proven against the last sealed header, and the time a proof takes.

Exit code 1 below 60 registrations a second or above 10 s a case, or if a proof does not hold.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import newhome  # noqa: E402
from newhome import ENTRIES, STEPS, Sale  # noqa: E402
from statutetown import Town  # noqa: E402

from contracts.addresses import TITLES  # noqa: E402
from contracts.proven import history_fact  # noqa: E402
from contracts.titles import client as titles  # noqa: E402
from contracts.titles.record import UnitState  # noqa: E402

LEAST_RATE, MOST_SECONDS = 60.0, 10.0


def wave(town: Town, sales: Iterable[Sale]) -> int:
    """Take sales through all of their stages together; return how many calls that were."""
    made = 0
    for stage in zip(*(sale.stages() for sale in sales), strict=True):
        for who, operation in (signed for calls in stage for signed in calls):
            town.send(who, operation.contract, operation.method, *operation.args)
        receipts = town.block()
        refused = {receipt.reason for receipt in receipts if not receipt.accepted}
        assert not refused, f"refused: {refused}"
        made += len(receipts)
    return made


def alone(town: Town, sale: Sale) -> float:
    """Take one sale through, each call in a block of its own; return the machine's time."""
    start = time.perf_counter()
    for who, operation in (signed for calls in sale.stages() for signed in calls):
        receipt = town.do(who, operation.contract, operation.method, *operation.args)
        assert receipt.accepted, receipt.reason
    return time.perf_counter() - start


def prove(town: Town, sales: list[Sale]) -> tuple[float, int]:
    """Prove each unit's title and the length of its history; return milliseconds a unit and entries found."""
    view = town.observer("bank").view
    start, entries = time.perf_counter(), 0
    for sale in sales:
        fact = titles.unit_fact(sale.unit)
        unit = titles.decode_unit(sale.unit, view.value(TITLES, fact.slots))
        assert unit.state is UnitState.REGISTERED
        assert unit.holdings == sale.buyer.digest()
        history = history_fact(TITLES, sale.unit)
        entries += int.from_bytes(view.value(TITLES, history.slots)[history.slots[1]], "big")
    return 1000 * (time.perf_counter() - start) / len(sales), entries


def grown(town: Town) -> tuple[int, int]:
    """Return the bytes of the chain's file, all of it in its place, and of the state's nodes in it."""
    database = town.node._store._connection()
    database.execute("pragma wal_checkpoint(truncate)")
    [(nodes,)] = database.execute("select sum(length(hash) + length(value)) from nodes")
    return (town.directory / "chain" / "chain.sqlite").stat().st_size, int(nodes)


def day(directory: Path, cases: int, lone: int) -> bool:
    """Run the day; tell whether it keeps its bounds."""
    town = newhome.founded(directory)
    sales = [Sale(f"sale {number}") for number in range(cases)]
    before, start, cpu = grown(town), time.perf_counter(), time.process_time()
    calls = wave(town, sales)
    spent, used = time.perf_counter() - start, time.process_time() - cpu
    after = grown(town)
    rate = STEPS * cases / used
    print(f"{cases} cases, {calls} signed calls in {town.node.head_number()} blocks, none refused")
    print(
        f"  {rate:.0f} registrations a second of processor time by the profile's five a case "
        f"({ENTRIES * cases / used:.0f} entries in the register alone, {calls / used:.0f} calls); "
        f"{used:.1f} s of processor, {spent:.1f} s by the clock",
        flush=True,
    )
    file, nodes = ((then - now) / (STEPS * cases) for then, now in zip(after, before, strict=True))
    print(f"  the chain's file grows by {file:,.0f} bytes a registration, {nodes:,.0f} of them nodes of state")
    times = sorted(alone(town, Sale(f"lone {number}")) for number in range(lone))
    slow = statistics.quantiles(times, n=20)[-1]
    print(f"  a case alone, {calls // cases} blocks of one call: median {times[lone // 2]:.2f} s, p95 {slow:.2f} s")
    each, entries = prove(town, sales)
    print(f"  every title proven, {each:.1f} ms each; {entries} entries in the units' histories", flush=True)
    town.close()
    return rate >= LEAST_RATE and slow <= MOST_SECONDS and entries == 2 * cases


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--alone", type=int, default=40, help="cases that come by themselves")
    parser.add_argument("--profile", action="store_true", help="say where the time goes; figures are then too low")
    options = parser.parse_args()
    profile = cProfile.Profile()
    with tempfile.TemporaryDirectory() as scratch:
        if options.profile:
            profile.enable()
        held = day(Path(scratch), options.cases, options.alone)
        profile.disable()
    if options.profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
