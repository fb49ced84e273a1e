"""Whether every authorization stood while a run went on: from its attempt's first opening to the anchor of its waves.

A run looks at authorizations anew in every wave, but that its nodes did so nobody can see: parties that pool could go
on after a revocation, and sign. What they cannot do is put the root of waves on chain that they have not run. So the
block of the anchor of the last wave is the latest that a wave can have been run in, and evidence proves it, beside the
block of every change of an authorization since the job used it. A model does not verify if, anywhere between the two,
an authorization was suspended, revoked or disposed, or over.

It errs towards refusing: an authorization that was stopped between the last wave and its anchor, a block or two later,
takes the model's evidence with it. It shows nothing of what parties that pool do with their rows beside the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from contracts.addresses import AUTHORIZATIONS, JOBS, NOTARY
from contracts.authorizations.record import AuthorizationState
from contracts.evidence.bundle import Evidence, History, RecordedEvent
from contracts.evidence.jobs.agreement import Agreement
from contracts.evidence.jobs.permits import changes_since_use, read_grant
from contracts.evidence.jobs.release import MOMENTS, Released, opening_of
from contracts.evidence.jobs.rounds import stream_of
from contracts.evidence.network import Network
from contracts.evidence.report import Words
from contracts.evidence.states import Proven
from contracts.notary.rules import ANCHORED
from ledger.abi import decode, topic
from ledger.errors import VerificationError
from ledger.proofs.proof import ReceiptProof, verify_receipt

Place: TypeAlias = tuple[int, int, int]
"""Of an event: block, transaction and log in it."""


def require_throughout(
    evidence: Evidence, network: Network, proven: Proven, released: Released, agreement: Agreement
) -> tuple[None, Words]:
    """Verify that no authorization stood still while the waves were run.

    Raises:
        VerificationError: one did, or evidence proves other moments than these need.
    """
    histories, moments = evidence.histories[1:], evidence.facts.moments[MOMENTS:]
    changes = [(history, changes_since_use(history, released.id)) for history in histories]
    if len(moments) != 2 + sum(len(found) for _, found in changes):
        raise VerificationError("moments: expected the attempt's opening, the last anchor, and every change since")
    place = _placing(network, proven)
    begun = place(moments[0], JOBS, opening_of(released))
    anchored, at = _anchored(network, proven, moments[1], agreement)
    left = iter(moments[2:])
    for history, found in changes:
        placed = [(state, place(next(left), AUTHORIZATIONS, event)) for event, state in found]
        _require_standing(history, placed, begun, anchored)
        if at >= (until := read_grant(history, released.id).valid_until):
            raise VerificationError(f"authorization {history.entity.hex()}: over at {until}, waves anchored at {at}")
    return None, Words(
        f"{len(histories)} authorizations stood from block {begun[0]} to the anchor of the last wave in {anchored[0]}",
        f"{len(histories)} 项授权自第 {begun[0]} 块至末轮存证的第 {anchored[0]} 块始终有效",
    )


def _require_standing(
    history: History, changes: Sequence[tuple[AuthorizationState, Place]], begun: Place, anchored: Place
) -> None:
    """Refuse an authorization that was stopped at some time between the two; changes in order."""
    ends = [*(place for _, place in changes[1:]), None]
    for (state, since), until in zip(changes, ends, strict=False):
        if state is not AuthorizationState.GRANTED and since < anchored and (until is None or until > begun):
            raise VerificationError(
                f"authorization {history.entity.hex()}: {state.name.lower()} in block {since[0]}, "
                f"before the waves were anchored in block {anchored[0]}"
            )


def _placing(network: Network, proven: Proven) -> Callable[[ReceiptProof, str, RecordedEvent], Place]:
    def place(moment: ReceiptProof, contract: str, event: RecordedEvent) -> Place:
        header = network.header(moment.header_hash)
        log = verify_receipt(header, moment)
        if (log.address, log.topics, log.data) != (proven.accounts[contract], event.topics, event.data):
            raise VerificationError(f"moments: block {header.number} shows another event than the history's")
        return header.number, moment.index, moment.log_index

    return place


def _anchored(network: Network, proven: Proven, moment: ReceiptProof, agreement: Agreement) -> tuple[Place, int]:
    """Return where the root of all waves was anchored, and when."""
    header = network.header(moment.header_hash)
    log = verify_receipt(header, moment)
    stream, waves = stream_of(agreement.statement)
    if (log.address, log.topics) != (proven.accounts[NOTARY], (topic(ANCHORED), stream)):
        raise VerificationError(f"moments: block {header.number} shows no anchor of the run's stream")
    _, _, _, size, root = decode(ANCHORED[ANCHORED.index("(") + 1 : -1].split(",")[1:], log.data)
    if (cast(int, size), cast(bytes, root)) != (waves, agreement.statement.transcript):
        raise VerificationError(f"moments: block {header.number} anchors other waves than all of the run's")
    return (header.number, moment.index, moment.log_index), header.timestamp
