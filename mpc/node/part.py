"""A party's part in a protocol: which role runs on which input, and what everybody knows afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mpc import computation
from mpc.channel import Channel
from mpc.commitment import Secret
from mpc.disclosure import region
from mpc.inputs import CellValues, HolderRows, Input, ListedKeys
from mpc.node.journal import NodeJournal
from mpc.node.opening import Opening
from mpc.node.private import Private, PrivateOpening
from mpc.node.release import Release, Verdict, join_release, sums_release
from mpc.node.versions import OwnRows
from mpc.protocols.join import holder, lister
from mpc.protocols.join import office as join_office
from mpc.protocols.join import run as join_run
from mpc.protocols.sums import office as sums_office
from mpc.protocols.sums import owner
from mpc.protocols.sums import run as sums_run
from mpc.protocols.sums import schema as sums_schema
from mpc.session import Session
from mpc.spec import JobSpec, JoinSpec, SumsSpec

Progress = join_run.Progress


def protocol(spec: JobSpec) -> str:
    """Name the protocol that answers a specification."""
    if isinstance(spec, SumsSpec):
        return sums_run.PROTOCOL if spec.privacy is None else sums_run.NOISED
    return join_run.PROTOCOL if spec.privacy is None else join_run.NOISED


def contribute(
    spec: JobSpec,
    session: Session,
    channel: Channel,
    data: Input,
    journal: NodeJournal,
    announce: Callable[[], None],
    progress: Progress,
    own: OwnRows | Private,
    secret: Secret,
    admit: join_run.Admit = join_run.any_size,
) -> Verdict:
    """Run an owner's role; ``announce`` is called once, before the first share leaves, ``own`` is what was read.

    Args:
        secret: what the input commitment was made with.
        admit: judges the size that the other owner of a join announces.

    Raises:
        Misbehaviour, ChannelTimeout: another party. NotAuthorized: the opening is refused.
    """
    decide = _opening(spec, session, journal, announce, own)
    match spec, data:
        case SumsSpec(), CellValues(values):
            before_bits = decide.begin if isinstance(decide, Opening) else _nothing
            summed = owner.run_owner(session, channel, values, decide, journal, secret, before_bits)
            return _verdict(sums_schema.of_spec(spec).names, summed.opened, summed.transcript)
        case JoinSpec(), HolderRows(table, noise):
            terms = computation.join_terms_of(spec)
            held = holder.run_holder(
                session, channel, table, decide, journal, terms=terms, noise=noise, progress=progress, admit=admit
            )
            return _verdict(terms.groups, held.opened, held.transcript)
        case JoinSpec(), ListedKeys(keys, noise):
            terms = computation.join_terms_of(spec)
            listed = lister.run_lister(
                session, channel, keys, decide, journal, terms=terms, noise=noise, progress=progress, admit=admit
            )
            return _verdict(terms.groups, listed.opened, listed.transcript)
    raise ValueError("the input was prepared for another statistic")


def receive(spec: JobSpec, session: Session, channel: Channel, progress: Progress) -> Release:
    """Run the recipient's role."""
    match spec:
        case SumsSpec():
            return sums_release(spec, session, sums_office.run_recipient(session, channel))
        case JoinSpec():
            terms = computation.join_terms_of(spec)
            released = join_office.run_recipient(session, channel, terms=terms, progress=progress)
            return join_release(terms, released)


def _opening(
    spec: JobSpec, session: Session, journal: NodeJournal, announce: Callable[[], None], own: OwnRows | Private
) -> Opening | PrivateOpening:
    """Make the decision. Sums put their cells on record before the gate can tell anything, joins as they begin."""
    if isinstance(own, Private):
        return PrivateOpening(session, own, journal, announce)
    assets = [source.asset for source in spec.sources if source.party in session.parties]
    decide = Opening(session, region.cells(spec, assets), _follows(spec), journal, announce, own)
    if isinstance(spec, JoinSpec):
        decide.begin()
    return decide


def _nothing() -> None:
    """Put nothing on record: no bit is told."""


def _verdict(names: Sequence[str], opened: Sequence[str], transcript: bytes) -> Verdict:
    return Verdict(tuple(opened), tuple(name for name in names if name not in opened), transcript)


def _follows(spec: JobSpec) -> Mapping[str, str]:
    """Return, for each cell that is a sum, the count cell it follows."""
    if not isinstance(spec, SumsSpec):
        return {}
    return {cell.name: cell.count for cell in sums_schema.of_spec(spec).cells if cell.follows is not None}
