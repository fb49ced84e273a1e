"""The four runs of a CKKS sum: owner, evaluator, key holder, recipient.

The holder makes a key for this attempt and shows its public half; owners encrypt their units under it and send them to
the evaluator, who alone sees single ciphertexts and cannot read them; it adds them up with the public weights; the
holder pays, decrypts the one sum, checks it, adds the noise and releases integers.

The holder learns the exact weighted sums. Together with the evaluator, or with anybody who shows it an owner's message,
it learns that owner's figures: the two must not pool what they hold. That the holder added its noise cannot be seen.
Semi-honest parties; a message that does not fit is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ledger.errors import InvalidRecord
from ledger.hashing import sha256
from mpc.channel import Channel, Misbehaviour, blame
from mpc.privacy.accounting import share_scale
from mpc.privacy.noise import Sampler, discrete_gaussian
from mpc.protocols.ckks import messages
from mpc.protocols.ckks.lattice import KeyHolder, PublicContext, parse_context
from mpc.protocols.ckks.terms import PROTOCOL, CkksTerms, Figure
from mpc.session import Journal, Session, SignedChannel

LABEL = "SHUXIN-CKKS-V1"

Pay = Callable[[int], None]
"""Reserves and spends so many micro-rho with every asset's budget; raises NotAuthorized if one cannot pay."""


@dataclass(frozen=True, slots=True)
class Released:
    """``totals``: noised units, in the order of the columns."""

    totals: tuple[int, ...]
    figures: Mapping[str, Fraction]


def run_owner(
    session: Session, channel: Channel, figures: Mapping[str, Figure], journal: Journal, *, terms: CkksTerms
) -> None:
    """Encrypt this owner's figures for the evaluator.

    Raises:
        InvalidRecord: figures or session do not fit the terms; nothing was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
    """
    signed = _begin(session, channel, terms, (session.me not in (terms.holder, terms.evaluator)))
    units = terms.units(figures)
    context, digest = _context(session, signed, terms)
    body = digest + messages.filled(context.encrypt(units), messages.CIPHERTEXT_SIZE)
    journal.before_send(session, messages.VECTOR, sha256(body))
    signed.send(terms.evaluator, messages.VECTOR, body)


def run_evaluator(
    session: Session, channel: Channel, figures: Mapping[str, Figure], journal: Journal, *, terms: CkksTerms
) -> None:
    """Contribute as an owner and add all ciphertexts up, each times its owner's weight. Raises: as ``run_owner``."""
    signed = _begin(session, channel, terms, session.me == terms.evaluator)
    units = terms.units(figures)
    context, digest = _context(session, signed, terms)
    pieces = []
    for owner, weight in terms.weights:
        own = context.encrypt(units) if owner == session.me else _ciphertext(signed, owner, digest)
        with blame(owner, messages.VECTOR):
            context.weighted_sum([(weight, own)], len(units))  # checked one by one, so that the right party is named
        pieces.append((weight, own))
    body = messages.filled(context.weighted_sum(pieces, len(units)), messages.CIPHERTEXT_SIZE)
    journal.before_send(session, messages.SUM, sha256(body))
    signed.send(terms.holder, messages.SUM, body)


def run_holder(
    session: Session,
    channel: Channel,
    journal: Journal,
    pay: Pay,
    *,
    terms: CkksTerms,
    sampler: Sampler = discrete_gaussian,
) -> None:
    """Decrypt the one sum and release it with noise, once its cost is paid.

    Raises:
        NotAuthorized: an asset cannot pay; nothing was decrypted.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt, as after a restart: the key is gone with the process.
    """
    signed = _begin(session, channel, terms, session.me == terms.holder)
    key = KeyHolder()
    context = messages.filled(key.public, messages.CONTEXT_SIZE)
    journal.before_send(session, messages.CONTEXT, sha256(context))
    signed.send_all(messages.CONTEXT, dict.fromkeys(terms.owners, context))
    body = signed.receive(terms.evaluator, messages.SUM, size=messages.CIPHERTEXT_SIZE)
    pay(terms.micro_rho)
    scales = [share_scale(deviation, 1) for deviation in terms.deviations_milli]
    with blame(terms.evaluator, messages.SUM):
        encrypted = messages.emptied(body, messages.CIPHERTEXT_SIZE)
        totals = key.noised_totals(encrypted, terms.bounds, lambda: [sampler(scale) for scale in scales])
    released = messages.encode_totals(totals)
    journal.before_send(session, messages.RELEASE, sha256(released))
    signed.send(session.recipient, messages.RELEASE, released)


def run_recipient(session: Session, channel: Channel, *, terms: CkksTerms) -> Released:
    """Receive the noised figures. Raises: Misbehaviour, ChannelTimeout."""
    signed = _begin(session, channel, terms, session.me == session.recipient)
    size = messages.WORD_BYTES * len(terms.columns)
    totals = messages.decode_totals(signed.receive(terms.holder, messages.RELEASE, size=size))
    return Released(totals, terms.figures(totals))


def _begin(session: Session, channel: Channel, terms: CkksTerms, is_in_role: bool) -> SignedChannel:
    if session.protocol != PROTOCOL or dict(session.terms) != dict(terms.record()):
        raise InvalidRecord(f"session: its record is not that of these terms of {PROTOCOL}")
    if set(session.parties) != {*terms.owners, terms.holder}:
        raise InvalidRecord("session: the owners and the key holder must have its seats, and nobody else")
    if not is_in_role:
        raise InvalidRecord(f"session: {session.me} has another role")
    return SignedChannel(session, channel, LABEL)


def _context(session: Session, signed: SignedChannel, terms: CkksTerms) -> tuple[PublicContext, bytes]:
    """Receive the holder's public key; answer it and its digest for this attempt."""
    body = signed.receive(terms.holder, messages.CONTEXT, size=messages.CONTEXT_SIZE)
    with blame(terms.holder, messages.CONTEXT):
        encoded = messages.emptied(body, messages.CONTEXT_SIZE)
        return parse_context(encoded), messages.context_digest(session.digest, encoded)


def _ciphertext(signed: SignedChannel, owner: str, digest: bytes) -> bytes:
    size = messages.DIGEST_BYTES + messages.CIPHERTEXT_SIZE
    body = signed.receive(owner, messages.VECTOR, size=size)
    if body[: messages.DIGEST_BYTES] != digest:
        raise Misbehaviour(owner, messages.VECTOR, "encrypted under another key than this party was shown")
    with blame(owner, messages.VECTOR):
        return messages.emptied(body[messages.DIGEST_BYTES :], messages.CIPHERTEXT_SIZE)
