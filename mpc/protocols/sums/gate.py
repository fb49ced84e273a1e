"""Step 4, the private gate: is a count at least the minimum, and does it come from enough owners? One bit for both.

For each threshold t the owners pass a **window** of t ciphertexts on, under their joint ElGamal key: a one in place n,
zeros elsewhere, for a number n that has been counted so far. Each owner in turn moves everything up by its own part,
drops what leaves the window, fills up with zeros and re-randomises all of it. At the end the places of a window add up
to 1 if the number is below its threshold and to 0 if it is not. One window counts rows, another the owners that have
any; their sum is 0 for a cell that passes, and 1 or 2 otherwise. Every owner multiplies it by a secret factor, they
add the products up and decrypt together: identity means "passes", everything else is a random element. So 0 and 9 look
alike, and nobody sees which of the two conditions failed, or whether both did. With the product each owner proves that
it is one (``mpc.groups.multiples``): else the last to answer could have any ciphertext decrypted, and read small
counts.

Sources: counters under encryption in unary, moved by who knows the step: Katz, Myers, Ostrovsky, "Cryptographic
counters and applications to electronic voting", EUROCRYPT 2001; joint keys and notation: Cramer, Gennaro, Schoenmakers
1997; zero tests behind a secret factor: Brickell, Shmatikov 2009. Secrecy: decisional Diffie-Hellman, one owner's key.

Demonstration-grade against deviation: no other step carries a proof, so an owner that deviates can force a bit, or hand
on a window or a sum of its own that has something else tested: one bit for each cell, of its choice. The opened audit
of its seed names it afterwards; nothing here prevents it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ledger.hashing import tagged
from mpc.groups.elgamal import Ciphertext, ElGamal
from mpc.groups.group import Group
from mpc.groups.multiples import Multiples
from mpc.protocols.meeting import Meeting
from mpc.protocols.sums.keys import Keys
from mpc.protocols.sums.run import LABEL, Run
from mpc.protocols.sums.schema import Schema
from mpc.sessions.channel import blame

WINDOW, COUNTED, BLINDED, PARTIAL = "window", "counted", "blinded", "partial"
UPLOADED = "uploaded"


@dataclass(frozen=True, slots=True)
class Gate:
    """The verdict: one bit a cell in schema order, and the digest over everything it was derived from."""

    bits: tuple[bool, ...]
    transcript: bytes


def run_gate(run: Run, keys: Keys, values: Mapping[str, int], before_bits: Callable[[], None]) -> Gate:
    """Test the smallest counts; a count made up of others and sums take over their bits.

    Args:
        before_bits: asked before this owner's share of the decryption leaves; until then nobody can learn a bit.

    Raises:
        Misbehaviour: a message is malformed.
        ChannelTimeout: an owner is silent.
        NotAuthorized: from ``before_bits``.
    Cost: about (owners + 3) messages in sequence; (minimum + contributors) ciphertexts a tested cell and owner; the
        other owners' proofs take six multiplications a tested cell each.
    """
    counted = _count(run, keys, values)
    with blame(run.session.parties[-1], COUNTED):
        totals = run.elgamal.decode_ciphertexts(counted, len(run.schema.gated))
    found, seen = are_zero(run, keys, totals, before_bits)
    passed = dict(zip((cell.name for cell in run.schema.gated), found, strict=True))
    transcript = tagged(f"{LABEL} gate", keys.transcript, counted, *seen)
    return Gate(run.schema.verdicts(passed), transcript)


def are_zero(
    run: Meeting, keys: Keys, totals: Sequence[Ciphertext], before_bits: Callable[[], None]
) -> tuple[list[bool], tuple[bytes, ...]]:
    """Tell of each ciphertext under the joint key whether it holds zero, and nothing else of it.

    Returns:
        the answers, and the messages that they were derived from.
    """
    blinded = run.exchange(BLINDED, _blind(run, keys, totals))
    tests = _add_up(run, keys, totals, blinded)
    before_bits()
    partials = run.exchange(PARTIAL, _decrypt(run, keys, tests))
    return _zeros(run, tests, partials), (*blinded.values(), *partials.values())


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


def window_sizes(schema: Schema) -> list[int]:
    """Count the places: per tested cell one window for its count and one for its contributors."""
    return [schema.minimum, schema.contributors] * len(schema.gated)


def first_windows(schema: Schema) -> list[list[Ciphertext]]:
    """Lay out the windows in which nothing was counted yet: a one in front, in the clear."""
    group = schema.prime_group
    one = Ciphertext(group.identity, group.base(group.scalar(1)))
    return [[one, *[_nothing(schema)] * (size - 1)] for size in window_sizes(schema)]


def moved(schema: Schema, windows: Iterable[Sequence[Ciphertext]], steps: Iterable[int]) -> list[list[Ciphertext]]:
    """Move each window up by an owner's part of the number; not re-randomised yet."""
    return [
        [*[_nothing(schema)] * min(step, len(window)), *window[: max(len(window) - step, 0)]]
        for window, step in zip(windows, steps, strict=True)
    ]


def steps_of(schema: Schema, values: Mapping[str, int]) -> list[int]:
    """Return an owner's part of each number: its rows in a cell, and 1 if it has any."""
    return [step for cell in schema.gated for step in (values[cell.name], int(values[cell.name] > 0))]


def below(schema: Schema, windows: Sequence[Sequence[Ciphertext]]) -> list[Ciphertext]:
    """Add up the places of each cell's two windows: how many of the two thresholds it misses."""
    encryption, found = ElGamal(schema.prime_group), []
    for counts, contributors in zip(windows[::2], windows[1::2], strict=True):
        total = _nothing(schema)
        for place in (*counts, *contributors):
            total = encryption.add(total, place)
        found.append(total)
    return found


def _nothing(schema: Schema) -> Ciphertext:
    """Return a zero in the clear."""
    return _zero(schema.prime_group)


def _zero(group: Group) -> Ciphertext:
    return Ciphertext(group.identity, group.identity)


def _count(run: Run, keys: Keys, values: Mapping[str, int]) -> bytes:
    """Take the chain's turn: receive the windows from the owner before, count, hand on; the last one adds them up and
    hands out the result.

    All randomness is worked out before the wait, so that the turns, which follow each other, are short.
    """
    parties, place = run.session.parties, run.session.parties.index(run.session.me)
    sizes, scheme = window_sizes(run.schema), run.elgamal
    fresh = scheme.zeros(keys.joint, sum(sizes), run.random.stream("windows"))
    windows = first_windows(run.schema)
    if place:
        before = parties[place - 1]
        body = run.mail.receive(before, WINDOW, size=sum(sizes) * scheme.ciphertext_bytes)
        with blame(before, WINDOW):
            windows = _cut(scheme.decode_ciphertexts(body, sum(sizes)), sizes)
    steps, zeros = steps_of(run.schema, values), iter(fresh)
    mine = [[scheme.add(p, next(zeros)) for p in window] for window in moved(run.schema, windows, steps)]
    if place == len(parties) - 1:
        counted = _join(below(run.schema, mine))
        run.broadcast(COUNTED, counted)
        return counted
    run.mail.send(parties[place + 1], WINDOW, _join(place for window in mine for place in window))
    return run.mail.receive(parties[-1], COUNTED, size=len(run.schema.gated) * scheme.ciphertext_bytes)


def _blind(run: Meeting, keys: Keys, totals: Sequence[Ciphertext]) -> bytes:
    blindings = run.elgamal.blindings(keys.joint, len(totals), run.random.stream("blinding"))
    products = [run.elgamal.blind(total, blinding) for total, blinding in zip(totals, blindings, strict=True)]
    context, secret = _context(run, keys, run.session.me), run.random.stream("proof of products").read(32)
    return _join(products) + Multiples(run.elgamal, keys.joint).prove(totals, products, blindings, context, secret)


def _add_up(run: Meeting, keys: Keys, totals: Sequence[Ciphertext], blinded: Mapping[str, bytes]) -> list[Ciphertext]:
    """Add the owners' products: the total times a factor that nobody knows, nor can choose after the others."""
    tests = [_zero(run.elgamal.group)] * len(totals)
    proofs, end = Multiples(run.elgamal, keys.joint), len(totals) * run.elgamal.ciphertext_bytes
    for party, body in blinded.items():
        with blame(party, BLINDED):
            row = run.elgamal.decode_ciphertexts(body[:end], len(totals))
            if party != run.session.me:
                proofs.verify(totals, row, _context(run, keys, party), body[end:])
        tests = [run.elgamal.add(left, right) for left, right in zip(tests, row, strict=True)]
    return tests


def _context(run: Meeting, keys: Keys, party: str) -> bytes:
    return tagged(f"{run.label} products", run.session.digest, keys.transcript, party.encode())


def _decrypt(run: Meeting, keys: Keys, tests: Sequence[Ciphertext]) -> bytes:
    return b"".join(run.elgamal.partial_decryption(keys.gate.secret, test) for test in tests)


def _zeros(run: Meeting, tests: Sequence[Ciphertext], partials: Mapping[str, bytes]) -> list[bool]:
    """Add the owners' shares of each mask; a test is zero if nothing but the mask is in its body."""
    group, size = run.elgamal.group, run.elgamal.group.element_bytes
    masks = [group.identity] * len(tests)
    for party, body in partials.items():
        with blame(party, PARTIAL):
            parts = (body[start : start + size] for start in range(0, len(body), size))
            masks = [group.add(mask, part) for mask, part in zip(masks, parts, strict=True)]
    return [test.body == mask for test, mask in zip(tests, masks, strict=True)]


def _cut(places: Sequence[Ciphertext], sizes: Sequence[int]) -> list[list[Ciphertext]]:
    left = iter(places)
    return [list(islice(left, size)) for size in sizes]


def _join(ciphertexts: Iterable[Ciphertext]) -> bytes:
    return b"".join(ciphertext.encode() for ciphertext in ciphertexts)
