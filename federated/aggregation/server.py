"""The server's part of a round: collects masked vectors, says who is in the round, adds up what was opened.

It learns the sum over the clients of the round, their number and the digests of masked vectors. A client that is lost
before the list went out is left out; one that is lost after it loses the round, for nothing may be opened twice.
Clients' signatures under the list go through it: it can keep them back, which ends the round, and forge none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from federated.aggregation import messages
from federated.aggregation.messages import AGREED, OPENED, SEED_BYTES, SIGNATURES, SURVIVORS, UPLOAD
from federated.aggregation.vector import Floats, Layout
from ledger.errors import BackendError
from mpc.sessions.channel import ChannelTimeout, Misbehaviour, blame
from mpc.sessions.session import SignedChannel
from mpc.vector import Words


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """What a round opened. digests: of the masked vectors in it, by client; lost: clients that sent none in time."""

    values: Floats
    digests: Mapping[str, bytes]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Server:
    """The server of one run."""

    mail: SignedChannel
    layout: Layout
    least: int

    def add_up(self, number: int, about: bytes = b"") -> Sum:
        """Run one round.

        Args:
            about: what all clients were told beside the list, as in ``Client.contribute``.

        Raises:
            BackendError: too few clients, or one was lost after the list went out; nothing can be opened.
            Misbehaviour: a client sent what the protocol does not allow.
        """
        uploads = self._uploads(number)
        if len(uploads) < self.least:
            raise BackendError(f"round {number}: vectors of {len(uploads)} clients, at least {self.least} expected")
        digests = {party: messages.masked_digest(messages.encode_words(words)) for party, words in uploads.items()}
        parties = self.mail.session.parties
        survivors = messages.encode_survivors(digests, parties)
        self.mail.send_all(messages.step(SURVIVORS, number), dict.fromkeys(uploads, survivors))
        self._carry_signatures(number, uploads, messages.agreement(self.mail.session.digest, number, survivors, about))
        lost = tuple(party for party in parties if party not in uploads)
        total = np.zeros(self.layout.places, dtype=np.uint64)
        for party, words in uploads.items():
            total += words - self._opened(number, party, lost)
        return Sum(self.layout.floats(total), digests, lost)

    def _uploads(self, number: int) -> dict[str, Words]:
        found, step = {}, messages.step(UPLOAD, number)
        for party in self.mail.session.parties:
            try:
                body = self.mail.receive(party, step, size=8 * self.layout.places)
            except ChannelTimeout:
                continue  # lost: said in the sum, and its masks are taken off with what the others open
            with blame(party, step):
                found[party] = messages.decode_words(body, self.layout.places)
        return found

    def _carry_signatures(self, number: int, clients: Collection[str], agreement: bytes) -> None:
        """Give all signatures under the list to each client, so that each sees one that differs, and look oneself."""
        step = messages.step(AGREED, number)
        found = {party: self.mail.receive_signed(party, step, limit=messages.DIGEST_BYTES) for party in clients}
        signatures = {party: signed.signature for party, signed in found.items()}
        listed = messages.encode_signatures(signatures, self.mail.session.parties)
        self.mail.send_all(messages.step(SIGNATURES, number), dict.fromkeys(clients, listed))
        for party, signed in found.items():
            if signed.body != agreement:
                raise Misbehaviour(party, step, "signed another list of clients, or another model, than it was told")

    def _opened(self, number: int, party: str, lost: tuple[str, ...]) -> Words:
        body = self.mail.receive(party, messages.step(OPENED, number), size=SEED_BYTES * (1 + len(lost)))
        total = messages.expand(body[:SEED_BYTES], self.layout.places)
        for place, other in enumerate(lost, start=1):
            mask = messages.expand(body[SEED_BYTES * place :][:SEED_BYTES], self.layout.places)
            total = total + mask if party < other else total - mask
        return total
