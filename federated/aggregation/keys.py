"""Keys between clients, agreed once a run: announced, signed by the party's statement key, confirmed by both ends.

The server carries announcements or the clients' own channel does; a server that swaps a key or shows two clients
different lists of clients is found out by the confirmation, before any vector leaves. Each round derives a key of its
own from the pair's, so that opening one round's says nothing of another's.

Source: Bonawitz et al., CCS 2017, round 0; statement keys are those of the Parties contract.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.hashing import tagged
from mpc.masking import CONFIRMATION_BYTES, PUBLIC_BYTES, Pair, mask_key, pair
from mpc.sessions.channel import Misbehaviour, blame
from mpc.sessions.session import SignedChannel
from mpc.stream import Randomness, derive

KEY, CONFIRM = "aggregation-key", "aggregation-confirm"
LABEL = "SHUXIN-AGGREGATION-V1"


def agree(mail: SignedChannel, random: Randomness) -> Mapping[str, Pair]:
    """Announce, derive and confirm; return the pairs by the other party.

    Raises:
        Misbehaviour: a key, signature or confirmation does not hold.
        ChannelTimeout: a client is silent.
    """
    session = mail.session
    mine = mask_key(random.stream("aggregation key"))
    mail.send_all(KEY, dict.fromkeys(session.others, mine.public))
    publics = {other: mail.receive(other, KEY, size=PUBLIC_BYTES) for other in session.others}
    listed = sorted({**publics, session.me: mine.public}.items())
    transcript = tagged(f"{LABEL} transcript", session.digest, *(public for _, public in listed))
    pairs = {}
    for other, public in publics.items():
        with blame(other, KEY):
            pairs[other] = pair(session.me, mine, other, public, transcript)
    mail.send_all(CONFIRM, {other: shared.confirmation(session.me) for other, shared in pairs.items()})
    for other, shared in pairs.items():
        if not shared.confirms(other, mail.receive(other, CONFIRM, size=CONFIRMATION_BYTES)):
            raise Misbehaviour(other, CONFIRM, "holds other keys or another list of clients")
    return pairs


def of_round(shared: Pair, number: int) -> bytes:
    """Derive the pair's key of one round."""
    return derive(shared.mask, b"", f"{LABEL}|round|{number}")
