"""The noise of a CKKS sum: every owner's own on its figures, and the key holder's on the sum.

Drawn once an attempt and committed to with the input, before any key is shown. The sampler takes its bytes from the
operating system; nothing reproduces them.
"""

from __future__ import annotations

from collections.abc import Mapping

from mpc.privacy.accounting import share_scale
from mpc.privacy.noise import Sampler
from mpc.protocols.ckks.terms import HOLDER_MILLI, CkksTerms, Figure


def noised(terms: CkksTerms, figures: Mapping[str, Figure], sampler: Sampler) -> tuple[int, ...]:
    """Round an owner's figures to units and add the owner's own noise, all that is paid for.

    Raises:
        InvalidRecord: other figures than declared, or one outside its bounds.
    """
    pairs = zip(terms.units(figures), terms.owner_milli, strict=True)
    return tuple(units + sampler(share_scale(own, 1)) for units, own in pairs)


def cover(terms: CkksTerms, sampler: Sampler) -> tuple[int, ...]:
    """Draw the key holder's noise, which covers the encryption's error and protects no unit."""
    return tuple(sampler(share_scale(HOLDER_MILLI, 1)) for _ in terms.columns)
