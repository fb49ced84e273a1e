"""Bad input to percentiles: a constant column, no rows at all, and a party that is gone.

``tests/mpc/test_bad_input.py`` is the table of all cases and protocols.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest
from plainengines import PlainEngines

from ledger.errors import BackendError
from mpc.protocols.engines import Outcome
from mpc.protocols.percentiles import run
from mpc.protocols.percentiles.office import Released, run_recipient
from mpc.protocols.percentiles.run import run_owner
from mpc.protocols.percentiles.terms import Terms
from mpc.sessions.channel import Channel, Misbehaviour
from mpc.sessions.memory_channel import Intercept, Killed, Network, deliver, kill
from mpc.sessions.rehearsal import MemoryJournal, sessions

OFFICE = "office"
TERMS = Terms(("a", "b", "c"), (500,), 1000, 60, 4, 3)


def held(columns: Mapping[str, Sequence[int]], intercept: Intercept = deliver):
    common = sessions(tuple(columns), OFFICE, run.PROTOCOL, TERMS.record())
    network, engines = Network((*columns, OFFICE), intercept=intercept), PlainEngines()

    def owner(party: str) -> Callable[[Channel], Outcome | Released]:
        def passed(bits: Mapping[str, bool]) -> set[str]:
            return {name for name, bit in bits.items() if bit}

        return lambda channel: run_owner(common[party], channel, columns[party], passed, MemoryJournal(), engines)

    programs = {party: owner(party) for party in columns}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel)
    return network.run(programs), network


def test_the_percentile_of_a_constant_column_is_withheld_and_no_other_number() -> None:
    """Equal values stand owner by owner, so the block around the median has rows of too few."""
    released = held(dict.fromkeys("abcd", [7] * 25))[0][OFFICE]
    assert (released.values, released.withheld) == ({"count": 100}, ("p500",))


def test_of_no_rows_at_all_nothing_is_known() -> None:
    outcomes, _ = held({owner: [] for owner in "abcd"})
    assert (outcomes[OFFICE].values, outcomes[OFFICE].withheld) == ({}, TERMS.names)


PLACES = sorted({(m.sender, m.step) for m in held(dict.fromkeys("abcd", [7] * 25))[1].sent if m.sender in "ad"})


@pytest.mark.parametrize(("victim", "step"), PLACES)
def test_a_party_lost_at_any_message_ends_the_others_and_nothing_is_released(victim: str, step: str) -> None:
    outcomes, _ = held(dict.fromkeys("abcd", [7] * 25), kill(victim, step))
    assert isinstance(outcomes[victim], Killed)
    assert isinstance(outcomes[OFFICE], BackendError | Misbehaviour)
