"""What officers do before anything can be computed: mount assets, set budgets, ask for authorizations, grant them.

Each call is signed with that officer's own key. Here one program plays all officers, because one person runs the demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from contracts.authorizations.terms import Terms, identifier
from contracts.grades.record import Basis
from gateway.network.connecting import DEPUTY, OFFICER
from gateway.statistics.budgets import Books, Limit
from gateway.statute import entering
from gateway.statute.entering import Entering
from gateway.statute.heads import Head
from gateway.statute.officers import Officer
from gateway.statute.requesting import Period, Requesting, Wanted, code_of
from mpc.budget import DEFAULT_PERIOD
from mpc.node import config as node_config
from new_york.cast import OFFICE, Holding

BASIS = "Audit Law, article 31"
CONDITION = "Figures over at least ten rows, for the purpose named, to the audit office alone"
ASSESSMENT = "Open data of the city of New York: no secrets, no personal information"
PERIOD = Period(days=30, uses=10)


def authorize(parties: Path, holdings: list[Holding]) -> dict[str, bytes]:
    """Mount every asset and have the audit office authorized for it; returns the authorization's id by asset.

    What a run that was broken off has done already is not done again.
    """
    with ThreadPoolExecutor(len(holdings)) as pool, _officer(parties, OFFICE) as office:
        terms = [_terms(office, holding) for holding in holdings]
        list(pool.map(lambda holding: _mount(parties, holding), holdings))
        list(pool.map(lambda holding: _allow(parties, holding), holdings))
        pairs = list(zip(holdings, terms, strict=True))
        with _head(parties, OFFICE) as head:
            list(pool.map(lambda pair: head.agree_to_request(pair[1], pair[0].party), pairs))
        list(pool.map(lambda pair: Requesting(office).request(pair[1], pair[0].party), pairs))
        list(pool.map(lambda pair: _grant(parties, *pair), pairs))
    return {document.asset: identifier(code_of(document)) for document in terms}


def _terms(office: Officer, holding: Holding) -> Terms:
    wanted = Wanted(
        holding.asset, holding.purpose, holding.purpose_text, BASIS, holding.operations, holding.columns
    )
    return Requesting(office).draft(wanted, PERIOD)


def _mount(parties: Path, holding: Holding) -> None:
    config = node_config.load(parties / holding.party / "node.toml")
    wanted = entering.plain(config.assets[holding.asset], holding.title, condition=CONDITION, assessment=ASSESSMENT)
    statement = entering.salted(config.entries, wanted)
    with _head(parties, holding.party) as head:
        head.agree_to_entry(statement)
    with _officer(parties, holding.party) as officer:
        Entering(officer).mount(statement, f"item-{holding.asset}")


def _allow(parties: Path, holding: Holding) -> None:
    """Have two officers of the owner allow what releases of the asset may ever cost in privacy."""
    if not holding.micro_rho:
        return
    limit = Limit(holding.asset, DEFAULT_PERIOD, holding.micro_rho)
    config = node_config.load(parties / holding.party / "node.toml")
    with closing(Books(config, OFFICER)) as first, closing(Books(config, DEPUTY)) as second:
        first.propose(limit)
        second.confirm(limit)


def _grant(parties: Path, holding: Holding, terms: Terms) -> None:
    with _head(parties, holding.party) as head:
        head.agree_to_grant(terms)
    statement = entering.kept(node_config.load(parties / holding.party / "node.toml").entries, holding.asset)
    with _officer(parties, holding.party) as officer:
        Requesting(officer).grant(terms, lambda: entering.covering(statement, terms, Basis.NONE, ""))


def _head(parties: Path, party: str) -> closing[Head]:
    return closing(Head(node_config.load(parties / party / "node.toml")))


@contextmanager
def _officer(parties: Path, party: str) -> Iterator[Officer]:
    officer = Officer(node_config.load(parties / party / "node.toml"))
    try:
        yield officer
    finally:
        officer.close()
