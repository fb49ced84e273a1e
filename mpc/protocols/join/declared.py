"""What the join of given terms declares: the descriptor of its protocol, with this job's padding, noise and numbers."""

from __future__ import annotations

from dataclasses import replace

from mpc.protocols.descriptor import Basis, Descriptor
from mpc.protocols.join import descriptor, grouped, noised
from mpc.protocols.join.run import GROUPED, NOISED, SIFTED, protocol_of
from mpc.protocols.join.terms import JoinTerms
from mpc.protocols.sifted import descriptor as sifted


def of_protocol(name: str) -> Descriptor:
    """Return the descriptor of a join's protocol."""
    others = {NOISED: noised.DESCRIPTOR, GROUPED: grouped.DESCRIPTOR, SIFTED: sifted.DESCRIPTOR}
    return others.get(name, descriptor.DESCRIPTOR)


def describe(terms: JoinTerms) -> Descriptor:
    """State the leakage of one job, with its padding units and the noise on what is counted."""
    found = of_protocol(protocol_of(terms))
    noise = ("epsilon", f"{terms.noise.epsilon_milli}/1000"), ("delta", f"2^{terms.noise.delta_log2}")
    parameters = {
        ("holder", Basis.PADDED): (("unit", str(terms.list_unit)),),
        ("lister", Basis.PADDED): (("unit", str(terms.group_unit)),),
        ("holder", Basis.NOISED): noise,
        ("lister", Basis.NOISED): noise,
    }
    leakage = (replace(leak, parameters=parameters.get((leak.role, leak.basis), ())) for leak in found.leakage)
    return replace(found, leakage=tuple(leakage))


def public(terms: JoinTerms) -> dict[str, int]:
    """Give the public numbers of the job's protocol; none depends on a value."""
    if terms.guarantee is not None:
        return noised.public(terms)
    if terms.sifters:
        return sifted.public(terms)
    return grouped.public(terms) if terms.lister_groups else descriptor.public(terms)


def most(terms: JoinTerms) -> dict[str, int]:
    """Give the largest sizes that parties could learn: every side brings all it may."""
    held = [terms.holder_keys, *[1] * (len(terms.groups) - 1)]
    if terms.sifters:
        return sifted.padded(terms, held)
    if terms.lister_groups:
        return grouped.padded(terms, held, [terms.lister_keys, *[1] * (terms.sets - 1)])
    return descriptor.padded(terms, held, terms.lister_keys)
