"""The holder of values among several lists: raises every list, sends its rows on their way, decrypts masked sums only.

It learns the bits, and nothing on matches nor on the lists, whose sizes are padded to one public number. Its rows leave
as in the join of two; beside them goes one encryption of zero for each group, to which every lister adds its masks.

It does NOT see any released figure. Trust: semi-honest listers that do not pool data with it.
"""

from __future__ import annotations

from ledger.errors import InvalidRecord
from mpc.groups.group import Scalar
from mpc.protocols.join import messages
from mpc.protocols.join.holder import blinded_rows, masked_sums, send_payloads
from mpc.protocols.join.opening import OwnerOutcome, open_shares
from mpc.protocols.join.run import Progress, Run, begin, silent
from mpc.protocols.join.table import HolderTable, check_table
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sifted.gate import run_gate
from mpc.protocols.sums.agreement import Decide, agree
from mpc.protocols.sums.keys import exchange_keys
from mpc.sessions.channel import Channel, blame
from mpc.sessions.session import Journal, Session


def run_holder(
    session: Session,
    channel: Channel,
    table: HolderTable,
    decide: Decide,
    journal: Journal,
    *,
    terms: JoinTerms,
    progress: Progress = silent,
) -> OwnerOutcome:
    """Contribute the table and open what gate and audits allow.

    Raises:
        InvalidRecord: table or session do not fit the terms; nothing was sent.
        Misbehaviour, ChannelTimeout: another party; the attempt is over.
        Conflict: the journal forbids this attempt.
        NotAuthorized: the decision refuses the job.
    """
    run = begin(session, terms, channel, progress, journal)
    if session.me != terms.holder:
        raise InvalidRecord(f"session: {session.me} is not the holder")
    check_table(terms, table)
    keys = exchange_keys(run)
    exponent = terms.prime_group.random_scalar(run.random.stream("join exponent"))
    secret = terms.encryption.generate(run.random.stream("join encryption key"))
    groups, first = blinded_rows(run, exponent, table), terms.listers[0]
    _raise_lists(run, exponent)
    run.send(messages.ROWS, messages.encode_rows([[element for element, _ in group] for group in groups]), to=first)
    payloads = [payload for group in groups for _, payload in group]
    send_payloads(run, secret, [*payloads, *[0] * len(terms.groups)], to=first)
    masked = masked_sums(run, secret)
    gate = run_gate(run, keys, [share[0] for share in masked])
    opened = agree(run, gate, decide)
    return open_shares(run, gate.bits, opened, masked, gate.transcript)


def _raise_lists(run: Run, exponent: Scalar) -> None:
    """Raise each list and send all of them, in the order of their owners, to the first of these."""
    terms = run.terms
    size = terms.list_size(terms.lister_keys) * terms.prime_group.element_bytes
    raised = []
    for lister in terms.listers:
        body = run.receive_exactly(messages.LIST, size, sender=lister)
        with blame(lister, messages.LIST):
            listed = messages.distinct_elements(body, terms.prime_group)
            raised.append(messages.sorted_elements(run.raise_all(messages.RAISED, exponent, listed)))
    run.send(messages.RAISED, b"".join(raised), to=terms.listers[0])
