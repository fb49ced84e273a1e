"""An exact training run that is measured with noise: the session's terms, and its leakage, as data."""

from __future__ import annotations

from dataclasses import replace

from ledger.canonical import JsonValue
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.measured import Quality
from mpc.protocols.descriptor import Basis, Leakage
from mpc.protocols.words import Text
from mpc.spec.training import TrainingSpec
from mpc.training import descriptor as exact
from mpc.training.noised import noise_of

PROTOCOL = "measured-training-v1"

DESCRIPTOR = replace(
    exact.DESCRIPTOR,
    name=PROTOCOL,
    leakage=(
        *exact.DESCRIPTOR.leakage,
        Leakage("recipient", Text("of the last wave counts of the rows held out by predicted chance or error: jointly, "
                                  "or, where the specification asks for it, by department; with noise whose size the "
                                  "specification fixes",
                                  "最后一轮为留出行按预测概率或误差分档的行数,为合计值,"
                                  "或按任务说明要求为各部门的值;含由任务说明规定大小的噪声"),
                Basis.NOISED, ("sums",)),
    ),
    assumptions=(
        *exact.DESCRIPTOR.assumptions,
        Text("Rounds, and what the last but one wave measures, are of the rows of four persons in five, without noise. "
             "Noise bounds what the counts add about a person held out; it bounds nothing of what exact figures tell.",
             "各轮训练及倒数第二轮的测量只用约五分之四的人的行,不加噪声;噪声仅限定计数对某一留出者额外透露的信息,"
             "不限定精确结果所透露的信息。"),
        Text("Who is held out follows from a digest of the person under the data period and is no secret. A later "
             "exact job over all rows leaves the exact sums of the fifth, so the fifth has the rows these sums need.",
             "留出者由其标识与数据期的摘要确定,并非秘密;之后若对全部行作精确计算,可得到留出部分的精确合计,"
             "故留出部分的行数须足以承受这些合计。"),
        Text("Every department outside the declared number of colluders adds its share of the noise, or, with local "
             "noise, every department all of it. That it did cannot be seen.",
             "申明的串通方数之外的每个部门都加入其噪声份额;采用本地噪声时,每个部门各自加入全部噪声。是否加入无法看出。"),
    ),
)  # fmt: skip


def guarantee(spec: TrainingSpec, quality: Quality) -> JsonValue:
    """Write what the counts guarantee, as the job record states it."""
    count, cost = spec.count_noise, quality.evaluation.micro_rho
    assert count is not None
    return {
        "micro_rho": str(cost),
        "delta_log2": quality.delta_log2,
        "epsilon_milli": str(epsilon_milli(cost, quality.delta_log2)),
        "colluders": quality.colluders,
        "noise": "local" if quality.is_local else "distributed",
        "evaluation": noise_of(count),
    }
