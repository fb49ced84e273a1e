"""Noised figures of a join: no gate, and each owner's own noise in its share before the share leaves.

    holder sends   masked sum + its noise      lister sends   mask - its noise      (modulo the words of a share)

so their difference is figure + both noises, and neither owner nor recipient ever holds a figure without the other
owner's noise. Masks are drawn over 40 bits more than figure or noise take, so the lister's share tells nothing of its
noise. All groups are opened: a test of exact counts would tell what noise hides.

It draws no noise and knows no cost: see ``mpc.privacy.join_mechanism``. That an owner added its noise nobody can see in
the figures; an opened audit shows the noise that it had committed to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.protocols.join.terms import JoinTerms

Noise: TypeAlias = Mapping[str, tuple[int, ...]]
"""Group -> one owner's noise for each figure of it, in the order of the slots."""

Shares: TypeAlias = Sequence[tuple[int, ...]]


def check_noise(terms: JoinTerms, noise: Noise | None) -> None:
    """Refuse a noised join without noise for every figure, and an exact one with any; raises InvalidRecord."""
    if terms.guarantee is None:
        if noise is not None:
            raise InvalidRecord("join noise: the figures of this join are exact")
        return
    figures = len(terms.slots.values)
    if noise is None or set(noise) != set(terms.groups) or any(len(drawn) != figures for drawn in noise.values()):
        raise InvalidRecord("join noise: exactly one number for each figure of each group expected")
    reaches = terms.guarantee.reaches
    if any(abs(n) > reach for drawn in noise.values() for n, reach in zip(drawn, reaches, strict=True)):
        raise InvalidRecord("join noise: a number beyond twelve deviations")


def all_groups(terms: JoinTerms) -> tuple[bool, ...]:
    """What is put up for opening where nothing is tested."""
    return (True,) * len(terms.groups)


def holders(terms: JoinTerms, masked: Shares, noise: Noise) -> list[tuple[int, ...]]:
    """Put the holder's noise into its masked sums."""
    return _added(terms, masked, noise, 1)


def listers(terms: JoinTerms, masks: Shares, noise: Noise) -> list[tuple[int, ...]]:
    """Put the lister's noise into its masks."""
    return _added(terms, masks, noise, -1)


def _added(terms: JoinTerms, shares: Shares, noise: Noise, sign: int) -> list[tuple[int, ...]]:
    return [
        tuple((s + sign * n) % modulus for s, n, modulus in zip(share, noise[group], terms.slots.moduli, strict=True))
        for group, share in zip(terms.groups, shares, strict=True)
    ]
