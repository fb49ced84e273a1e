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
from itertools import islice

from ledger.hashing import tagged
from mpc.channel import blame
from mpc.elgamal import Blinding, Ciphertext, ElGamal
from mpc.protocols.sums.keys import Keys
from mpc.protocols.sums.run import LABEL, Run
from mpc.protocols.sums.schema import Schema

ENCRYPTED, MIX, MIXED, PARTIAL = "encrypted", "mix", "mixed", "partial"
UPLOADED = "uploaded"


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
    totals = _add_up(run, encrypted)
    mixed = _mix(run, keys, totals)
    with blame(run.session.parties[-1], MIXED):
        tests = run.elgamal.decode_ciphertexts(mixed, sum(block_sizes(run.schema)))
    partials = run.exchange(PARTIAL, _decrypt(run, keys, tests))
    zeros = _zeros(run, tests, partials)
    transcript = tagged(f"{LABEL} gate", keys.transcript, *encrypted.values(), mixed, *partials.values())
    return Gate(read_bits(run.schema, zeros), transcript)


def block_sizes(schema: Schema) -> list[int]:
    """Count the tests: per count cell one block for its count and one for its contributors."""
    return [schema.minimum, schema.contributors] * len(schema.gated)


def pass_all(run: Run, keys: Keys, upload: bytes) -> Gate:
    """Let all cells pass without a test: they are noised, and a test on exact counts would tell what noise hides.

    The owners still wait for each other here: nobody decides, or announces an opening, before all have uploaded.

    Args:
        upload: digest of the masked cells that this owner sent.
    """
    if run.schema.guarantee is None:
        raise ValueError("only noised cells pass without a test")
    uploads = run.exchange(UPLOADED, upload)
    return Gate((True,) * len(run.schema.cells), tagged(f"{LABEL} no gate", keys.transcript, *uploads.values()))


def zero_tests(schema: Schema, totals: Sequence[Ciphertext]) -> list[list[Ciphertext]]:
    """Lay out the tests of each block, not blinded yet."""
    encryption = ElGamal(schema.prime_group)
    return [encryption.countdown(t, size) for t, size in zip(totals, block_sizes(schema), strict=True)]


def read_bits(schema: Schema, zeros: Sequence[bool]) -> tuple[bool, ...]:
    """Turn the zero tests, in block order, into one bit a cell: True if no test of its count cell is zero."""
    width = schema.minimum + schema.contributors
    starts = {cell.name: width * index for index, cell in enumerate(schema.gated)}
    passed = {name: not any(zeros[start : start + width]) for name, start in starts.items()}
    return tuple(passed[cell.gate] for cell in schema.cells)


def _encrypt(run: Run, keys: Keys, values: Mapping[str, int]) -> bytes:
    source = run.random.stream("encrypt")
    plain = [part for cell in run.schema.gated for part in (values[cell.name], int(values[cell.name] > 0))]
    return b"".join(run.elgamal.encrypt(keys.joint, message, source).encode() for message in plain)


def _add_up(run: Run, encrypted: Mapping[str, bytes]) -> list[Ciphertext]:
    rows = []
    for party, body in encrypted.items():
        with blame(party, ENCRYPTED):
            rows.append(run.elgamal.decode_ciphertexts(body, 2 * len(run.schema.gated)))
    totals = rows[0]
    for row in rows[1:]:
        totals = [run.elgamal.add(left, right) for left, right in zip(totals, row, strict=True)]
    return totals


def _mix(run: Run, keys: Keys, totals: Sequence[Ciphertext]) -> bytes:
    """Take the chain's turn: receive from the owner before, mix, hand on; the last one hands out the
    result.

    All randomness is worked out before the wait, so that the turns, which follow each other, are short.
    """
    parties, place = run.session.parties, run.session.parties.index(run.session.me)
    sizes = block_sizes(run.schema)
    blindings = run.elgamal.blindings(keys.joint, sum(sizes), run.random.stream("mix blinding"))
    whole = sum(sizes) * run.elgamal.ciphertext_bytes
    if place == 0:
        blocks = zero_tests(run.schema, totals)
    else:
        before = parties[place - 1]
        body = run.mail.receive(before, MIX, size=whole)
        with blame(before, MIX):
            blocks = _cut(run.elgamal.decode_ciphertexts(body, sum(sizes)), sizes)
    mine = _mix_once(run, blocks, blindings)
    if place == len(parties) - 1:
        run.broadcast(MIXED, mine)
        return mine
    run.mail.send(parties[place + 1], MIX, mine)
    return run.mail.receive(parties[-1], MIXED, size=whole)


def _mix_once(run: Run, blocks: Sequence[Sequence[Ciphertext]], blindings: Sequence[Blinding]) -> bytes:
    order, fresh = run.random.stream("mix order"), iter(blindings)
    mixed = [order.shuffled([run.elgamal.blind(test, next(fresh)) for test in block]) for block in blocks]
    return b"".join(test.encode() for block in mixed for test in block)


def _cut(tests: Sequence[Ciphertext], sizes: Sequence[int]) -> list[list[Ciphertext]]:
    left = iter(tests)
    return [list(islice(left, size)) for size in sizes]


def _decrypt(run: Run, keys: Keys, tests: Sequence[Ciphertext]) -> bytes:
    return b"".join(run.elgamal.partial_decryption(keys.gate.secret, test) for test in tests)


def _zeros(run: Run, tests: Sequence[Ciphertext], partials: Mapping[str, bytes]) -> list[bool]:
    """Add the owners' shares of each mask; a test is zero if nothing but the mask is in its body."""
    group, size = run.schema.prime_group, run.schema.prime_group.element_bytes
    masks = [group.identity] * len(tests)
    for party, body in partials.items():
        with blame(party, PARTIAL):
            parts = (body[start : start + size] for start in range(0, len(body), size))
            masks = [group.add(mask, part) for mask, part in zip(masks, parts, strict=True)]
    return [test.body == mask for test, mask in zip(tests, masks, strict=True)]
