"""Step 5a: the owners agree on the cells to open before any pad leaves.

Each owner's own disclosure audit may withhold a cell that passed the gate. What remains is the intersection,
and a smaller set can be unsafe where the larger one was fine (a total beside all parts but one), so every
owner decides again on the smaller set until nobody withholds more. The set only shrinks, so this ends. Owners
thereby learn that some owner withheld a cell, not why; the recipient learns only the final set.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeAlias

from mpc.protocols.sums.gate import Gate
from mpc.protocols.sums.upload import TRANSCRIPT_BYTES, read_flags
from mpc.sessions.channel import Misbehaviour, blame

DECIDE = "decide"

BeforeBits: TypeAlias = Callable[[], None]
"""Asked before an owner's share of the decryption leaves: without it nobody learns a bit, after it all owners may.

Raises to end the job."""

Decide: TypeAlias = Callable[[Mapping[str, bool]], AbstractSet[str]]
"""An owner's disclosure audit and chain check: from the cells still open to opening (name -> True), those to
open.

May be asked again with fewer cells True; must answer a subset of the True ones, and raises to end the job.
"""


class Owners(Protocol):
    """An owner's run, as far as agreeing takes it: the cells by name, and an exchange with every other owner."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def exchange(self, step: str, body: bytes) -> dict[str, bytes]: ...


def agree(run: Owners, gate: Gate, decide: Decide) -> tuple[bool, ...]:
    """Find the cells on which every owner's decision agrees, one flag a cell.

    Raises:
        Misbehaviour: an owner saw another gate, or wants a cell that is not up for opening.
        NotAuthorized: from ``decide``.
    """
    candidates = gate.bits
    for turn in range(1, len(candidates) + 2):
        proposals = run.exchange(f"{DECIDE}/{turn}", _propose(run, gate, candidates, decide))
        common = candidates
        for party, body in proposals.items():
            chosen = _read(party, f"{DECIDE}/{turn}", body, gate, candidates)
            common = tuple(left and right for left, right in zip(common, chosen, strict=True))
        if common == candidates:
            return common
        candidates = common
    raise AssertionError("a shrinking set of cells cannot shrink more often than it has cells")


def announced(sent: Mapping[tuple[str, str], bytes], other: str, names: Sequence[str]) -> Decide:
    """Repeat the decisions that an owner announced, which no seed determines: for the replay of an opened audit.

    Args:
        sent: the owner's recorded messages, by (receiver, step); other: any co-owner, since all get the same.
    """
    turns = iter(range(1, len(names) + 2))
    start = TRANSCRIPT_BYTES + len(names)

    def decide(bits: Mapping[str, bool]) -> frozenset[str]:
        flags = sent.get((other, f"{DECIDE}/{next(turns)}"), b"")[start : start + len(names)]
        return frozenset(name for name, flag in zip(names, flags, strict=False) if flag and bits[name])

    return decide


def _propose(run: Owners, gate: Gate, candidates: tuple[bool, ...], decide: Decide) -> bytes:
    names = run.names
    chosen = decide(dict(zip(names, candidates, strict=True)))
    allowed = {name for name, flag in zip(names, candidates, strict=True) if flag}
    if not chosen <= allowed:
        raise ValueError("the decision opens a cell that is not up for opening")
    return gate.transcript + bytes(gate.bits) + bytes(name in chosen for name in names)


def _read(party: str, step: str, body: bytes, gate: Gate, candidates: tuple[bool, ...]) -> tuple[bool, ...]:
    cells = len(candidates)
    if body[: TRANSCRIPT_BYTES + cells] != gate.transcript + bytes(gate.bits):
        raise Misbehaviour(party, step, "saw another gate: other messages or other bits")
    with blame(party, step):
        chosen = read_flags(body[TRANSCRIPT_BYTES + cells :])
    if any(flag and not candidate for flag, candidate in zip(chosen, candidates, strict=True)):
        raise Misbehaviour(party, step, "wants to open a cell that is not up for opening")
    return chosen
