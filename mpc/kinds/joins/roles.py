"""Which program of which join an owner runs: of two owners, or of the owners of several lists."""

from __future__ import annotations

from functools import partial

from ledger.errors import InvalidRecord
from mpc.inputs import GroupedKeys, HolderRows, ListedKeys
from mpc.kinds.kind import Part
from mpc.protocols.join import holder, lister
from mpc.protocols.join.opening import OwnerOutcome
from mpc.protocols.join.run import Admit
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sifted import holder as sifted_holder
from mpc.protocols.sifted import lister as sifted_lister


def contribute(part: Part, terms: JoinTerms) -> OwnerOutcome:
    """Run an owner's role; raises InvalidRecord for an input of another statistic."""
    if terms.sifters:
        return _sifted(part, terms)
    match part.data:
        case HolderRows(table, noise):
            return holder.run_holder(
                part.session, part.channel, table, part.decide, part.journal,
                terms=terms, noise=noise, progress=part.progress, admit=_admit(part, terms),
            )  # fmt: skip
        case ListedKeys(keys, noise):
            return lister.run_lister(
                part.session, part.channel, keys, part.decide, part.journal,
                terms=terms, noise=noise, progress=part.progress, admit=_admit(part, terms),
            )  # fmt: skip
        case GroupedKeys(groups):
            return lister.run_lister(
                part.session, part.channel, groups, part.decide, part.journal,
                terms=terms, progress=part.progress, admit=_admit(part, terms),
            )  # fmt: skip
    raise InvalidRecord("input: of another statistic")


def _sifted(part: Part, terms: JoinTerms) -> OwnerOutcome:
    match part.data:
        case HolderRows(table, None):
            return sifted_holder.run_holder(
                part.session, part.channel, table, part.decide, part.journal, terms=terms, progress=part.progress
            )
        case ListedKeys(keys, None):
            return sifted_lister.run_lister(
                part.session, part.channel, keys, part.decide, part.journal,
                terms=terms, progress=part.progress, admit=_admit(part, terms),
            )  # fmt: skip
    raise InvalidRecord("input: of another statistic")


def _admit(part: Part, terms: JoinTerms) -> Admit:
    """Judge the size that the owner announces whose rows come first to this one."""
    return partial(part.admit, terms.lister if part.session.me == terms.holder else terms.holder)
