"""Steps 6-8 at an owner: agree on what to open, hand over the shares, take the recipient's commitment.

The order is the protection: bits agree, both owners hold the same transcript, each owner's own disclosure
audit and chain check (``decide``) says yes, and only then a share leaves; for a closed group blanks of the
same length leave. A smaller set of groups can be unsafe where the larger one was fine, so the audits are
asked again until nobody withholds more. Owners learn the bits and that some owner withheld a group, never a
figure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.hashing import tagged
from mpc.protocols.join import messages
from mpc.protocols.join.messages import OwnerShare
from mpc.protocols.join.run import LABEL, Run
from mpc.protocols.sums.agreement import Decide
from mpc.sessions.channel import Misbehaviour, blame

DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class OwnerOutcome:
    """What an owner keeps and signs for: verdicts and digests, no figure.

    passed: the gate's bit of each group. opened: groups whose shares left. transcript: the owners' messages.
    commitment: the recipient's salted commitment to the figures. shares: salted digest of each owner's share.
    """

    session: bytes
    passed: Mapping[str, bool]
    opened: tuple[str, ...]
    transcript: bytes
    commitment: bytes
    shares: Mapping[str, bytes]


def agree_on_opening(run: Run, passed: tuple[bool, ...], decide: Decide) -> tuple[bool, ...]:
    """Find the groups that both owners open.

    Raises:
        Misbehaviour: the other owner holds another transcript, or wants a group that is not up for opening.
        Any error of ``decide``; nothing has left then.
    """
    transcript, candidates = run.transcript(), passed
    for turn in range(1, len(passed) + 2):
        step = f"{messages.DECISION}/{turn}"
        chosen = _chosen(run, candidates, decide)
        run.send(step, transcript + messages.encode_flags(chosen))
        body = run.receive_exactly(step, DIGEST_BYTES + len(candidates))
        if body[:DIGEST_BYTES] != transcript:
            raise Misbehaviour(run.peer, step, "holds another transcript")
        with blame(run.peer, step):
            theirs = messages.decode_flags(body[DIGEST_BYTES:], len(candidates))
        if any(flag and not candidate for flag, candidate in zip(theirs, candidates, strict=True)):
            raise Misbehaviour(run.peer, step, "wants to open a group that is not up for opening")
        common = tuple(mine and other for mine, other in zip(chosen, theirs, strict=True))
        if common == candidates:
            return common
        candidates = common
    raise AssertionError("a shrinking set of groups cannot shrink more often than it has groups")


def open_shares(
    run: Run,
    passed: tuple[bool, ...],
    opened: tuple[bool, ...],
    shares: Sequence[tuple[int, ...]],
    transcript: bytes | None = None,
) -> OwnerOutcome:
    """Send this owner's share of the opened groups and await the commitment.

    Args:
        transcript: of the messages that all owners have seen, where they are more than two.

    Raises:
        Misbehaviour: the recipient did not receive this share.
    """
    blank = (0,) * len(run.terms.slots.values)
    share = OwnerShare(
        salt=run.random.stream("join share salt").read(32),
        transcript=transcript or run.transcript(),
        opened=opened,
        values=tuple(cell if flag else blank for cell, flag in zip(shares, opened, strict=True)),
    )
    body, recipient = share.encode(run.terms), run.session.recipient
    run.send(messages.SHARE, body, to=recipient)
    answer = run.mail.receive(recipient, messages.COMMITMENT, size=DIGEST_BYTES * (1 + len(run.terms.owners)))
    commitment, digests = answer[:DIGEST_BYTES], _share_digests(run, answer)
    if digests[run.session.me] != share_digest(run.session.digest, run.session.me, body):
        raise Misbehaviour(recipient, messages.COMMITMENT, "names another share than the one sent")
    names = run.terms.cells
    return OwnerOutcome(
        session=run.session.digest,
        passed=dict(zip(names, passed, strict=True)),
        opened=tuple(name for name, flag in zip(names, opened, strict=True) if flag),
        transcript=share.transcript,
        commitment=commitment,
        shares=digests,
    )


def announced(sent: Mapping[tuple[str, str], bytes], peer: str, groups: Sequence[str]) -> Decide:
    """Repeat the decisions that an owner announced, which no seed determines: for the replay of an opened audit.

    Args:
        sent: the owner's recorded messages, by (receiver, step).
    """
    turns = iter(range(1, len(groups) + 2))

    def decide(bits: Mapping[str, bool]) -> frozenset[str]:
        body = sent.get((peer, f"{messages.DECISION}/{next(turns)}"), b"")
        flags = body[DIGEST_BYTES : DIGEST_BYTES + len(groups)]
        return frozenset(group for group, flag in zip(groups, flags, strict=False) if flag and bits[group])

    return decide


def share_digest(session: bytes, party: str, body: bytes) -> bytes:
    """Digest an owner's share, which begins with its salt, for evidence that shows no figure."""
    return tagged(f"{LABEL} share", session, party.encode(), body)


def _chosen(run: Run, candidates: tuple[bool, ...], decide: Decide) -> tuple[bool, ...]:
    names = run.terms.cells
    chosen = decide(dict(zip(names, candidates, strict=True)))
    if not chosen <= {name for name, flag in zip(names, candidates, strict=True) if flag}:
        raise ValueError("the decision opens a group that is not up for opening")
    return tuple(name in chosen for name in names)


def _share_digests(run: Run, answer: bytes) -> Mapping[str, bytes]:
    starts = range(DIGEST_BYTES, len(answer), DIGEST_BYTES)
    digests = [answer[start : start + DIGEST_BYTES] for start in starts]
    return dict(zip(run.terms.owners, digests, strict=True))
