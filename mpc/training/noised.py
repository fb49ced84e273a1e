"""A training run with noise: the session's terms, and its leakage, as data. Messages are those of an exact run."""

from __future__ import annotations

from dataclasses import replace

from ledger.canonical import JsonValue
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.rounds import Mechanism
from mpc.privacy.trained import TrainingPrivacy
from mpc.protocols.descriptor import Basis, Leakage
from mpc.protocols.words import Text
from mpc.spec.training import TrainingSpec
from mpc.training import descriptor as exact
from mpc.training.protection import POINT_BITS

PROTOCOL = "noised-training-v1"

DESCRIPTOR = replace(
    exact.DESCRIPTOR,
    name=PROTOCOL,
    leakage=(
        Leakage("recipient", Text("of every round the sum of all departments' gradients, or of trees of their "
                                  "derivatives by node, column and bin, shortened by person, and of the evaluation "
                                  "counts of rows, all or those held out, by predicted chance or error: jointly, or, "
                                  "where the specification asks for it, by department; each with noise whose size the "
                                  "specification fixes",
                                  "每轮各部门按人截断后的梯度之和,树模型则为按节点、字段与分箱的导数之和;"
                                  "评估时全部行或留出行按预测概率或误差分档的行数,为合计值,"
                                  "或按任务说明要求为各部门的值;均含由任务说明规定大小的噪声"),
                Basis.NOISED, ("sums",)),
        Leakage("recipient", Text("the model of every round, which follows from noised sums, and which departments "
                                  "were in it", "每轮的模型(由加噪之和得出)及参与的部门"),
                Basis.NOISED, ("model", "contributors", "lost")),
        Leakage("owner", Text("the model of every round, which follows from noised sums, and which departments were in "
                              "it", "每轮的模型(由加噪之和得出)及参与的部门"),
                Basis.NOISED, ("model", "contributors", "lost")),
        *(leak for leak in exact.DESCRIPTOR.leakage if leak.role == "courier"),
    ),
    assumptions=(
        exact.DESCRIPTOR.assumptions[0],
        Text("Every department outside the declared number of colluders adds its share of the noise, or, with local "
             "noise, every department all of it. That it did cannot be seen.",
             "申明的串通方数之外的每个部门都加入其噪声份额;采用本地噪声时,每个部门各自加入全部噪声。是否加入无法看出。"),
        Text("The guarantee is for one person as declared, adds up over the rounds, the evaluation and all releases of "
             "the same rows, and the departments' budgets count it.",
             "保证针对所申明的一人,并对各轮、评估及相同行的所有发布累加,由各部门的预算计量。"),
    ),
)  # fmt: skip


def terms(spec: TrainingSpec, privacy: TrainingPrivacy) -> dict[str, JsonValue]:
    """Write the protocol's part of the job record, with what the run guarantees."""
    total, count = privacy.cost(spec.rounds), spec.count_noise
    return {
        "waves": spec.waves,
        "places": spec.places,
        "point_bits": POINT_BITS,
        "minimum": spec.minimum,
        "contributors": spec.contributors,
        "guarantee": {
            "micro_rho": str(total),
            "delta_log2": privacy.delta_log2,
            "epsilon_milli": str(epsilon_milli(total, privacy.delta_log2)),
            "colluders": privacy.colluders,
            "noise": "local" if privacy.is_local else "distributed",
            "round": noise_of(spec.gradient_noise),
            "evaluation": None if count is None else noise_of(count),
        },
    }


def noise_of(found: Mechanism) -> JsonValue:
    """Write one release's noise."""
    return {
        "grain": str(found.grain),
        "deviation_milli": str(found.deviation_milli),
        "shares": found.shares,
        "longest": str(found.longest),
    }
