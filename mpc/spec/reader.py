"""Reading job specifications: from outside bytes to values that hold every bound of ``mpc.spec.job``.

Strict: unknown members, missing ones and numbers out of form raise InvalidRecord with the member's path. The one
freedom is in filters, where ``above`` and ``at_most`` are other words for ranges of integers; what is read has one
canonical form, so a question asked in other words has the same digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.spec import aligned as spec_aligned
from mpc.spec import ckks as spec_ckks
from mpc.spec import join as spec_join
from mpc.spec import matched as spec_matched
from mpc.spec import moments as spec_moments
from mpc.spec import percentiles as spec_percentiles
from mpc.spec import sums as spec_sums
from mpc.spec import trained as spec_trained
from mpc.spec import training as spec_training
from mpc.spec import vertical as spec_vertical
from mpc.spec.job import JobSpec
from mpc.vertical import statistics

_READERS: Mapping[str, Callable[[Fields], JobSpec]] = {
    spec_sums.STATISTIC: spec_sums.read,
    spec_join.STATISTIC: spec_join.read,
    spec_moments.STATISTIC: spec_moments.read,
    spec_percentiles.STATISTIC: spec_percentiles.read,
    spec_aligned.STATISTIC: spec_aligned.read,
    spec_ckks.STATISTIC: spec_ckks.read,
    spec_matched.STATISTIC: spec_matched.read,
    spec_training.STATISTIC: spec_trained.read,
    statistics.TRAINING: spec_vertical.read,
    statistics.PREDICTION: spec_vertical.read_scores,
}


def parse(data: bytes) -> JobSpec:
    """Read a canonical specification.

    Raises:
        InvalidRecord: not canonical JSON, unknown or missing fields, or values outside their bounds.
    """
    return from_json(canonical.decode(data))


def from_json(value: JsonValue) -> JobSpec:
    """Read a specification from an already decoded JSON value; raises InvalidRecord."""
    fields = Fields(value, "spec")
    if fields.integer("version") != 1:
        raise InvalidRecord("spec: version must be 1")
    statistic = fields.text("statistic")
    read = _READERS.get(statistic)
    if read is None:
        raise InvalidRecord(f"spec: statistic must be one of {', '.join(sorted(_READERS))}, got {statistic[:40]!r}")
    return read(fields)
