"""The four runs of a CKKS sum: owner, evaluator, key holder, recipient.

Owners come with figures that already carry their own noise. The holder makes a key for this attempt and shows its
public half; owners, the holder among them, announce that they open, encrypt under that key and send to the evaluator,
who alone sees single ciphertexts and cannot read them; it adds them up with the public weights; the holder decrypts the
one sum, checks it, adds noise for the encryption's error and releases integers. So nothing is decrypted for which not
every owner has paid. All parties end with the digest of the key, bound to the attempt.

The holder learns weighted sums of noised figures; together with the evaluator, or with anybody who shows it an owner's
message, that owner's noised figures: no more than the owner's own noise lets anybody know. That an owner added its
noise cannot be seen; nobody else's protection rests on it. Semi-honest parties; a message that does not fit is refused
by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ledger.errors import InvalidRecord
from ledger.hashing import sha256
from mpc.protocols.ckks import messages
from mpc.protocols.ckks.lattice import KeyHolder, PublicContext, parse_context
from mpc.protocols.ckks.terms import PROTOCOL, CkksTerms
from mpc.sessions.channel import Channel, Misbehaviour, blame
from mpc.sessions.session import Journal, Session, Signed, SignedChannel

LABEL = "SHUXIN-CKKS-V1"

Announce = Callable[[], None]
"""Asked once, before an owner's ciphertext leaves: sees its opening announced and paid; raises NotAuthorized."""


@dataclass(frozen=True, slots=True)
class Released:
    """``totals``: noised units, in the order of the columns; ``message``: as the holder signed it."""

    totals: tuple[int, ...]
    figures: Mapping[str, Fraction]
    transcript: bytes
    message: Signed


def run_owner(
    session: Session, channel: Channel, units: Sequence[int], journal: Journal, announce: Announce, *, terms: CkksTerms
) -> bytes:
    """Encrypt this owner's figures for the evaluator; return the transcript.

    Raises:
        InvalidRecord: figures or session do not fit the terms; nothing was sent.
        NotAuthorized: the figures may not be used; no ciphertext was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
    """
    signed = _begin(session, channel, terms, (session.me not in (terms.holder, terms.evaluator)))
    terms.require_noised(units)
    context, digest = _context(session, signed, terms)
    announce()
    _send_vector(signed, journal, terms, digest, context.encrypt(units))
    return digest


def run_evaluator(
    session: Session, channel: Channel, units: Sequence[int], journal: Journal, announce: Announce, *, terms: CkksTerms
) -> bytes:
    """Contribute as an owner and add all ciphertexts up, each times its owner's weight. Raises: as ``run_owner``."""
    signed = _begin(session, channel, terms, session.me == terms.evaluator)
    terms.require_noised(units)
    context, digest = _context(session, signed, terms)
    announce()
    pieces = []
    for owner, weight in terms.weights:
        own = context.encrypt(units) if owner == session.me else _ciphertext(signed, owner, digest)
        with blame(owner, messages.VECTOR):
            context.weighted_sum([(weight, own)], len(units))  # checked one by one, so that the right party is named
        pieces.append((weight, own))
    body = messages.filled(context.weighted_sum(pieces, len(units)), messages.CIPHERTEXT_SIZE)
    journal.before_send(session, messages.SUM, sha256(body))
    signed.send(terms.holder, messages.SUM, body)
    return digest


def run_holder(
    session: Session,
    channel: Channel,
    units: Sequence[int],
    journal: Journal,
    announce: Announce,
    *,
    terms: CkksTerms,
    cover: Sequence[int],
) -> bytes:
    """Contribute as an owner, decrypt the one sum and release it with noise; return the transcript.

    Raises:
        InvalidRecord: figures or session do not fit the terms; nothing was sent.
        NotAuthorized: the figures may not be used; nothing was decrypted.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt, as after a restart: the key is gone with the process.
    """
    signed = _begin(session, channel, terms, session.me == terms.holder)
    terms.require_noised(units)
    key = KeyHolder()
    context, digest = messages.filled(key.public, messages.CONTEXT_SIZE), _digest(session, key.public)
    journal.before_send(session, messages.CONTEXT, sha256(context))
    signed.send_all(messages.CONTEXT, dict.fromkeys(session.others, context))
    announce()
    _send_vector(signed, journal, terms, digest, parse_context(key.public).encrypt(units))
    body = signed.receive(terms.evaluator, messages.SUM, size=messages.CIPHERTEXT_SIZE)
    with blame(terms.evaluator, messages.SUM):
        encrypted = messages.emptied(body, messages.CIPHERTEXT_SIZE)
        totals = key.noised_totals(encrypted, terms.bounds, cover)
    released = digest + messages.encode_totals(totals)
    journal.before_send(session, messages.RELEASE, sha256(released))
    signed.send(session.recipient, messages.RELEASE, released)
    return digest


def run_recipient(session: Session, channel: Channel, *, terms: CkksTerms) -> Released:
    """Receive the noised figures, and refuse what none can be. Raises: Misbehaviour, ChannelTimeout."""
    signed = _begin(session, channel, terms, session.me == session.recipient)
    size = messages.DIGEST_BYTES + messages.WORD_BYTES * len(terms.columns)
    message = signed.receive_signed(terms.holder, messages.RELEASE, limit=size)
    if len(message.body) != size:
        raise Misbehaviour(terms.holder, messages.RELEASE, f"{len(message.body)} bytes, {size} expected")
    totals = messages.decode_totals(message.body[messages.DIGEST_BYTES :])
    with blame(terms.holder, messages.RELEASE):
        terms.require_released(totals)
    return Released(totals, terms.figures(totals), message.body[: messages.DIGEST_BYTES], message)


def _begin(session: Session, channel: Channel, terms: CkksTerms, is_in_role: bool) -> SignedChannel:
    if session.protocol != PROTOCOL or dict(session.terms) != dict(terms.record()):
        raise InvalidRecord(f"session: its record is not that of these terms of {PROTOCOL}")
    if session.parties != terms.owners:
        raise InvalidRecord("session: the owners must have its seats, and nobody else")
    if not is_in_role:
        raise InvalidRecord(f"session: {session.me} has another role")
    return SignedChannel(session, channel, LABEL)


def _context(session: Session, signed: SignedChannel, terms: CkksTerms) -> tuple[PublicContext, bytes]:
    """Receive the holder's public key; answer it and its digest for this attempt."""
    body = signed.receive(terms.holder, messages.CONTEXT, size=messages.CONTEXT_SIZE)
    with blame(terms.holder, messages.CONTEXT):
        encoded = messages.emptied(body, messages.CONTEXT_SIZE)
        return parse_context(encoded), _digest(session, encoded)


def _digest(session: Session, context: bytes) -> bytes:
    return messages.context_digest(session.digest, context)


def _send_vector(signed: SignedChannel, journal: Journal, terms: CkksTerms, digest: bytes, encrypted: bytes) -> None:
    body = digest + messages.filled(encrypted, messages.CIPHERTEXT_SIZE)
    journal.before_send(signed.session, messages.VECTOR, sha256(body))
    signed.send(terms.evaluator, messages.VECTOR, body)


def _ciphertext(signed: SignedChannel, owner: str, digest: bytes) -> bytes:
    size = messages.DIGEST_BYTES + messages.CIPHERTEXT_SIZE
    body = signed.receive(owner, messages.VECTOR, size=size)
    if body[: messages.DIGEST_BYTES] != digest:
        raise Misbehaviour(owner, messages.VECTOR, "encrypted under another key than this party was shown")
    with blame(owner, messages.VECTOR):
        return messages.emptied(body[messages.DIGEST_BYTES :], messages.CIPHERTEXT_SIZE)
