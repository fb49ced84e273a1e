"""Reading job specifications: from outside bytes to values that hold every bound of ``mpc.spec``.

Strict: unknown members, missing ones and numbers out of form raise InvalidRecord with the member's path. The one
freedom is in filters, where ``above`` and ``at_most`` are other words for ranges of integers; what is read has one
canonical form, so a question asked in other words has the same digest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc import (
    spec_aligned,
    spec_ckks,
    spec_join,
    spec_matched,
    spec_moments,
    spec_percentiles,
    spec_sums,
    spec_training,
    spec_vertical,
)
from mpc.fields import Fields
from mpc.spec import JobSpec
from mpc.vertical import statistics

_READERS: Mapping[str, Callable[[Fields], JobSpec]] = {
    spec_sums.STATISTIC: spec_sums.read,
    spec_join.STATISTIC: spec_join.read,
    spec_moments.STATISTIC: spec_moments.read,
    spec_percentiles.STATISTIC: spec_percentiles.read,
    spec_aligned.STATISTIC: spec_aligned.read,
    spec_ckks.STATISTIC: spec_ckks.read,
    spec_matched.STATISTIC: spec_matched.read,
    spec_training.STATISTIC: spec_training.read,
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
