"""Judging an opened audit: do the party's seed and committed input give every byte it sent?

    seed, input  are the ones committed to on chain
    messages     each is signed by whom it is said to be from
    replay       the protocol run again in the party's place gives every recorded byte
    outcome      it ends in the transcript and the cells that all parties signed
    recipient    what is shown as sent to the recipient is what the recipient's evidence holds

The last two matter as much as the replay: a party could show an honest run that never took place. What is on chain
comes from verified evidence. It shows consistency, NOT that the input is true, and it shows the auditor that party's
input; of the others only what they had sent to the party.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.evidence.report import Words
from contracts.evidence.statement import Statement
from contracts.jobs.record import Inputs
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.crypto import signing
from ledger.errors import InvalidRecord, VerificationError
from mpc import commitment
from mpc.commitment import Owner
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Verdict as Ended
from mpc.opened.record import Head, Opened
from mpc.opened.rerun import Part, Progress, rerun, session_of, silent
from mpc.opened.verdict import Trail, Verdict
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.session import SIGNATURE_BYTES, statement
from mpc.spec import reader as spec_reader


@dataclass(frozen=True, slots=True)
class Released:
    """What verified evidence says of a released job.

    keys: statement keys of all members. inputs: what each party committed to on chain in the released attempt.
    openings: the owners' signed messages to the recipient, from the recipient's copy.
    """

    job: bytes
    attempt: int
    statement: Statement
    keys: Mapping[str, bytes]
    inputs: Mapping[str, Inputs]
    openings: JsonValue = field(repr=False)


def check(released: Released, opened: Opened, progress: Progress = silent) -> Verdict:
    """Judge a party's record.

    Raises:
        InvalidRecord: of another job or attempt, of a protocol that nobody can repeat, or the evidence holds no
            openings to compare with.
    """
    head = opened.head
    if (head.job, head.attempt) != (released.job, released.attempt):
        raise InvalidRecord("opened audit: of another job or attempt than the evidence")
    if not kind_of(spec_reader.from_json(released.statement.spec)).is_repeatable:
        raise InvalidRecord("opened audit: this protocol's encryption draws its own randomness; nobody can repeat it")
    if not isinstance(released.openings, dict):
        raise InvalidRecord("opened audit: this evidence has no openings; take the recipient's copy")
    if head.party not in released.openings:
        raise InvalidRecord(f"opened audit: {head.party} supplied no input to this job")
    trail = Trail(head.party)
    if trail.take("seed", lambda: _require_seed(released, head)) and trail.take(
        "input", lambda: _committed(released, opened)
    ):
        _replay(trail, released, _part(released, opened), progress)
    return Verdict(head.party, head.job, head.attempt, tuple(trail.steps), trail.deviation)


def _replay(trail: Trail, released: Released, part: Part, progress: Progress) -> None:
    ends: list[Ended] = []

    def run() -> Words:
        ends.append(_rerun(part, progress))
        size = sum(map(len, part.sent.values()))
        return Words(f"{len(part.sent)} messages, {size} bytes", f"{len(part.sent)} 条消息,{size} 字节")

    trail.take("messages", lambda: _require_signed(part))
    trail.take("replay", run)
    trail.take("outcome", lambda: _require_outcome(released.statement, ends[0]))
    trail.take("recipient", lambda: _require_received(released.openings, part))


def _require_seed(released: Released, head: Head) -> Words:
    if commitment.commit_seed(head.salt, head.seed) != released.inputs[head.party].seed:
        raise VerificationError("its seed is not the one it committed to on chain")
    return Words("", "")


def _committed(released: Released, opened: Opened) -> Words:
    part, head = _part(released, opened), opened.head
    owner = Owner(part.session.genesis, head.job, head.party)
    if part.kind.commit(owner, part.data, part.secret) != released.inputs[head.party].input:
        raise VerificationError("its input, or where it comes from, is not what it committed to on chain")
    match head.origin:
        case {"asset": str(asset), "file": str(file)}:
            return Words(f"asset {asset}, file SHA-256 {file}", f"数据资源 {asset},文件 SHA-256 {file}")
    return Words("", "")


def _part(released: Released, opened: Opened) -> Part:
    head = opened.head
    kind = kind_of(spec_reader.from_json(released.statement.spec))
    session = session_of(released.statement.session, head.party, head.seed)
    if canonical.digest(released.statement.session) != session.digest:
        raise InvalidRecord("opened audit: the session record has fields this version does not know")
    data = kind.read_input(head.party, head.data)
    return Part(kind, session, data, commitment.hide(head.salt, head.origin, head.data), opened.sent, opened.received)


def _require_signed(part: Part) -> Words:
    """Verify the others' signatures first: a party that shows a message nobody sent is at fault itself."""
    session = part.session
    for (party, step), body in part.received.items():
        content, signature = body[:-SIGNATURE_BYTES], body[-SIGNATURE_BYTES:]
        signed = statement(part.kind.label, step, session.digest, party, session.me, content)
        try:
            signing.verify(session.suite, session.key_of(party), signed, signature)
        except (InvalidRecord, VerificationError) as fault:
            raise Misbehaviour(session.me, step, f"shows a message that {party} did not sign") from fault
    count = len(part.received)
    return Words(f"{count} received", f"收到 {count} 条")


def _rerun(part: Part, progress: Progress) -> Ended:
    me = part.session.me
    try:
        return rerun(part, progress)
    except ChannelTimeout as fault:
        raise Misbehaviour(me, fault.step, f"does not show what it received from {fault.party}") from fault
    except Misbehaviour as fault:
        if fault.party == me:
            raise
        reason = f"went on, although the message it shows from {fault.party} does not fit: {fault.reason}"
        raise Misbehaviour(me, fault.step, reason) from fault


def _require_outcome(signed: Statement, outcome: Ended) -> Words:
    if outcome.transcript != signed.transcript:
        raise VerificationError("its messages with the other owners are not those that all parties signed for")
    if outcome.opened != signed.opened:
        raise VerificationError("it opened other cells than all parties signed for")
    return Words(f"{len(outcome.opened)} cells opened", f"开启 {len(outcome.opened)} 个单元")


def _require_received(openings: JsonValue, part: Part) -> Words:
    """Hold what the party shows as sent to the recipient against what the recipient's evidence holds of it."""
    told = openings[part.session.me] if isinstance(openings, dict) else None
    held = part.kind.shown(told)
    for step, body in held.items():
        if part.sent[part.session.recipient, step][:-SIGNATURE_BYTES].hex() != body:
            raise Misbehaviour(part.session.me, step, "sent the recipient other bytes than it shows")
    return Words("", "")
