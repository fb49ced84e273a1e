"""The private gate for minima of 10, 50 and 100 in every group of prime order, for masked sums and for a join.

    python -m benchmarks.gate [--minima 10,50,100] [--groups ristretto255,sm2] [--repeat 3]

Prints the processor time of the gate alone, of all parties together, its ratio to the first line's, and the wall time,
from one run on one machine. All parties are threads of this process: a group that is computed in Python has one of them
at work at a time, so on separate machines what runs side by side there (all but the sums' mixing, where one owner
follows the other) takes less. The sums have five owners and 14 cells of which 12 are tested; the join has five groups.
Ends with the whole protocol of the sums at a minimum of 10 in ristretto255; exit code 1 if it takes 1 s or more.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from benchmarks.masked_sums import OWNERS, PROTOCOL_BUDGET_S, protocol
from mpc.dummies import MatchNoise
from mpc.groups import suites
from mpc.groups.elgamal import ElGamal, KeyPair
from mpc.protocols import private_join
from mpc.protocols.join import gate as join_gate
from mpc.protocols.join import run as join_run
from mpc.protocols.private_join import JoinTerms
from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums import gate as sums_gate
from mpc.protocols.sums import run as sums_run
from mpc.protocols.sums.keys import Keys
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.sessions.rehearsal import sessions
from mpc.stream import Stream

TESTED, GROUPS, ROWS = 12, 5, 1000
RECIPIENT = "office"


class Taken(NamedTuple):
    """Seconds: of processors, all parties together, and of the clock on the wall."""

    cpu: float
    wall: float


def keys_of(parties: tuple[str, ...], scheme: ElGamal) -> dict[str, KeyPair]:
    """Make every party's gate keys."""
    return {party: scheme.generate_keys(Stream(party.encode().ljust(32))) for party in parties}


def sums(minimum: int, group: str) -> Taken:
    """Run the gate of masked sums once."""
    owners = tuple(f"owner-{i}" for i in range(OWNERS))
    cells = tuple(Cell(f"n{i}", Kind.COUNT, 10**6) for i in range(TESTED))
    totals = tuple(Cell(name, Kind.SUM, 2**60, "n0") for name in ("sum", "squares"))
    schema = Schema(cells + totals, minimum, 3, suites.named(group))
    scheme = ElGamal(schema.prime_group)
    pairs, common = keys_of(owners, scheme), sessions(owners, RECIPIENT, sums_run.PROTOCOL, schema.terms())
    joint = scheme.joint_key(pair.public for pair in pairs.values())
    values = {cell.name: ROWS for cell in schema.cells}

    def owner(party: str) -> Callable[[Channel], bool]:
        keys = Keys(pairs[party], joint, {}, bytes(32))

        def program(channel: Channel) -> bool:
            run = sums_run.begin(common[party], channel)
            return all(sums_gate.run_gate(run, keys, values, lambda: None).bits)

        return program

    return timed({party: owner(party) for party in owners})


def join(minimum: int, group: str) -> Taken:
    """Run the gate of a join once."""
    holder, lister = "holder", "lister"
    terms = JoinTerms(
        holder=holder,
        lister=lister,
        groups=tuple(str(i) for i in range(GROUPS)),
        columns=(),
        holder_keys=10**6,
        lister_keys=10**6,
        rows=10**6,
        minimum=minimum,
        noise=MatchNoise(100, -40),
        prime_group=suites.named(group),
    )
    pairs = keys_of((holder, lister), ElGamal(terms.prime_group))
    common = sessions((holder, lister), RECIPIENT, private_join.PROTOCOL, terms.record())

    def owner(party: str, peer: str, addend: int) -> Callable[[Channel], bool]:
        def program(channel: Channel) -> bool:
            run = join_run.begin(common[party], terms, channel, join_run.silent, None)
            keys = join_gate.GateKeys(pairs[party], pairs[peer].public)
            return all(join_gate.run_gate(run, keys, [addend] * GROUPS))

        return program

    return timed({holder: owner(holder, lister, 10**5 + ROWS), lister: owner(lister, holder, -(10**5))})


def timed(programs: Mapping[str, Callable[[Channel], bool]]) -> Taken:
    """Run all parties; every cell must pass."""
    network = Network((*programs, RECIPIENT), timeout_s=600.0)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    outcomes = network.run(programs)
    taken = Taken(time.process_time() - begun_cpu, time.perf_counter() - begun)
    if any(outcome is not True for outcome in outcomes.values()):
        raise SystemExit(f"a gate failed: {outcomes}")
    return taken


def main() -> int:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--minima", default="10,50,100")
    arguments.add_argument("--groups", default=",".join(suites.GROUPS))
    arguments.add_argument("--repeat", type=int, default=3)
    given = arguments.parse_args()
    first = 0.0
    for gate in (sums, join):
        for group in given.groups.split(","):
            for minimum in map(int, given.minima.split(",")):
                cpu, wall = min(gate(minimum, group) for _ in range(given.repeat))
                first = first or cpu
                print(
                    f"{gate.__name__}, {group}, minimum {minimum}: {cpu:.2f} s of processors, "
                    f"{cpu / first:.1f} x the first; wall {wall:.2f} s"
                )
    protocol()  # loads libraries
    whole = min(protocol() for _ in range(given.repeat))
    print(f"whole protocol of the sums, ristretto255, minimum 10: {whole:.2f} s of {PROTOCOL_BUDGET_S} s")
    return 0 if whole < PROTOCOL_BUDGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
