"""Opened audits of a join: size of the records, time to seal and open them, and each owner's replay beside the join.

    python -m benchmarks.opened_audit [--keys 44754] [--listed 45376]

All parties run as threads of this process, so the join's CPU time is that of all; the replays follow one by one.
Prints CPU seconds and ratios from one run on one machine. Exit code 1 if a replay took more than the whole join.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks.join import HOLDER, LISTER, OFFICE, join_terms, synthetic
from ledger.crypto.keys import PrivateKey
from mpc.inputs import HolderRows, Input, ListedKeys
from mpc.node.messages.transcripts import Locker, Retention, Transcripts
from mpc.opened import envelope, record
from mpc.opened.envelope import Address
from mpc.opened.record import Head
from mpc.protocols.join import opening
from mpc.protocols.join.run import LABEL
from mpc.protocols.private_join import PROTOCOL, run_holder, run_lister, run_recipient
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.replay import Unsigned, replay

AUDITOR = PrivateKey("x25519", b"\1" * 32)


def main() -> int:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--keys", type=int, default=44_754)
    arguments.add_argument("--listed", type=int, default=45_376)
    given = arguments.parse_args()
    table, listed = synthetic(given.keys, given.listed)
    terms = join_terms("ou3072")
    about = sessions((HOLDER, LISTER), OFFICE, PROTOCOL, terms.record())
    data: dict[str, Input] = {HOLDER: HolderRows(table), LISTER: ListedKeys(tuple(listed))}

    def every(bits: dict[str, bool]) -> frozenset[str]:
        return frozenset(name for name, passed in bits.items() if passed)

    def part(me: str, channel: Channel, decide: Callable[..., frozenset[str]], signer: Unsigned | None) -> object:
        session, journal = about[me] if signer is None else replace(about[me], signer=signer), MemoryJournal()
        if me == HOLDER:
            return run_holder(session, channel, table, decide, journal, terms=terms)
        return run_lister(session, channel, listed, decide, journal, terms=terms)

    with tempfile.TemporaryDirectory() as folder:
        lockers = {me: Locker(me, AUDITOR, about[me].signer) for me in data}
        stores = {me: Transcripts(Path(folder) / me, Retention(), lockers[me]) for me in data}
        heads = {me: Head(me, about[me].job, 1, about[me].seed, bytes(32), {}, data[me].json()) for me in data}
        programs: dict[str, Callable[[Channel], object]] = {
            me: lambda channel, me=me: part(me, stores[me].begin(heads[me], channel), every, None) for me in data
        }
        programs[OFFICE] = lambda channel: run_recipient(about[OFFICE], channel, terms=terms)
        begun = time.process_time()
        for outcome in Network((*programs,)).run(programs).values():
            if isinstance(outcome, Exception):
                raise outcome
        whole = time.process_time() - begun
        print(f"join of {given.keys} and {given.listed} keys, kept at both owners: {whole:.1f} CPU-s")
        shares = [_audit(me, stores[me].read(stores[me].find(about[me].job, 1)), about[me], part, whole) for me in data]
    return 0 if max(shares) < 1 else 1


def _audit(me, data, session, part, whole) -> float:  # type: ignore[no-untyped-def]
    begun = time.process_time()
    address = Address(me, session.job, 1, "auditor")
    sealed = envelope.seal(address, data, auditor_key=AUDITOR.public, signer=session.signer)
    opened = record.parse(envelope.unseal(sealed, auditor="auditor", private=AUDITOR, keys={me: session.signer.public}))
    carried = time.process_time() - begun
    decide = opening.announced(opened.sent, session.others[0], tuple("12345"))
    signer = Unsigned(session.signer.public)
    begun = time.process_time()
    replay(session, LABEL, opened.received, opened.sent, lambda channel: part(me, channel, decide, signer))
    taken = time.process_time() - begun
    print(
        f"  {me}: record {len(data) / 1e6:.1f} MB, sealed and opened again {carried:.1f} CPU-s, "
        f"every byte reproduced in {taken:.1f} CPU-s, {taken / whole:.2f} of the join"
    )
    return float(taken / whole)


if __name__ == "__main__":
    sys.exit(main())
