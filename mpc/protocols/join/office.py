"""The recipient: takes one share from each owner, subtracts, commits to the figures with a salt.

It holds no key of the protocol and takes part in no step before the shares, so it learns the opened figures
and which groups were withheld, not why. What it keeps for evidence are the owners' signed shares, from
which anybody re-adds the figures; the owners hold digests only.

NOT: able to tell which owner lied if a figure leaves its declared bounds; an opened audit is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.evidence import statement
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError
from mpc.protocols.join import messages
from mpc.protocols.join.messages import OwnerShare
from mpc.protocols.join.opening import share_digest
from mpc.protocols.join.run import Progress, begin, silent
from mpc.protocols.join.terms import JoinTerms
from mpc.sessions.channel import Channel, Misbehaviour, blame
from mpc.sessions.session import Session, Signed


@dataclass(frozen=True, slots=True)
class Cell:
    """One opened group."""

    keys: int
    rows: int
    sums: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Released:
    """``cells``: the opened groups' figures; ``withheld``: the others; ``shares``: the owners' signed messages."""

    session: bytes
    cells: Mapping[str, Cell] = field(repr=False)
    withheld: tuple[str, ...]
    transcript: bytes
    salt: bytes = field(repr=False)
    commitment: bytes
    shares: Mapping[str, Signed] = field(repr=False)
    share_digests: Mapping[str, bytes]


def run_recipient(session: Session, channel: Channel, *, terms: JoinTerms, progress: Progress = silent) -> Released:
    """Receive every owner's share, subtract, commit.

    Raises:
        InvalidRecord: session and terms do not belong together.
        Misbehaviour: an owner's share is malformed or disagrees with the other's.
        ChannelTimeout: an owner is silent; nothing is released.
        VerificationError: a figure lies outside its declared bounds.
    """
    run = begin(session, terms, channel, progress, None)
    if session.me != session.recipient:
        raise InvalidRecord(f"session: {session.me} is not the recipient")
    owners = terms.owners
    run.progress(messages.SHARE, 0, len(owners))
    signed = {p: run.receive_from(p, messages.SHARE, limit=messages.share_size(terms)) for p in owners}
    shares = {}
    for party, message in signed.items():
        with blame(party, messages.SHARE):
            shares[party] = messages.decode_share(message.body, terms)
    cells = open_cells(terms, *(shares[owner] for owner in owners))
    withheld = tuple(group for group in terms.cells if group not in cells)
    salt = run.random.stream("join commitment salt").read(statement.SALT_BYTES)
    commitment = statement.commit(session.digest, salt, figures(terms, cells))
    digests = {party: share_digest(session.digest, party, message.body) for party, message in signed.items()}
    for owner in owners:
        run.mail.send(owner, messages.COMMITMENT, commitment + b"".join(digests[party] for party in owners))
    run.progress(messages.SHARE, len(owners), len(owners))
    return Released(
        session=session.digest,
        cells=cells,
        withheld=withheld,
        transcript=shares[terms.holder].transcript,
        salt=salt,
        commitment=commitment,
        shares=signed,
        share_digests=digests,
    )


def open_cells(terms: JoinTerms, holder: OwnerShare, *listers: OwnerShare) -> dict[str, Cell]:
    """Subtract the listers' masks from the holder's masked sums; noised ones modulo their words, with a sign.

    Raises:
        Misbehaviour: the shares belong to different transcripts or openings.
        VerificationError: a figure outside the declared bounds.
    """
    for party, share in zip(terms.listers, listers, strict=True):
        if (holder.transcript, holder.opened) != (share.transcript, share.opened):
            raise Misbehaviour(party, messages.SHARE, "opens other groups, or after other messages, than the holder")
    cells = {}
    for index, group in enumerate(terms.cells):
        if holder.opened[index]:
            masks = [sum(slot) for slot in zip(*(share.values[index] for share in listers), strict=True)]
            differences = [y - m for y, m in zip(holder.values[index], masks, strict=True)]
            read = _cell if terms.guarantee is None else _noised_cell
            cells[group] = read(terms, group, differences)
    return cells


def figures(terms: JoinTerms, cells: Mapping[str, Cell]) -> JsonValue:
    """Render the figures as the canonical document that the commitment binds."""
    names = [column.name for column in terms.columns]
    return {
        "cells": [
            {
                "group": group,
                "keys": str(cell.keys),
                "rows": str(cell.rows),
                "sums": {name: str(total) for name, total in zip(names, cell.sums, strict=True)},
            }
            for group, cell in cells.items()
        ],
        "withheld": [group for group in terms.cells if group not in cells],
    }


def _noised_cell(terms: JoinTerms, group: str, differences: list[int]) -> Cell:
    assert terms.guarantee is not None
    signed = [(d + m // 2) % m - m // 2 for d, m in zip(differences, terms.slots.moduli, strict=True)]
    for value, most, reach in zip(signed, terms.most, terms.guarantee.reaches, strict=True):
        if not -2 * reach <= value <= most + 2 * reach:
            raise VerificationError(f"opened figures of group {group!r} are outside their declared bounds")
    keys, rows, *sums = signed
    return Cell(keys, rows, tuple(sums))


def _cell(terms: JoinTerms, group: str, values: list[int]) -> Cell:
    keys, rows, *above = values
    fits = terms.minimum <= keys <= min(terms.holder_keys, terms.lister_keys) and keys <= rows <= terms.rows
    for value, column in zip(above, terms.columns, strict=True):
        fits = fits and 0 <= value <= rows * (column.most - column.least)
    if not fits:
        raise VerificationError(f"opened figures of group {group!r} are outside their declared bounds")
    sums = tuple(v + rows * c.least for v, c in zip(above, terms.columns, strict=True))
    return Cell(keys, rows, sums)
