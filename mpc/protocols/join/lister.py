"""The holder of the list: blinds its keys, matches doubly blinded elements, adds ciphertexts under its own masks.

It learns padded group sizes, a noised match count per group and the bits; no total and not which of its
keys matched: its own elements come back sorted, which forgets their order. A lister that gives each key
another exponent would learn that; the opened audit of its seed names it.

It does NOT see any released figure. Trust: semi-honest holder that does not pool data with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.errors import InvalidRecord
from mpc.additive.primes import random_bits
from mpc.additive.scheme import PublicKey, encode_ciphertexts
from mpc.groups.group import Element, RandomSource, Scalar
from mpc.protocols.join import messages
from mpc.protocols.join.gate import exchange_keys, run_gate
from mpc.protocols.join.layout import MASK_BITS
from mpc.protocols.join.noise import Noise, all_groups, check_noise, listers
from mpc.protocols.join.opening import OwnerOutcome, agree_on_opening, open_shares
from mpc.protocols.join.run import Admit, Progress, Run, any_size, begin, dummy_message, key_message, point, silent
from mpc.protocols.join.table import ListedKeys, check_list
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sums.agreement import Decide
from mpc.sessions.channel import Channel, blame
from mpc.sessions.session import Journal, Session


def run_lister(
    session: Session,
    channel: Channel,
    keys: ListedKeys,
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
    matches = _matches(run, raised, messages.list_sizes(listed, terms))
    masks = draw_masks(run)
    _add_matched(run, sizes, matches, masks)
    if noise is None:
        passed, shares = run_gate(run, gate_keys, [-mask[0] for mask in masks]), masks
    else:
        passed, shares = all_groups(terms), listers(terms, masks, noise)
    opened = agree_on_opening(run, passed, decide)
    return open_shares(run, passed, opened, shares)


def blinded_list(run: Run, exponent: Scalar, keys: ListedKeys) -> bytes:
    """Return the blinded elements of all keys, all dummies of every cell, and padding or noise, sorted in each set."""
    terms, points, sizes = run.terms, list[Element](), list[int]()
    padding, blur = run.random.stream("join padding"), terms.blur(run.random.stream("join size"))
    for index, own in enumerate(_by_group(terms, keys)):
        entries = _entries(run, index, own)
        size = terms.list_size(len(own), blur)
        points += entries + [terms.prime_group.random_element(padding) for _ in range(size - len(entries))]
        sizes.append(size)
    raised = messages.cut(run.raise_all(messages.LIST, exponent, points), sizes)
    return messages.encode_list([sorted(elements) for elements in raised], terms)


def draw_masks(run: Run) -> list[tuple[int, ...]]:
    """Draw the masks of every cell: each slot's value bits plus 40, so that a masked sum tells nothing."""
    source = run.random.stream("join masks")
    return [tuple(random_bits(bits + MASK_BITS, source) for bits in run.terms.slots.values) for _ in run.terms.cells]


def masked_sum(public: PublicKey, mask: int, ciphertexts: Sequence[int], source: RandomSource) -> int:
    """Add ciphertexts to a fresh encryption of the mask, which re-randomises the sum."""
    total = public.mask(mask, source)
    for ciphertext in ciphertexts:
        total = public.add(total, ciphertext)
    return total


def _by_group(terms: JoinTerms, keys: ListedKeys) -> list[list[str]]:
    """Sort the keys into the sets that travel."""
    if not isinstance(keys, Mapping):
        return [list(keys)]
    found: dict[str, list[str]] = {group: [] for group in terms.lister_groups}
    for key, group in keys.items():
        found[group].append(key)
    return list(found.values())


def _entries(run: Run, index: int, keys: Sequence[str]) -> list[Element]:
    """Hash a set's keys, and the dummies of every cell that the set is part of."""
    terms, digest = run.terms, run.session.digest
    cells = range(index, len(terms.groups) * terms.sets, terms.sets)
    return [point(terms.prime_group, key_message(digest, key)) for key in keys] + [
        point(terms.prime_group, dummy_message(digest, cell, number))
        for cell in cells
        for number in range(terms.noise.universe)
    ]


def _raise_rows(run: Run, exponent: Scalar) -> tuple[list[int], list[bytes]]:
    body = run.receive(messages.ROWS, limit=messages.rows_limit(run.terms))
    with blame(run.peer, messages.ROWS):
        sizes, rows = messages.decode_rows(body, run.terms)
        run.admit(len(rows))
        return sizes, list(run.raise_all(messages.ROWS, exponent, rows))


def _matches(run: Run, rows: list[bytes], sizes: list[int]) -> list[int | None]:
    """Say for each row in which doubly blinded set its doubly blinded element stands, if in any."""
    body = run.receive_exactly(messages.RAISED, sum(sizes) * run.terms.prime_group.element_bytes)
    with blame(run.peer, messages.RAISED):
        raised = messages.cut(messages.distinct_elements(body, run.terms.prime_group), sizes)
    listed = {element: index for index, elements in enumerate(raised) for element in elements}
    return [listed.get(row) for row in rows]


def _add_matched(run: Run, sizes: list[int], matches: list[int | None], masks: list[tuple[int, ...]]) -> None:
    terms = run.terms
    body = run.receive_exactly(messages.PAYLOADS, messages.payloads_size(terms, len(matches)))
    run.progress(messages.SUMS, 0, len(sizes))
    key_bytes = terms.encryption.public_key_bytes
    with blame(run.peer, messages.PAYLOADS):
        public = terms.encryption.decode_public(body[:key_bytes])
        ciphertexts = public.decode_ciphertexts(body[key_bytes:], len(matches))
    source = run.random.stream("join masked sums")
    sums, start, left = list[int](), 0, iter(masks)
    for size in sizes:
        for own in range(terms.sets):
            chosen = [ciphertexts[i] for i in range(start, start + size) if matches[i] == own]
            sums.append(masked_sum(public, terms.slots.pack(next(left)), chosen, source))
        start += size
    run.send(messages.SUMS, encode_ciphertexts(sums, terms.encryption.ciphertext_bytes))
    run.progress(messages.SUMS, len(sizes), len(sizes))
