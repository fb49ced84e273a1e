"""The holder of the list: blinds its keys, matches doubly blinded elements, adds ciphertexts under its own masks.

It learns padded group sizes, a noised match count per group and the bits; no total and not which of its
keys matched: its own elements come back sorted, which forgets their order. A lister that gives each key
another exponent would learn that; the opened audit of its seed names it.

It does NOT see any released figure. Trust: semi-honest holder that does not pool data with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ledger.errors import InvalidRecord
from mpc.additive.primes import random_bits
from mpc.additive.scheme import PublicKey, encode_ciphertexts
from mpc.channel import Channel, blame
from mpc.group import RandomSource, Scalar
from mpc.protocols.join import messages
from mpc.protocols.join.gate import exchange_keys, run_gate
from mpc.protocols.join.layout import MASK_BITS
from mpc.protocols.join.noise import Noise, all_groups, check_noise, listers
from mpc.protocols.join.opening import OwnerOutcome, agree_on_opening, open_shares
from mpc.protocols.join.run import Admit, Progress, Run, any_size, begin, dummy_message, key_message, point, silent
from mpc.protocols.join.table import check_list
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sums.agreement import Decide
from mpc.session import Journal, Session


def run_lister(
    session: Session,
    channel: Channel,
    keys: Collection[str],
    decide: Decide,
    journal: Journal,
    *,
    terms: JoinTerms,
    noise: Noise | None = None,
    progress: Progress = silent,
    admit: Admit = any_size,
) -> OwnerOutcome:
    """Contribute the list and open what gate and audits allow.

    Args:
        noise: this owner's, for the figures of a join with a guarantee.

    Raises:
        InvalidRecord: list, noise or session do not fit the terms; nothing was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
        NotAuthorized: the decision refuses the job, or ``admit`` what the other owner announces.
    """
    run = begin(session, terms, channel, progress, journal, admit)
    if session.me != terms.lister:
        raise InvalidRecord(f"session: {session.me} is not the lister")
    check_list(terms, keys)
    check_noise(terms, noise)
    gate_keys = exchange_keys(run)
    exponent = run.terms.prime_group.random_scalar(run.random.stream("join exponent"))
    listed = blinded_list(run, exponent, keys)
    run.send(messages.LIST, listed)
    sizes, raised = _raise_rows(run, exponent)
    matches = _matches(run, raised, expected=len(listed))
    masks = draw_masks(run)
    _add_matched(run, sizes, matches, masks)
    if noise is None:
        passed, shares = run_gate(run, gate_keys, [-mask[0] for mask in masks]), masks
    else:
        passed, shares = all_groups(terms), listers(terms, masks, noise)
    opened = agree_on_opening(run, passed, decide)
    return open_shares(run, passed, opened, shares)


def blinded_list(run: Run, exponent: Scalar, keys: Collection[str]) -> bytes:
    """Return the sorted blinded elements of all keys, all dummies of every group, and padding or noise."""
    terms, digest = run.terms, run.session.digest
    points: list[bytes] = [point(terms.prime_group, key_message(digest, key)) for key in keys]
    points += [
        point(terms.prime_group, dummy_message(digest, group, number))
        for group in range(len(terms.groups))
        for number in range(terms.noise.universe)
    ]
    padding = run.random.stream("join padding")
    size = terms.list_size(len(keys), terms.blur(run.random.stream("join size")))
    points += [terms.prime_group.random_element(padding) for _ in range(size - len(points))]
    return messages.sorted_elements(run.raise_all(messages.LIST, exponent, points))


def draw_masks(run: Run) -> list[tuple[int, ...]]:
    """Draw the masks of every group: each slot's value bits plus 40, so that a masked sum tells nothing."""
    source = run.random.stream("join masks")
    return [tuple(random_bits(bits + MASK_BITS, source) for bits in run.terms.slots.values) for _ in run.terms.groups]


def masked_sum(public: PublicKey, mask: int, ciphertexts: Sequence[int], source: RandomSource) -> int:
    """Add ciphertexts to a fresh encryption of the mask, which re-randomises the sum."""
    total = public.mask(mask, source)
    for ciphertext in ciphertexts:
        total = public.add(total, ciphertext)
    return total


def _raise_rows(run: Run, exponent: Scalar) -> tuple[list[int], list[bytes]]:
    body = run.receive(messages.ROWS, limit=messages.rows_limit(run.terms))
    with blame(run.peer, messages.ROWS):
        sizes, rows = messages.decode_rows(body, run.terms)
        run.admit(len(rows))
        return sizes, list(run.raise_all(messages.ROWS, exponent, rows))


def _matches(run: Run, rows: list[bytes], expected: int) -> list[bool]:
    """Say for each row whether its doubly blinded element stands in the doubly blinded list."""
    body = run.receive_exactly(messages.RAISED, expected)
    with blame(run.peer, messages.RAISED):
        listed = set(messages.distinct_elements(body, run.terms.prime_group))
    return [row in listed for row in rows]


def _add_matched(run: Run, sizes: list[int], matches: list[bool], masks: list[tuple[int, ...]]) -> None:
    terms = run.terms
    body = run.receive_exactly(messages.PAYLOADS, messages.payloads_size(terms, len(matches)))
    run.progress(messages.SUMS, 0, len(sizes))
    key_bytes = terms.encryption.public_key_bytes
    with blame(run.peer, messages.PAYLOADS):
        public = terms.encryption.decode_public(body[:key_bytes])
        ciphertexts = public.decode_ciphertexts(body[key_bytes:], len(matches))
    source = run.random.stream("join masked sums")
    sums, start = [], 0
    for size, mask in zip(sizes, masks, strict=True):
        chosen = [ciphertexts[i] for i in range(start, start + size) if matches[i]]
        sums.append(masked_sum(public, terms.slots.pack(mask), chosen, source))
        start += size
    run.send(messages.SUMS, encode_ciphertexts(sums, terms.encryption.ciphertext_bytes))
    run.progress(messages.SUMS, len(sizes), len(sizes))
