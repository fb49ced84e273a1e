"""Private alignment before training: which keys all owners hold, and one order of rows for all of them.

Partial overlap is the normal case: an owner brings all its keys and trains on the common ones. The protocol is that of
aligned statistics (``mpc.protocols.align``): every owner is told the common keys, which its authorization must allow
(ALIGN), and of the others' further keys nothing but a padded number; with three or more owners the one that matches
also learns the sizes of overlaps. Rows lie in the order of digests that are new in every attempt, so a place says
nothing of a key. A digest of the order is compared, so nobody trains on rows that do not belong together.

It does NOT hand anything to the recipient of the session, and moves no column.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from federated.columns import Floats
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.protocols.align.messages import ORDER
from mpc.protocols.align.ring import align, key_digest
from mpc.protocols.align.run import AdmitOwner, any_owner, begin, require_same
from mpc.protocols.align.terms import AlignedTerms
from mpc.protocols.join.run import Progress, silent
from mpc.sessions.channel import Channel
from mpc.sessions.session import Journal, Session


def common_keys(
    session: Session,
    terms: AlignedTerms,
    channel: Channel,
    keys: Collection[str],
    journal: Journal,
    *,
    progress: Progress = silent,
    admit: AdmitOwner = any_owner,
) -> tuple[str, ...]:
    """Find the keys that all owners hold, in the order that all of them use.

    Args:
        terms: every owner told, no columns; ``minimum``: the fewest common rows that training is done with.

    Raises:
        InvalidRecord: keys or terms that do not fit; nothing was sent.
        NotAuthorized: too few common keys; every owner ends alike.
        Misbehaviour, ChannelTimeout: another owner.
    """
    if terms.told != terms.parties or terms.columns:
        raise InvalidRecord("alignment: every owner is told the common keys, and none names a column")
    require_keys(list(keys))
    run = begin(session, terms, channel, progress, journal, admit)
    found = align(run, keys)
    if found.keys is None or found.count < terms.least_rows:
        raise NotAuthorized(f"alignment: fewer than {terms.least_rows} common rows")
    order = key_digest(run, "|".join(key_digest(run, key).hex() for key in found.keys))
    require_same(ORDER, run.exchange(ORDER, order), order)
    return found.keys


def require_keys(keys: Sequence[str]) -> None:
    """Refuse rows without a key and keys of several rows; raises InvalidRecord, naming rows by place."""
    first: dict[str, int] = {}
    for row, key in enumerate(keys, start=1):
        if not key.strip():
            raise InvalidRecord(f"alignment: row {row} has no key")
        if first.setdefault(key, row) != row:
            raise InvalidRecord(f"alignment: rows {first[key]} and {row} have the same key; one row a key expected")


def ordered(columns: Mapping[str, Floats], keys: Sequence[str], common: Sequence[str]) -> dict[str, Floats]:
    """Pick the common rows of an owner's columns, in the common order. keys: of the columns' rows."""
    places = {key: place for place, key in enumerate(keys)}
    chosen = np.array([places[key] for key in common], dtype=np.int64)
    return {name: values[chosen] for name, values in columns.items()}
