"""An owner's share of the noise, from OpenDP's exact sampler of the discrete Gaussian.

Drawn once an attempt, when its contributors are known and before anything is committed to. The commitment on chain is
to the noised cells, in a join to the owner's rows or list and its noise; so an attempt begun again cannot show the same
figures under other noise (the journal refuses other inputs). The sampler takes its bytes from the operating system;
nothing reproduces them, hence an opened audit takes noised cells, or noise, as the input it checks.

Trust assumption: every owner outside the declared number of colluders adds its share. That it did cannot be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from ledger.errors import BackendError
from mpc.privacy.accounting import share_scale
from mpc.privacy.declaration import Privacy
from mpc.privacy.join_mechanism import figures
from mpc.privacy.joined import JoinPrivacy
from mpc.privacy.mechanism import cells
from mpc.protocols.join.noise import Noise
from mpc.spec.job import JoinSpec, SumsSpec

Sampler: TypeAlias = Callable[[float], int]
"""Draws one discrete Gaussian of mean 0 and this scale."""


def discrete_gaussian(scale: float) -> int:
    """Draw by OpenDP; its noise on the integer 0 is the draw."""
    # Imported here: a library of 260 MB that only owners of private questions need.
    from opendp.domains import atom_domain
    from opendp.measurements import make_gaussian
    from opendp.metrics import absolute_distance
    from opendp.mod import OpenDPException, enable_features

    enable_features("contrib")
    try:
        draw = make_gaussian(atom_domain(T="i64"), absolute_distance(T="i64"), scale)
        return int(draw(0))
    except OpenDPException as fault:
        raise BackendError("privacy: the sampler of the noise failed") from fault


def draw(spec: JoinSpec, privacy: JoinPrivacy, groups: Sequence[str], sampler: Sampler) -> Noise:
    """Draw one owner's noise for a join: for every figure of every group all that is paid for, alone."""
    scales = [figure.scale for figure in figures(spec, privacy)]
    return {group: tuple(map(sampler, scales)) for group in groups}


def add_noise(
    spec: SumsSpec, privacy: Privacy, exact: Mapping[str, int], owners: int, sampler: Sampler = discrete_gaussian
) -> dict[str, int]:
    """Add this owner's share to each of its cells.

    Args:
        owners: the contributors of this attempt, which fix the size of a share.
    """
    shares = owners - privacy.protection.colluders
    return {
        cell.name: exact[cell.name] + sampler(share_scale(cell.deviation_milli, shares))
        for cell in cells(spec, privacy)
    }
