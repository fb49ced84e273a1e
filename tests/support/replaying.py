"""Opened audits of a rehearsed masked sum, and an owner that does not check itself, for the attack tests."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sums_job import SCHEMA, VALUES

from mpc.commitment import Owner
from mpc.protocols.sums import owner, run_owner
from mpc.protocols.sums.committed import commit_cells
from mpc.protocols.sums.rehearsal import Rehearsal, all_that_passed, secret_of
from mpc.protocols.sums.run import LABEL
from mpc.sessions.channel import Channel
from mpc.sessions.rehearsal import GENESIS, JOB, MemoryJournal
from mpc.sessions.replay import Unsigned, replay


def replay_of(
    party: str,
    rehearsal: Rehearsal,
    *,
    seed: bytes | None = None,
    own_values: Mapping[str, int] | None = None,
    **changes: int,
) -> None:
    own = rehearsal.sessions[party]
    session = replace(own, signer=Unsigned(own.key_of(party)), seed=seed or own.seed)
    opened = rehearsal.owner(party).opened

    def program(channel: Channel) -> object:
        values = {**(own_values or VALUES[party]), **changes}
        secret, journal = secret_of(party, bytes(32)), MemoryJournal()
        return run_owner(session, channel, values, lambda bits: all_that_passed(bits) & set(opened), journal, secret)

    received = {(m.sender, m.step): m.body for m in rehearsal.sent if m.to == party}
    sent = {(m.to, m.step): m.body for m in rehearsal.sent if m.sender == party}
    replay(session, LABEL, received, sent, program)


def without_own_check(monkeypatch: pytest.MonkeyPatch, party: str, committed: Mapping[str, int]) -> None:
    """Let one party contribute other values than those it committed to."""
    cells = commit_cells(Owner(GENESIS, JOB, party), SCHEMA, committed, secret_of(party, bytes(32)))
    checked = owner._committed

    def unchecked(run, values, secret):  # type: ignore[no-untyped-def]
        return cells if run.session.me == party else checked(run, values, secret)

    monkeypatch.setattr(owner, "_committed", unchecked)
