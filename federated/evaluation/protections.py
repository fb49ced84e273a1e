"""What a training run protects and what it does not, said on a model's card; zh and en, exact and with noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from federated.evaluation.words import Language


@dataclass(frozen=True, slots=True)
class Said:
    """Sentences, by language."""

    protections: Mapping[Language, tuple[str, ...]]
    limits: Mapping[Language, tuple[str, ...]]

    @property
    def with_app(self) -> Said:
        """The same of a run in which an app of others improved the model."""
        return Said(self.protections, {language: (*lines, _APP[language]) for language, lines in self.limits.items()})

    @property
    def held_out(self) -> Said:
        """The same of a run whose quality was measured on persons that no round was of."""
        limits = {language: tuple(_HELD.get(line, line) for line in lines) for language, lines in self.limits.items()}
        return Said(self.protections, limits)


_APP: Mapping[Language, str] = {
    "en": "An app of others improved the model at every department, which allowed it by digest: of its numbers names, "
    "sizes and bounds were checked, not what they mean; that it computes what it says rests on who read its code.",
    "zh": "模型在各部门由第三方应用改进,各部门按摘要准入:仅核验其输出的名称、大小与范围,"
    "不核验其含义;应用是否如其所述,取决于审阅其代码者。",
}


_ON_OWN: Mapping[Language, str] = {
    "en": "Figures of quality carry noise and are those of bins; they were measured on the rows of the training.",
    "zh": "质量指标含噪声且按分档计算,在训练样本上测得。",
}
_HELD: Mapping[str, str] = {
    _ON_OWN["en"]: "Figures of quality carry noise and are those of bins; of few persons they are mostly noise.",
    _ON_OWN["zh"]: "质量指标含噪声且按分档计算;留出的人数较少时,噪声可能大于指标本身。",
}
EXACT = Said(
    {
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
    },
    {
        "en": (
            "No noise was added: the model of every round is exact, and known to the coordinator and the departments.",
            "Quality was measured on the rows that the model was fitted to; on other rows it may be worse.",
            "AUC, KS, accuracy, calibration and a table by department are told with noise alone, by a run that asks "
            "for its quality or by one with noise: a count by score is of a region that the disclosure audit does not "
            "see.",
            "All departments but two, with the coordinator, would learn the sum of these two.",
            "Whether a single person's row was among the rows was not measured.",
        ),
        "zh": (
            "未加噪声:各轮模型均为精确值,协调方与各部门可见。",
            "质量在训练样本上测得,用于其他样本可能变差。",
            "AUC、KS、准确率、校准和分部门表现仅以加噪方式给出(申请质量评估的训练或加噪训练):"
            "按得分分档的计数对应披露审计无法识别的区域。",
            "若除两个部门外的其余部门与协调方串通,可得知该两个部门的合计。",
            "未测量某人的样本是否参与训练可被推断的程度。",
        ),
    },
)
_SLOTS: Mapping[Language, str] = {
    "en": "A department that does not follow the run can add to another's counts in a table by department, unseen.",
    "zh": "不遵守协议的部门可在分部门表中改动其他部门的计数,且无法看出。",
}
NOISED = Said(
    {
        "en": (
            "Every sum has noise before anybody sees it; what a person adds to a round has a declared length at most.",
            "The cost of all rounds and of the evaluation was reserved from every department's budget on chain.",
            "Every department asks its authorization anew in every wave; a revocation ends the run.",
        ),
        "zh": (
            "任何合计在被看到之前都已加噪;每个人对一轮的贡献被截断到申明的长度。",
            "各轮及评估的开销已从各部门的链上预算中预留。",
            "每一轮各部门都重新核验授权,撤销即终止训练。",
        ),
    },
    {
        "en": (
            "That every department outside the declared coalition added its noise cannot be seen.",
            _SLOTS["en"],
            _ON_OWN["en"],
            "The guarantee is for one person as declared, and adds up over all releases of the same rows.",
            "Whether a single person's row was among the rows was not measured; the noise bounds it.",
        ),
        "zh": (
            "申明的串通方之外的各部门是否加入噪声无法看出。",
            _SLOTS["zh"],
            _ON_OWN["zh"],
            "保证针对所申明的一人,并对相同行的所有发布累加。",
            "未测量某人的样本是否参与训练可被推断的程度;噪声给出其上限。",
        ),
    },
)
_POOLED: Mapping[Language, str] = {"en": EXACT.limits["en"][3], "zh": EXACT.limits["zh"][3]}
MEASURED = Said(
    {
        "en": (
            *EXACT.protections["en"],
            "No round is of the rows of a fifth of the persons; the counts of their rows have noise before anybody "
            "sees them, and its cost was reserved from every department's budget on chain.",
        ),
        "zh": (
            *EXACT.protections["zh"],
            "各轮训练不使用留出的五分之一人员的样本;对其样本的计数在被看到之前已加噪,开销已从各部门的链上预算中预留。",
        ),
    },
    {
        "en": (
            "No noise was added to the rounds: the model of every round is exact, and known to the coordinator and the "
            "departments.",
            "AUC, KS, accuracy, calibration and the table by department carry noise and are those of bins; of few "
            "persons they are mostly noise. Loss and RMSE on the rows of the training are exact.",
            "The noise bounds what the counts tell of a person held out, not what exact figures tell of anybody: a "
            "later exact run over all rows leaves the exact sums of the fifth.",
            "Who is held out follows from who somebody is and from the data period, and is no secret.",
            _SLOTS["en"],
            _POOLED["en"],
            "Whether a single person's row was among the rows was not measured.",
        ),
        "zh": (
            "各轮训练未加噪声:各轮模型均为精确值,协调方与各部门可见。",
            "AUC、KS、准确率、校准和分部门表现含噪声且按分档计算,留出的人数较少时噪声可能大于指标本身;"
            "训练样本上的损失与均方根误差为精确值。",
            "噪声仅限定计数对某一留出者的透露,不限定精确结果对任何人的透露:之后若对全部样本精确训练,可得留出部分的精确合计。",
            "留出者由其标识与数据期决定,并非秘密。",
            _SLOTS["zh"],
            _POOLED["zh"],
            "未测量某人的样本是否参与训练可被推断的程度。",
        ),
    },
)
