"""Steps 0 and 4-6: confirmed keys, and the private threshold test on the two owners' shares.

Each owner holds one addend of a group's key count v. It encrypts its addend under its own ElGamal key; the
other adds its own, and for every t below the minimum sends s*(v - t), s fresh and secret, re-randomised and
shuffled. A zero among them says "below the minimum" and not where. Both directions run, each owner reads
its bits under its own key, and the bits must agree: neither can make the other open by lying about a bit. A
group of 0 and one of minimum - 1 give messages of one shape.

NOT: proof against an owner that adds a wrong addend (its seed can be opened later). Source: Cramer, Gennaro,
Schoenmakers 1997 for the encryption. Trust: decisional Diffie-Hellman; semi-honest owners that do not pool
data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.hashing import tagged
from mpc.groups.elgamal import Ciphertext, ElGamal, KeyPair
from mpc.groups.group import Element
from mpc.masking import CONFIRMATION_BYTES, PUBLIC_BYTES, mask_key, pair
from mpc.protocols.join import messages
from mpc.protocols.join.run import LABEL, Run
from mpc.sessions.channel import Misbehaviour, blame
from mpc.stream import Stream


@dataclass(frozen=True, slots=True)
class GateKeys:
    """This owner's ElGamal keys and the other's public one, both confirmed."""

    own: KeyPair
    peer: Element


def exchange_keys(run: Run) -> GateKeys:
    """Exchange ephemeral keys, signed for this job, and confirm them both ways.

    Raises:
        Misbehaviour: a key, signature or confirmation does not hold.
    """
    own = run.elgamal.generate_keys(run.random.stream("join gate key"))
    exchange = mask_key(run.random.stream("join exchange key"))
    mine = exchange.public + own.public
    run.send(messages.KEYS, mine)
    theirs = run.receive_exactly(messages.KEYS, PUBLIC_BYTES + run.terms.prime_group.element_bytes)
    ordered = [mine, theirs] if run.session.me < run.peer else [theirs, mine]
    with blame(run.peer, messages.KEYS):
        peer = run.terms.prime_group.decode_element(theirs[PUBLIC_BYTES:])
        context = tagged(f"{LABEL} keys", run.session.digest, *ordered)
        shared = pair(run.session.me, exchange, run.peer, theirs[:PUBLIC_BYTES], context)
    run.send(messages.CONFIRM, shared.confirmation(run.session.me))
    if not shared.confirms(run.peer, run.receive_exactly(messages.CONFIRM, CONFIRMATION_BYTES)):
        raise Misbehaviour(run.peer, messages.CONFIRM, "holds other keys or another job record")
    return GateKeys(own, peer)


def run_gate(run: Run, keys: GateKeys, addends: Sequence[int]) -> tuple[bool, ...]:
    """Learn, for each group, whether both addends together reach the minimum.

    Raises:
        Misbehaviour: malformed messages, or the other owner read other bits.
    """
    groups, minimum = len(addends), run.terms.minimum
    run.progress(messages.GATE, 0, groups)
    encryption = run.random.stream("join gate encryption")
    own = [run.elgamal.encrypt(keys.own.public, addend, encryption) for addend in addends]
    theirs = _swap(run, messages.GATE, own)
    counts = [run.elgamal.add_constant(c, addend) for c, addend in zip(theirs, addends, strict=True)]
    blinding = run.random.stream("join gate tests")
    tests = [t for count in counts for t in threshold_tests(run.elgamal, count, keys.peer, minimum, blinding)]
    answers = _swap(run, messages.TESTS, tests)
    starts = range(0, len(answers), minimum)
    passed = tuple(reaches(run.elgamal, keys.own, answers[start : start + minimum]) for start in starts)
    _agree(run, passed)
    run.progress(messages.GATE, groups, groups)
    return passed


def threshold_tests(
    encryption: ElGamal, count: Ciphertext, public: Element, minimum: int, source: Stream
) -> list[Ciphertext]:
    """Return one blinded test for each value below the minimum, in an order nobody else knows."""
    blindings = encryption.blindings(public, minimum, source)
    tests = zip(encryption.countdown(count, minimum), blindings, strict=True)
    return source.shuffled([encryption.blind(test, blinding) for test, blinding in tests])


def reaches(encryption: ElGamal, keys: KeyPair, tests: Sequence[Ciphertext]) -> bool:
    """Say whether no test decrypts to zero; all of them are looked at, so the time says nothing."""
    return not any([encryption.is_zero(keys.secret, test) for test in tests])


def _swap(run: Run, step: str, mine: Sequence[Ciphertext]) -> list[Ciphertext]:
    """Send ciphertexts and take as many."""
    run.send(step, b"".join(ciphertext.encode() for ciphertext in mine))
    body = run.receive_exactly(step, len(mine) * run.elgamal.ciphertext_bytes)
    with blame(run.peer, step):
        return run.elgamal.decode_ciphertexts(body, len(mine))


def _agree(run: Run, passed: tuple[bool, ...]) -> None:
    run.send(messages.BITS, messages.encode_flags(passed))
    body = run.receive_exactly(messages.BITS, len(passed))
    with blame(run.peer, messages.BITS):
        theirs = messages.decode_flags(body, len(passed))
    if tuple(theirs) != passed:
        raise Misbehaviour(run.peer, messages.BITS, "read other bits from the threshold test")
