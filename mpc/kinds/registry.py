"""Which kind a specification is of: the one place that knows all of them."""

from __future__ import annotations

from mpc.kinds.aligned import Aligned
from mpc.kinds.ckks import CkksSums
from mpc.kinds.joins.join import Join
from mpc.kinds.kind import Kind
from mpc.kinds.matched import Matched
from mpc.kinds.matrices.moments import Moments
from mpc.kinds.models.noised import NoisedTraining
from mpc.kinds.models.training import Training
from mpc.kinds.models.vertical import Vertical
from mpc.kinds.percentiles import Percentiles
from mpc.kinds.sums import Sums
from mpc.spec.aligned import AlignedSpec
from mpc.spec.ckks import CkksSpec
from mpc.spec.job import JobSpec
from mpc.spec.join import JoinSpec
from mpc.spec.matched import MatchedSpec
from mpc.spec.moments import MomentsSpec
from mpc.spec.percentiles import PercentilesSpec
from mpc.spec.sums import SumsSpec
from mpc.spec.training import TrainingSpec
from mpc.spec.vertical import VerticalSpec


def kind_of(spec: JobSpec) -> Kind:
    """Look at a specification as a job of its kind."""
    match spec:
        case SumsSpec():
            return Sums(spec)
        case JoinSpec():
            return Join(spec)
        case MomentsSpec():
            return Moments(spec)
        case PercentilesSpec():
            return Percentiles(spec)
        case AlignedSpec():
            return Aligned(spec)
        case CkksSpec():
            return CkksSums(spec)
        case MatchedSpec():
            return Matched(spec)
        case TrainingSpec():
            return Training(spec) if spec.privacy is None else NoisedTraining(spec)
        case VerticalSpec():
            return Vertical(spec)
