"""Step 1 and 2: fresh keys of one attempt, proved, signed and confirmed before any value is touched.

Each owner announces an X25519 key (pairwise masks) and an ElGamal key with a proof of possession (the gate's
joint key; without the proof the last to announce could cancel the others' keys). The digest over the session
and all announcements in order is the transcript; it salts the pairwise keys, and both ends of every pair
confirm them. So a swapped key, or two owners with different contributor lists, ends the run here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.hashing import tagged
from mpc.groups.elgamal import KeyPair
from mpc.groups.group import Element
from mpc.masking import CONFIRMATION_BYTES, PUBLIC_BYTES, MaskKey, Pair, mask_key, pair
from mpc.protocols.meeting import Meeting
from mpc.sessions.channel import Misbehaviour, blame

KEYS, CONFIRM = "keys", "confirm"


@dataclass(frozen=True, slots=True)
class Keys:
    """What one owner holds after both steps."""

    gate: KeyPair
    joint: Element
    pairs: Mapping[str, Pair] = field(repr=False)
    transcript: bytes


def exchange_keys(run: Meeting) -> Keys:
    """Announce, check, derive and confirm.

    Raises:
        Misbehaviour: a key, proof, signature or confirmation does not hold.
        ChannelTimeout: an owner is silent.
    """
    mask = mask_key(run.random.stream("mask key"))
    gate = run.elgamal.generate_keys(run.random.stream("gate key"))
    proof = run.elgamal.prove_possession(gate, _context(run, run.session.me), run.random.stream("possession"))
    announced = run.exchange(KEYS, mask.public + gate.public + proof)
    joint = _joint_key(run, announced)
    transcript = tagged(f"{run.label} transcript", run.session.digest, *announced.values())
    pairs = _pairs(run, mask, announced, transcript)
    _confirm(run, pairs)
    return Keys(gate, joint, pairs, transcript)


def _joint_key(run: Meeting, announced: Mapping[str, bytes]) -> Element:
    end = PUBLIC_BYTES + run.elgamal.group.element_bytes
    publics = []
    for party, body in announced.items():
        with blame(party, KEYS):
            publics.append(run.elgamal.verify_possession(body[PUBLIC_BYTES:end], _context(run, party), body[end:]))
    return run.elgamal.joint_key(publics)


def _pairs(run: Meeting, mine: MaskKey, announced: Mapping[str, bytes], transcript: bytes) -> dict[str, Pair]:
    pairs = {}
    for other in run.session.others:
        with blame(other, KEYS):
            pairs[other] = pair(run.session.me, mine, other, announced[other][:PUBLIC_BYTES], transcript)
    return pairs


def _confirm(run: Meeting, pairs: Mapping[str, Pair]) -> None:
    run.mail.send_all(CONFIRM, {other: shared.confirmation(run.session.me) for other, shared in pairs.items()})
    for other, shared in pairs.items():
        if not shared.confirms(other, run.mail.receive(other, CONFIRM, size=CONFIRMATION_BYTES)):
            raise Misbehaviour(other, CONFIRM, "holds other keys or another list of contributors")


def _context(run: Meeting, party: str) -> bytes:
    return run.session.digest + party.encode()
