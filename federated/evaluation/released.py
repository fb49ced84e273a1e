"""The card of a model that a training run released: from the run's specification and its release, and nothing else.

It says what such a run protects and what not (``federated.runs``); quality is what the run's last wave measured, over
the rows that the model was fitted to. It does NOT check the release: its evidence does.
"""

from __future__ import annotations

from federated.evaluation.card import Card
from federated.evaluation.words import Language
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from mpc.fields import Fields
from mpc.spec_training import MAX_FEATURES, TrainingSpec

PROTECTIONS: dict[Language, tuple[str, ...]] = {
    "en": (
        "Departments' vectors are added up under masks; the coordinator learns sums of at least three departments.",
        "Every department asks its authorization anew in every wave; a revocation ends the run.",
        "A department with fewer rows than declared takes no part, and a round's change of the model is bounded.",
    ),
    "zh": (
        "各部门的向量加掩码后合计,协调方只知至少三个部门的合计。",
        "每一轮各部门都重新核验授权,撤销即终止训练。",
        "样本少于约定数的部门不参加,每轮对模型的改动有上限。",
    ),
}
LIMITS: dict[Language, tuple[str, ...]] = {
    "en": (
        "No noise was added: the model of every round is exact, and known to the coordinator and the departments.",
        "Quality was measured on the rows that the model was fitted to; on other rows it may be worse.",
        "All departments but two, with the coordinator, would learn the sum of these two.",
        "Whether a single person's row was among the rows was not measured.",
    ),
    "zh": (
        "未加噪声:各轮模型均为精确值,协调方与各部门可见。",
        "质量在训练样本上测得,用于其他样本可能变差。",
        "若除两个部门外的其余部门与协调方串通,可得知该两个部门的合计。",
        "未测量某人的样本是否参与训练可被推断的程度。",
    ),
}


def card(spec: TrainingSpec, release: JsonValue) -> Card:
    """Make the card.

    Raises:
        InvalidRecord: a release of another model than the specification's, or one that is none.
    """
    fields = Fields(release, "release")
    model, label = fields.text("model"), fields.text("label")
    features = fields.texts("features", MAX_FEATURES)
    if (model, label, features) != (
        spec.algorithm.model.value,
        spec.label.column,
        [column.column for column in spec.features],
    ):
        raise InvalidRecord("release: another model, label or columns than the specification's")
    loss, error = (_number(fields.text(name), name) for name in ("loss", "squared_error"))
    return Card(
        model=f"{model}: {label}",
        digest=tagged("SHUXIN-RELEASED-MODEL-V1", canonical.encode(release)),
        purpose=spec.purpose,
        family=model,
        departments=tuple(source.party for source in spec.sources),
        columns=tuple(features),
        label=label,
        rounds=spec.rounds,
        rows=fields.decimal("rows"),
        quality={"loss": loss, "rmse": error**0.5},
        curve=(),
        protections=PROTECTIONS,
        limits=LIMITS,
    )


def _number(text: str, name: str) -> float:
    try:
        found = float(text)
    except ValueError as exc:
        raise InvalidRecord(f"release: {name} is no number") from exc
    if not 0 <= found < 1e300:
        raise InvalidRecord(f"release: {name} is no number that can be shown")
    return found
