"""Sums over aligned rows: each owner's own in the clear of its own node, products of two owners' as two shares.

For every pair of owners the first encrypts its columns, packed, row by row; the second raises each to its own value,
multiplies, and adds a mask in every slot that hides the sum to a distance of 2^-40. The first decrypts masked sums and
refuses what lies outside the declared slots. Values are counted from the column's least, so none is negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.errors import InvalidRecord
from mpc.additive.scheme import SecretKey, encode_ciphertexts
from mpc.protocols.align.messages import ONCE, ORDER, PRODUCTS, VALUES, require_ascending
from mpc.protocols.align.ring import key_digest
from mpc.protocols.align.run import Run, require_same
from mpc.protocols.align.terms import Member, squares
from mpc.sessions.channel import blame

Rows = Mapping[str, tuple[int, ...]]
"""An owner's values by key, one a column in the order of the terms."""


def moments(run: Run, keys: Sequence[str], rows: Rows) -> tuple[int, ...]:
    """Return this owner's part of every figure: own sums, own products, then shares pair by pair.

    Raises:
        InvalidRecord: a value outside its bounds. Misbehaviour: another owner.
    """
    member = run.terms.member(run.me)
    table = [_counted(member, rows[key]) for key in keys]
    own = [sum(row[index] for row in table) for index in range(len(member.columns))]
    own += [sum(row[i] * row[j] for row in table) for i, j in squares(len(member.columns))]
    if not run.terms.pairs:
        return tuple(own)
    order = b"".join(key_digest(run, key) for key in keys)
    require_ascending([order[at : at + 32] for at in range(0, len(order), 32)])
    digest = key_digest(run, order.hex())
    require_same(ORDER, run.exchange(ORDER + ONCE, digest), digest)
    sent = {right.party: _encrypt(run, left, right, table) for left, right in run.terms.pairs if left.party == run.me}
    shares = {
        (left.party, right.party): _raise(run, left, right, table)
        for left, right in run.terms.pairs
        if right.party == run.me
    }
    for left, right in run.terms.pairs:
        if left.party == run.me:
            shares[left.party, right.party] = _decrypt(run, left, right, sent[right.party])
    mine = [(a.party, b.party) for a, b in run.terms.pairs if run.me in (a.party, b.party)]
    return (*own, *(share for pair in mine for share in shares[pair]))


def _encrypt(run: Run, left: Member, right: Member, table: Sequence[Sequence[int]]) -> SecretKey:
    """The first owner of a pair: send every row's columns encrypted, and zeros up to a padded number of rows."""
    packing, width = run.terms.packed(left, right).packing, run.terms.packed(left, right).packing.widths[0]
    secret = run.terms.encryption.generate(run.random.stream(f"align key {right.party}"))
    randomisers = run.random.stream(f"align encryption {right.party}")
    rows = [sum(value << width * i for i, value in enumerate(row)) for row in table]
    rows += [0] * (run.terms.padded(len(table)) - len(table))
    ciphertexts = [secret.encrypt(row, randomisers, bits=packing.total) for row in rows]
    size = secret.public.ciphertext_bytes
    run.send(right.party, VALUES + ONCE, secret.public.encode() + encode_ciphertexts(ciphertexts, size))
    return secret


def _raise(run: Run, left: Member, right: Member, table: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The second owner of a pair: weigh the first's rows with its own columns, side by side; return its masks."""
    layout, parameters = run.terms.packed(left, right), run.terms.encryption
    packing, stream = layout.packing, run.random.stream(f"align masks {left.party}")
    key, rows, step = parameters.public_key_bytes, run.terms.padded(len(table)), packing.widths[0] * len(left.columns)
    with blame(left.party, VALUES + ONCE):
        body = run.receive(left.party, VALUES + ONCE, size=key + parameters.ciphertext_bytes * rows)
        public = parameters.decode_public(body[:key])
        ciphertexts = public.decode_ciphertexts(body[key:], rows)
    weights = [sum(value << step * j for j, value in enumerate(row)) for row in table]
    masks = [stream.bits(bits + layout.mask_bits) for bits in layout.values]
    total = public.weigh(ciphertexts[: len(table)], weights, packing.pack(masks), stream)
    run.send(left.party, PRODUCTS + ONCE, encode_ciphertexts([total], public.ciphertext_bytes))
    return tuple(masks)


def _decrypt(run: Run, left: Member, right: Member, secret: SecretKey) -> tuple[int, ...]:
    """The first owner again: masked sums of products, if they lie in the declared slots."""
    packing = run.terms.packed(left, right).packing
    with blame(right.party, PRODUCTS + ONCE):
        body = run.receive(right.party, PRODUCTS + ONCE, size=secret.public.ciphertext_bytes)
        (ciphertext,) = secret.public.decode_ciphertexts(body, 1)
        return packing.unpack(secret.decrypt(ciphertext, bits=packing.total))


def _counted(member: Member, row: Sequence[int]) -> tuple[int, ...]:
    """Count a row's values from the least that is declared."""
    pairs = list(zip(row, member.columns, strict=True))
    if any(not column.least <= value <= column.most for value, column in pairs):
        raise InvalidRecord("align: a row outside the declared bounds")
    return tuple(value - column.least for value, column in pairs)
