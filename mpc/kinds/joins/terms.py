"""How the specification of a private join becomes its protocol's terms."""

from __future__ import annotations

from mpc.additive import schemes
from mpc.disclosure.region import WHOLE
from mpc.dummies import MatchNoise
from mpc.groups import suites
from mpc.privacy import join_mechanism
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.joined import JoinPrivacy
from mpc.protocols.join import terms as join_terms
from mpc.protocols.join.layout import Column, Guarantee, cell_names
from mpc.spec.join import JoinSpec


def join_terms_of(spec: JoinSpec) -> join_terms.JoinTerms:
    """Lay out a join's cells and bounds; an amount lies in 0..bound.

    Raises:
        InvalidRecord: figures too wide for the encryption, or noise that cannot be drawn.
    """
    guarantee = None if spec.privacy is None else _guarantee(spec, spec.privacy)
    is_exact = guarantee is None
    *sifters, lister = (listing.source.party for listing in spec.listings)
    return join_terms.JoinTerms(
        holder=spec.holder.party,
        lister=lister,
        groups=groups(spec),
        columns=tuple(Column(amount.column, 0, amount.bound) for amount in spec.sums),
        holder_keys=spec.holder_most,
        lister_keys=max(listing.most for listing in spec.listings),
        rows=spec.rows,
        noise=MatchNoise(spec.epsilon_milli, spec.delta_log2),
        encryption=schemes.named(spec.additive),
        prime_group=suites.named(spec.prime_group),
        minimum=spec.minimum if is_exact else 0,
        list_unit=join_terms.LIST_UNIT if is_exact else 1,
        group_unit=join_terms.GROUP_UNIT if is_exact else 1,
        guarantee=guarantee,
        lister_groups=spec.lister_grouping.values if spec.lister_grouping else (),
        sifters=tuple(sifters),
    )


def groups(spec: JoinSpec) -> tuple[str, ...]:
    """Name the holder's groups, in order; one where there is no grouping."""
    return spec.grouping.values if spec.grouping else (WHOLE,)


def cells(spec: JoinSpec) -> tuple[str, ...]:
    """Name the cells, in order."""
    return cell_names(groups(spec), spec.lister_grouping.values if spec.lister_grouping else ())


def _guarantee(spec: JoinSpec, privacy: JoinPrivacy) -> Guarantee:
    deviations = tuple(figure.deviation_milli for figure in join_mechanism.figures(spec, privacy))
    shown, delta = join_mechanism.shown_micro_rho(spec), privacy.holder.delta_log2
    cost = privacy.micro_rho.total + shown
    return Guarantee(deviations, cost, shown, delta, epsilon_milli(cost, delta))
