"""The record of a tree or step: the label owner tells it, every other owner holds it against what it exchanged."""

from __future__ import annotations

from collections.abc import Collection

from federated.vertical.jobs.mail import RunMail
from federated.vertical.jobs.record import Grown, grown_bytes, read_grown
from mpc.sessions.channel import Misbehaviour, blame
from mpc.vertical.boosted import LEAF


def tell(mail: RunMail, features: Collection[str], number: int, model: bytes, *, is_shared: bool) -> Grown:
    """Make the record of what is over, and tell the other owners and the office. model: its salted digest."""
    exchanged = {party: mail.exchanged(party) for party in sorted(features)}
    found = Grown(is_shared, exchanged, model)
    receivers = (*exchanged, mail.session.recipient)
    mail.signed.send_all(f"{LEAF}/{number}", dict.fromkeys(receivers, found.encode()))
    mail.number = number + 1
    return found


def hold(mail: RunMail, features: Collection[str], number: int, label: str) -> Grown:
    """Take the label owner's record; raises Misbehaviour for one of other messages than were exchanged."""
    step = f"{LEAF}/{number}"
    body = mail.signed.receive(label, step, size=grown_bytes(len(features)))
    with blame(label, step):
        found = read_grown(body, sorted(features))
    if found.exchanged[mail.session.me] != mail.exchanged(label):
        raise Misbehaviour(label, step, "a record of other messages than were exchanged")
    mail.number = number + 1
    return found
