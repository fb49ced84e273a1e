"""The private threshold test of several owners: does a group's key count, one addend from each, reach the minimum?

Every owner encrypts its addend under the key that they hold together; added up, that is the count v. For every t below
the minimum there is a test of v - t. Each owner in turn multiplies all tests of a group by secret factors,
re-randomises them and shuffles them, so that a zero among them says "below the minimum" and not where. Then all of them
are opened, again behind factors of every owner, each proved (``mpc.protocols.sums.gate.are_zero``).

With its addend every owner sends a digest of all that it sent and received before: the transcript that all agree on
binds every message between any two of them.

NOT: proof against an owner that adds a wrong addend, or hands on other tests than it was handed: that gets it answers
of its own choosing, as many zero tests a group as the minimum; the opened audit names it afterwards. Sources: Cramer,
Gennaro, Schoenmakers 1997; Brickell, Shmatikov 2009. Trust: decisional Diffie-Hellman, one owner's key.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.hashing import tagged
from mpc.groups.elgamal import Ciphertext
from mpc.protocols.join import messages
from mpc.protocols.join.run import LABEL, Run
from mpc.protocols.sums.gate import Gate, are_zero
from mpc.protocols.sums.keys import Keys
from mpc.sessions.channel import blame

ADDENDS, SHUFFLED, TESTS = "join-addends", "join-shuffled", "join-tests"
_DIGEST_BYTES = 32


def run_gate(run: Run, keys: Keys, addends: Sequence[int]) -> Gate:
    """Learn, for each group, whether the addends of all owners together reach the minimum.

    Raises:
        Misbehaviour: a malformed message.
        ChannelTimeout: an owner is silent.
    """
    groups, minimum = len(addends), run.terms.minimum
    run.progress(messages.GATE, 0, groups)
    source = run.random.stream("join gate encryption")
    own = b"".join(run.elgamal.encrypt(keys.joint, addend, source).encode() for addend in addends)
    announced = run.exchange(ADDENDS, run.transcript() + own)
    tests, body = _shuffled(run, keys, _counts(run, announced, groups))
    zeros, seen = are_zero(run, keys, tests, _nothing)
    bits = tuple(not any(zeros[start : start + minimum]) for start in range(0, groups * minimum, minimum))
    run.progress(messages.GATE, groups, groups)
    return Gate(bits, tagged(f"{LABEL} sifted", keys.transcript, *announced.values(), body, *seen))


def _counts(run: Run, announced: dict[str, bytes], groups: int) -> list[Ciphertext]:
    totals: list[Ciphertext] = []
    for party, body in announced.items():
        with blame(party, ADDENDS):
            row = run.elgamal.decode_ciphertexts(body[_DIGEST_BYTES:], groups)
        totals = [run.elgamal.add(left, right) for left, right in zip(totals, row, strict=True)] if totals else row
    return totals


def _shuffled(run: Run, keys: Keys, counts: Sequence[Ciphertext]) -> tuple[list[Ciphertext], bytes]:
    """Take the turn of the chain; the last owner hands out what all tests have become."""
    owners, minimum, scheme = run.terms.owners, run.terms.minimum, run.elgamal
    place, total = owners.index(run.session.me), len(counts) * run.terms.minimum
    source = run.random.stream("join gate tests")
    blindings = scheme.blindings(keys.joint, total, source)
    if place == 0:
        tests = [test for count in counts for test in scheme.countdown(count, minimum)]
    else:
        tests = _received(run, SHUFFLED, owners[place - 1], total)
    blinded = [scheme.blind(test, blinding) for test, blinding in zip(tests, blindings, strict=True)]
    mixed = [t for start in range(0, total, minimum) for t in source.shuffled(blinded[start : start + minimum])]
    body = b"".join(test.encode() for test in mixed)
    if place + 1 < len(owners):
        run.send(SHUFFLED, body, to=owners[place + 1])
        mixed = _received(run, TESTS, owners[-1], total)
        return mixed, b"".join(test.encode() for test in mixed)
    for other in owners[:-1]:
        run.send(TESTS, body, to=other)
    return mixed, body


def _received(run: Run, step: str, sender: str, total: int) -> list[Ciphertext]:
    body = run.receive_exactly(step, total * run.elgamal.ciphertext_bytes, sender=sender)
    with blame(sender, step):
        return run.elgamal.decode_ciphertexts(body, total)


def _nothing() -> None:
    """Put nothing on record: a join's cells are on record as it begins."""
