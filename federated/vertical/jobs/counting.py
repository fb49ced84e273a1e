"""How often this node helped to scores of a model, kept beside its part: counted before anything leaves.

The bounds are the node's own (``mpc.node.guarding.probing``); a period is a day of this node's clock. The count is
written before a question is answered and is not taken back: who could end questions half way would ask for nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from federated.boosting.quota import Quota, Usage, admit
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.files import read_bounded
from mpc.fields import Fields
from mpc.node.whole import write_whole
from mpc.training.port import VerticalRun
from mpc.vertical.algorithms import Scores

FILE, FORMAT = "scored.json", "shuxin-scored-v1"
LIMIT, MAX_PERSONS = 256 << 20, 1 << 21
_COUNTING = threading.Lock()
"""Two questions about one model at a node count one after the other."""


def model_home(run: VerticalRun) -> Path:
    """Where this node keeps its part of the model that a question is about."""
    assert isinstance(run.spec.algorithm, Scores)
    return run.home.parent / run.spec.algorithm.of.hex()


def count(run: VerticalRun, keys: Sequence[str], now: datetime | None = None) -> None:
    """Count a question about these persons.

    Raises:
        NotAuthorized: beyond the bounds; nothing was counted. InvalidRecord: the file is damaged.
    """
    path = model_home(run) / FILE
    quota = Quota(run.limits.scores_daily, run.limits.scores_of_person)
    today = (now or datetime.now(UTC)).date().isoformat()
    with _COUNTING:
        secret, day, usage = _read(path) if path.exists() else (secrets.token_bytes(32), today, Usage())
        after = admit(quota, usage if day == today else usage.renewed(), keys, secret)
        write_whole(path, _encode(secret, today, after))


def _encode(secret: bytes, day: str, usage: Usage) -> bytes:
    answers: JsonValue = {digest.hex(): str(times) for digest, times in usage.answers.items()}
    return canonical.encode(
        {"format": FORMAT, "secret": secret.hex(), "day": day, "rows": str(usage.rows), "answers": answers}
    )


def _read(path: Path) -> tuple[bytes, str, Usage]:
    fields = Fields(canonical.decode(read_bounded(path, LIMIT)), "scored")
    if fields.text("format") != FORMAT:
        raise InvalidRecord("scored: another format")
    answers = fields.object("answers")
    counted = {bytes.fromhex(name): answers.decimal(name) for name in answers.names(MAX_PERSONS)}
    found = fields.digest("secret"), fields.text("day"), Usage(fields.decimal("rows"), counted)
    fields.done()
    return found
