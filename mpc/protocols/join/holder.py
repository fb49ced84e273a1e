"""The holder of values: blinds its keys, encrypts their totals, decrypts masked sums only.

It learns the padded size of the list, the bits, and nothing on matches: the sums it decrypts carry the
lister's masks. Its table leaves as blinded elements and ciphertexts under its own key, in an order that is
a function of the blinded set, with dummies for the lister's match count and padding to a declared unit.

It does NOT see any released figure. Trust: semi-honest lister that does not pool data with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.errors import InvalidRecord
from mpc.additive.scheme import SecretKey
from mpc.groups.group import Scalar
from mpc.protocols.join import messages
from mpc.protocols.join.gate import exchange_keys, run_gate
from mpc.protocols.join.noise import Noise, all_groups, check_noise, holders
from mpc.protocols.join.opening import OwnerOutcome, agree_on_opening, open_shares
from mpc.protocols.join.run import Admit, Progress, Run, any_size, begin, dummy_message, key_message, point, silent
from mpc.protocols.join.table import HolderTable, KeyTotals, check_table, slot_values
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sums.agreement import Decide
from mpc.sessions.channel import Channel, blame
from mpc.sessions.session import Journal, Session

_ENCRYPTION_CHUNK = 1024


def run_holder(
    session: Session,
    channel: Channel,
    table: HolderTable,
    decide: Decide,
    journal: Journal,
    *,
    terms: JoinTerms,
    noise: Noise | None = None,
    progress: Progress = silent,
    admit: Admit = any_size,
) -> OwnerOutcome:
    """Contribute the table and open what gate and audits allow.

    Args:
        noise: this owner's, for the figures of a join with a guarantee.

    Raises:
        InvalidRecord: table, noise or session do not fit the terms; nothing was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
        NotAuthorized: the decision refuses the job, or ``admit`` what the other owner announces.
    Cost: 45,000 keys a side with 3072 bits take about 13 s of one core and 23 MB in all.
    """
    run = begin(session, terms, channel, progress, journal, admit)
    if session.me != terms.holder:
        raise InvalidRecord(f"session: {session.me} is not the holder")
    check_table(terms, table)
    check_noise(terms, noise)
    keys = exchange_keys(run)
    exponent = run.terms.prime_group.random_scalar(run.random.stream("join exponent"))
    secret = terms.encryption.generate(run.random.stream("join encryption key"))
    groups = blinded_rows(run, exponent, table)
    run.send(messages.ROWS, messages.encode_rows([[element for element, _ in group] for group in groups]))
    _raise_list(run, exponent)
    send_payloads(run, secret, [payload for group in groups for _, payload in group], to=run.peer)
    masked = masked_sums(run, secret)
    if noise is None:
        passed, shares = run_gate(run, keys, [share[0] for share in masked]), masked
    else:
        passed, shares = all_groups(terms), holders(terms, masked, noise)
    opened = agree_on_opening(run, passed, decide)
    return open_shares(run, passed, opened, shares)


def blinded_rows(run: Run, exponent: Scalar, table: HolderTable) -> list[list[tuple[bytes, int]]]:
    """Return, per group, (blinded element, packed totals) sorted by element: real keys, dummies and padding."""
    points: list[bytes] = []
    payloads: list[int] = []
    sizes: list[int] = []
    for index, group in enumerate(run.terms.groups):
        entries = _entries(run, index, table.get(group, {}))
        sizes.append(len(entries))
        points += [point for point, _ in entries]
        payloads += [payload for _, payload in entries]
    rows = list(zip(run.raise_all(messages.ROWS, exponent, points), payloads, strict=True))
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [sorted(rows[start : start + size]) for start, size in zip(starts, sizes, strict=True)]


def _entries(run: Run, index: int, keys: Mapping[str, KeyTotals]) -> list[tuple[bytes, int]]:
    terms, digest = run.terms, run.session.digest
    entries: list[tuple[bytes, int]] = [
        (point(terms.prime_group, key_message(digest, key)), terms.slots.pack(slot_values(terms, totals)))
        for key, totals in keys.items()
    ]
    kinds = terms.sets * terms.patterns
    for cell in range(index * kinds, (index + 1) * kinds):
        dummies = terms.noise.dummies(run.random.stream(f"join dummies {cell}"))
        entries += [(point(terms.prime_group, dummy_message(digest, cell, i)), 0) for i in range(dummies)]
    padding = run.random.stream(f"join padding {index}")
    missing = terms.group_size(len(keys), terms.blur(run.random.stream(f"join size {index}"))) - len(entries)
    return entries + [(terms.prime_group.random_element(padding), 0) for _ in range(missing)]


def _raise_list(run: Run, exponent: Scalar) -> None:
    body = run.receive(messages.LIST, limit=messages.list_limit(run.terms))
    with blame(run.peer, messages.LIST):
        listed, sizes = messages.decode_list(body, run.terms), messages.list_sizes(body, run.terms)
        run.admit(len(listed))
        raised = run.raise_all(messages.RAISED, exponent, listed)
    run.send(messages.RAISED, b"".join(messages.sorted_elements(found) for found in messages.cut(raised, sizes)))


def send_payloads(run: Run, secret: SecretKey, payloads: Sequence[int], *, to: str) -> None:
    """Encrypt the totals and send them with the key that they are encrypted under."""
    source, bits = run.random.stream("join encryption"), run.terms.slots.total
    ciphertexts: list[int] = []
    run.progress(messages.PAYLOADS, 0, len(payloads))
    for start in range(0, len(payloads), _ENCRYPTION_CHUNK):
        ciphertexts += [secret.encrypt(p, source, bits=bits) for p in payloads[start : start + _ENCRYPTION_CHUNK]]
        run.progress(messages.PAYLOADS, len(ciphertexts), len(payloads))
    run.send(messages.PAYLOADS, messages.encode_payloads(secret.public.encode(), ciphertexts, run.terms), to=to)


def masked_sums(run: Run, secret: SecretKey) -> list[tuple[int, ...]]:
    """Decrypt the cells' masked sums; a plaintext outside the declared slots ends the job before anybody acts on it."""
    cells, size = len(run.terms.cells), run.terms.encryption.ciphertext_bytes
    body = run.receive_exactly(messages.SUMS, cells * size)
    with blame(run.peer, messages.SUMS):
        sums = secret.public.decode_ciphertexts(body, cells)
        return [run.terms.slots.unpack(secret.decrypt(c, bits=run.terms.slots.total)) for c in sums]
