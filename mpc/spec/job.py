"""The job specification: what is asked, of whom, for what purpose and under which release rules.

One canonical JSON document; its digest is what goes on chain, the document itself travels sealed between the parties.
Every kind of job has its own (``mpc.spec.sums``, ``mpc.spec.join`` and their neighbours); what all have in common
(parties, purpose, recipient, minimum, whether figures are private) has the same names in each. All numbers are integers
written as decimal strings: canonical JSON (RFC 8785) cannot carry integers above 2**53.

Documents are read by ``mpc.spec.reader``; what a kind does with a specification is ``mpc.kinds``. Neither says whether
the job is allowed: that is the guard's and the disclosure audit's business.
"""

from __future__ import annotations

from typing import TypeAlias

from ledger import canonical
from mpc.spec.aligned import AlignedSpec
from mpc.spec.ckks import CkksSpec
from mpc.spec.join import JoinSpec
from mpc.spec.matched import MatchedSpec
from mpc.spec.moments import MomentsSpec
from mpc.spec.percentiles import PercentilesSpec
from mpc.spec.sums import SumsSpec
from mpc.spec.training import TrainingSpec
from mpc.spec.vertical import VerticalSpec

__all__ = [
    "AlignedSpec",
    "CkksSpec",
    "JobSpec",
    "JoinSpec",
    "MatchedSpec",
    "MomentsSpec",
    "PercentilesSpec",
    "SumsSpec",
    "TrainingSpec",
    "VerticalSpec",
    "digest",
]

JobSpec: TypeAlias = (
    SumsSpec
    | JoinSpec
    | MomentsSpec
    | PercentilesSpec
    | AlignedSpec
    | CkksSpec
    | MatchedSpec
    | TrainingSpec
    | VerticalSpec
)


def digest(spec: JobSpec) -> bytes:
    """Return the 32 bytes that stand on chain for this specification."""
    return canonical.digest(spec.json())
