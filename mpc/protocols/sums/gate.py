"""Step 4, the private gate: is a count at least the minimum, and does it come from enough owners?

Every owner encrypts each of its counts, and whether the count is positive, under the owners' joint ElGamal
key. The sums stay encrypted; from each the values 0 .. threshold-1 are subtracted, so that exactly one result
is zero if the sum lies below. One owner after the other multiplies each result by a secret scalar,
re-randomises and shuffles, then all decrypt together: a zero means "below". One honest mixer hides its place,
hence the small count itself; 0 and 9 look alike. Source: Brickell, Shmatikov 2009 (anonymous zero tests);
notation of Cramer, Gennaro, Schoenmakers 1997.

Demonstration-grade against deviation: mixing and partial decryptions carry no proof, so an owner that deviates can
force a bit, and the last mixer could slip in another ciphertext to have it decrypted. The opened audit of its seed
names it afterwards; nothing here prevents it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ledger.hashing import tagged
from mpc import elgamal
from mpc.channel import blame
from mpc.elgamal import CIPHERTEXT_BYTES, Ciphertext
from mpc.group import ELEMENT_BYTES, IDENTITY, subtract
from mpc.protocols.sums.keys import Keys
from mpc.protocols.sums.run import LABEL, Run
from mpc.protocols.sums.schema import Schema

ENCRYPTED, MIX, MIXED, PARTIAL = "encrypted", "mix", "mixed", "partial"


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict: one bit a cell in schema order, and the digest over everything it was derived from."""

    bits: tuple[bool, ...]
    transcript: bytes


def run_gate(run: Run, keys: Keys, values: Mapping[str, int]) -> Gate:
    """Test all count cells; sum cells take over the bit of the count they follow.

    Raises:
        Misbehaviour: a message is malformed.
        ChannelTimeout: an owner is silent.
    Cost: about (owners + 2) messages in sequence; (minimum + contributors) * count cells tests.
    """
    encrypted = run.exchange(ENCRYPTED, _encrypt(run, keys, values))
    blocks = zero_tests(run.schema, _add_up(run, encrypted))
    mixed = _mix(run, keys, blocks)
    with blame(run.session.parties[-1], MIXED):
        tests = elgamal.decode_ciphertexts(mixed, sum(map(len, blocks)))
    partials = run.exchange(PARTIAL, _decrypt(keys, tests))
    zeros = _zeros(tests, partials)
    transcript = tagged(f"{LABEL} gate", keys.transcript, *encrypted.values(), mixed, *partials.values())
    return Gate(read_bits(run.schema, zeros), transcript)


def zero_tests(schema: Schema, totals: Sequence[Ciphertext]) -> list[list[Ciphertext]]:
    """Lay out the tests: per count cell one block for its count and one for its contributors."""
    limits = [schema.minimum, schema.contributors] * len(schema.gated)
    return [
        [elgamal.add_constant(total, -value) for value in range(limit)]
        for total, limit in zip(totals, limits, strict=True)
    ]


def read_bits(schema: Schema, zeros: Sequence[bool]) -> tuple[bool, ...]:
    """Turn the zero tests, in block order, into one bit a cell: True if no test of its count cell is zero."""
    width = schema.minimum + schema.contributors
    starts = {cell.name: width * index for index, cell in enumerate(schema.gated)}
    passed = {name: not any(zeros[start : start + width]) for name, start in starts.items()}
    return tuple(passed[cell.gate] for cell in schema.cells)


def _encrypt(run: Run, keys: Keys, values: Mapping[str, int]) -> bytes:
    source = run.random.stream("encrypt")
    plain = [part for cell in run.schema.gated for part in (values[cell.name], int(values[cell.name] > 0))]
    return b"".join(elgamal.encrypt(keys.joint, message, source).encode() for message in plain)


def _add_up(run: Run, encrypted: Mapping[str, bytes]) -> list[Ciphertext]:
    rows = []
    for party, body in encrypted.items():
        with blame(party, ENCRYPTED):
            rows.append(elgamal.decode_ciphertexts(body, 2 * len(run.schema.gated)))
    totals = rows[0]
    for row in rows[1:]:
        totals = [elgamal.add_ciphertexts(left, right) for left, right in zip(totals, row, strict=True)]
    return totals


def _mix(run: Run, keys: Keys, blocks: list[list[Ciphertext]]) -> bytes:
    """Take the chain's turn: receive from the owner before, mix, hand on; the last one hands out the
    result."""
    parties, me = run.session.parties, run.session.me
    place = parties.index(me)
    sizes = [len(block) for block in blocks]
    whole = sum(sizes) * CIPHERTEXT_BYTES
    if place > 0:
        before = parties[place - 1]
        body = run.mail.receive(before, MIX, size=whole)
        with blame(before, MIX):
            blocks = _cut(body, sizes)
    mine = _mix_once(run, keys, blocks)
    if place == len(parties) - 1:
        run.broadcast(MIXED, mine)
        return mine
    run.mail.send(parties[place + 1], MIX, mine)
    return run.mail.receive(parties[-1], MIXED, size=whole)


def _mix_once(run: Run, keys: Keys, blocks: Sequence[Sequence[Ciphertext]]) -> bytes:
    blinding, order = run.random.stream("mix blinding"), run.random.stream("mix order")
    mixed = [order.shuffled([elgamal.blind(test, keys.joint, blinding) for test in block]) for block in blocks]
    return b"".join(test.encode() for block in mixed for test in block)


def _cut(body: bytes, sizes: Sequence[int]) -> list[list[Ciphertext]]:
    tests = elgamal.decode_ciphertexts(body, sum(sizes))
    starts = [sum(sizes[:index]) for index in range(len(sizes))]
    return [tests[start : start + size] for start, size in zip(starts, sizes, strict=True)]


def _decrypt(keys: Keys, tests: Sequence[Ciphertext]) -> bytes:
    return b"".join(elgamal.partial_decryption(keys.gate.secret, test) for test in tests)


def _zeros(tests: Sequence[Ciphertext], partials: Mapping[str, bytes]) -> list[bool]:
    remainders = [test.body for test in tests]
    for party, body in partials.items():
        with blame(party, PARTIAL):
            parts = (body[start : start + ELEMENT_BYTES] for start in range(0, len(body), ELEMENT_BYTES))
            remainders = [subtract(left, part) for left, part in zip(remainders, parts, strict=True)]
    return [remainder == IDENTITY for remainder in remainders]
