"""What officers do before anything can be computed: mount assets, set budgets, ask for authorizations, grant them.

Each call is signed with that officer's own key, out of a network's directory that has everybody's. Here one program
plays all officers, because one person tries a network on one machine; it is no part of a department's work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

from contracts.authorizations.record import Operations
from contracts.authorizations.terms import Terms, identifier
from contracts.grades.record import Basis
from gateway.network.connecting import DEPUTY, OFFICER
from gateway.statistics.budgets import Books, Limit
from gateway.statute.officers import Officer
from gateway.statute.sharing import entering
from gateway.statute.sharing.entering import Entering
from gateway.statute.sharing.heads import Head
from gateway.statute.sharing.requesting import Period, Requesting, Wanted, code_of
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from mpc.privacy.budget import DEFAULT_PERIOD


@dataclass(frozen=True, slots=True)
class Holding:
    """One party's table, what an office is allowed to do with it, and what that may cost in privacy, ever.

    toml: its ``[[assets]]`` table as it stands in the party's node.toml. micro_rho: 0 for no budget. period: the data
    period whose budget that is.
    """

    party: str
    asset: str
    title: str
    purpose: str
    purpose_text: str
    operations: Operations
    columns: tuple[str, ...]
    toml: str
    micro_rho: int = 0
    period: str = DEFAULT_PERIOD


@dataclass(frozen=True, slots=True)
class Grounds:
    """On what officers rest: the basis of requests, condition and assessment of entries, the time that is granted."""

    basis: str
    condition: str
    assessment: str
    granted: Period


def authorize(parties: Path, office: str, holdings: Sequence[Holding], grounds: Grounds) -> dict[str, bytes]:
    """Mount every asset and have the office authorized for it; returns the authorization's id by asset.

    What a run that was broken off has done already is not done again.
    """
    ordered = sorted(holdings, key=lambda holding: holding.party)
    owners = [list(held) for _, held in groupby(ordered, key=lambda holding: holding.party)]
    with ThreadPoolExecutor(len(owners)) as pool, _officer(parties, office) as asking:
        terms = {holding.asset: _terms(asking, holding, grounds) for holding in ordered}
        list(pool.map(lambda held: _mount(parties, held, grounds), owners))
        list(pool.map(lambda held: _allow(parties, held), owners))
        with _head(parties, office) as head:
            list(pool.map(lambda holding: head.agree_to_request(terms[holding.asset], holding.party), ordered))
        list(pool.map(lambda holding: Requesting(asking).request(terms[holding.asset], holding.party), ordered))
        list(pool.map(lambda held: _grant(parties, held, terms), owners))
    return {asset: identifier(code_of(document)) for asset, document in terms.items()}


def _terms(office: Officer, holding: Holding, grounds: Grounds) -> Terms:
    wanted = Wanted(
        holding.asset, holding.purpose, holding.purpose_text, grounds.basis, holding.operations, holding.columns
    )
    return Requesting(office).draft(wanted, grounds.granted)


def _mount(parties: Path, held: Sequence[Holding], grounds: Grounds) -> None:
    """Enter one owner's assets in the catalogue."""
    config = _config(parties, held[0].party)
    with closing(Head(config)) as head, closing(Officer(config)) as officer:
        for holding in held:
            wanted = entering.plain(
                config.assets[holding.asset], holding.title, condition=grounds.condition, assessment=grounds.assessment
            )
            statement = entering.salted(config.entries, wanted)
            head.agree_to_entry(statement)
            Entering(officer).mount(statement, f"item-{holding.asset}")


def _allow(parties: Path, held: Sequence[Holding]) -> None:
    """Have two officers of the owner allow what releases of its assets may ever cost in privacy."""
    limits = [Limit(holding.asset, holding.period, holding.micro_rho) for holding in held if holding.micro_rho]
    if not limits:
        return
    config = _config(parties, held[0].party)
    with closing(Books(config, OFFICER)) as first, closing(Books(config, DEPUTY)) as second:
        for limit in limits:
            first.propose(limit)
            second.confirm(limit)


def _grant(parties: Path, held: Sequence[Holding], terms: dict[str, Terms]) -> None:
    config = _config(parties, held[0].party)
    with closing(Head(config)) as head, closing(Officer(config)) as officer:
        for document in (terms[holding.asset] for holding in held):
            head.agree_to_grant(document)
            statement = entering.kept(config.entries, document.asset)
            Requesting(officer).grant(document, partial(entering.covering, statement, document, Basis.NONE, ""))


def _config(parties: Path, party: str) -> NodeConfig:
    return node_config.load(parties / party / "node.toml")


def _head(parties: Path, party: str) -> closing[Head]:
    return closing(Head(_config(parties, party)))


@contextmanager
def _officer(parties: Path, party: str) -> Iterator[Officer]:
    with closing(Officer(_config(parties, party))) as officer:
        yield officer
