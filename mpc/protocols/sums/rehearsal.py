"""One masked sum with all parties as threads of one process: for tests, benchmarks and dry runs on invented
data.

It runs the real protocol on in-memory channels; it is NOT a way to compute over real inputs, since one
process sees them all.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from mpc.commitment import Owner, Secret
from mpc.protocols.sums.agreement import BeforeBits, Decide
from mpc.protocols.sums.committed import commit_cells
from mpc.protocols.sums.office import Released, run_recipient
from mpc.protocols.sums.owner import OwnerOutcome, run_owner
from mpc.protocols.sums.run import protocol_of
from mpc.protocols.sums.schema import Schema
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Intercept, Message, Network, Seen, deliver
from mpc.sessions.rehearsal import GENESIS, JOB, MemoryJournal, sessions
from mpc.sessions.session import Journal, Session
from mpc.stream import derive

RECIPIENT = "recipient"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it: each party's outcome or error, everything handed to the network, each party's transcript."""

    sessions: Mapping[str, Session]
    outcomes: Mapping[str, OwnerOutcome | Released | Exception]
    sent: tuple[Message, ...]
    views: Mapping[str, Sequence[Seen]]

    @property
    def released(self) -> Released:
        """The recipient's result; raises what ended the recipient."""
        outcome = self.outcomes[RECIPIENT]
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, Released)
        return outcome

    def owner(self, party: str) -> OwnerOutcome:
        """An owner's outcome; raises what ended the owner."""
        outcome = self.outcomes[party]
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, OwnerOutcome)
        return outcome

    def error(self, party: str) -> Exception:
        """What ended a party that must have failed."""
        outcome = self.outcomes[party]
        assert isinstance(outcome, Exception), f"{party} did not fail"
        return outcome

    def bodies(self, step: str) -> list[bytes]:
        """All bodies of one kind of step."""
        return [message.body for message in self.sent if message.step.partition("/")[0] == step]


def all_that_passed(bits: Mapping[str, bool]) -> AbstractSet[str]:
    """Decide to open every cell that the gate passed."""
    return {name for name, passed in bits.items() if passed}


def prepare(
    schema: Schema, contributions: Mapping[str, Mapping[str, int]], *, seed: bytes, attempt: int = 1
) -> dict[str, Session]:
    """Build the sessions of a rehearsal, each owner committed to its contribution (zero for a cell it lacks)."""
    inputs = {
        party: commit_cells(
            Owner(GENESIS, JOB, party),
            schema,
            {name: values.get(name, 0) for name in schema.names},
            secret_of(party, seed),
        ).input
        for party, values in contributions.items()
    }
    protocol = protocol_of(schema)
    return sessions(tuple(inputs), RECIPIENT, protocol, schema.terms(), seed=seed, attempt=attempt, inputs=inputs)


def secret_of(party: str, seed: bytes) -> Secret:
    """Return what hides an owner's input in a rehearsal."""
    return Secret(derive(seed, JOB, f"salt {party}"), derive(seed, JOB, f"detail {party}"))


def rehearse(
    schema: Schema,
    contributions: Mapping[str, Mapping[str, int]],
    *,
    decide: Decide | Mapping[str, Decide] = all_that_passed,
    before_bits: Mapping[str, BeforeBits] | None = None,
    intercept: Intercept = deliver,
    journals: Mapping[str, Journal] | None = None,
    views: Mapping[str, Session] | None = None,
    seed: bytes = bytes(32),
    attempt: int = 1,
) -> Rehearsal:
    """Run owners and recipient to the end or to their errors.

    Args:
        decide: one for all, or one an owner. before_bits: of owners that are asked, see ``run_owner``.
        views: sessions that differ from the common one, as after a lie of the coordinator.
    """
    common = prepare(schema, contributions, seed=seed, attempt=attempt)
    common.update(views or {})
    network = Network((*contributions, RECIPIENT), intercept=intercept)

    def owner(party: str) -> Callable[[Channel], OwnerOutcome | Released]:
        own = decide[party] if isinstance(decide, Mapping) else decide
        journal = journals[party] if journals else MemoryJournal()
        secret = secret_of(party, seed)
        asked = (before_bits or {}).get(party, lambda: None)
        return lambda channel: run_owner(common[party], channel, contributions[party], own, journal, secret, asked)

    programs = {party: owner(party) for party in contributions}
    programs[RECIPIENT] = lambda channel: run_recipient(common[RECIPIENT], channel)
    outcomes = network.run(programs)
    return Rehearsal(common, outcomes, tuple(network.sent), network.views)
