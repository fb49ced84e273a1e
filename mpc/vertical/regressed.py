"""The messages, sizes and leakage of a logistic regression over columns of two departments, as data.

Alignment first, with its own messages (``mpc.protocols.align``); then one set of messages a step.
"""

from __future__ import annotations

from mpc.protocols.descriptor import PRIME_GROUP, Basis, Descriptor, Leakage, Own
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.words import Text
from mpc.vertical import boosted
from mpc.vertical.boosted import LEAF, SHARE

PROTOCOL = "regression-v1"
KEY, CONTROLS, SUMS, OPENED, PADDED, PADS = (
    "regression-key",
    "regression-controls",
    "regression-sums",
    "regression-opened",
    "regression-padded",
    "regression-pads",
)
_LABEL, _FEATURE = "label", "feature"
_ROWS = ("rows", "own", "other", "shown")
"""Numbers that follow from the specification and the number of common rows, and so what whoever sees sizes learns."""


def _step(name: str, round: int, sender: str, to: str, content: Text, *parts: Part, times: str = "grown") -> Step:
    return Step(name, round, sender, (to,), content, (*parts, SIGNATURE), times=times)


DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=boosted.DESCRIPTOR.roles,
    public=("hops", "to_matcher", "element", "public_key", "ciphertext", "grown", "features"),
    steps=(
        *(step for step in boosted.DESCRIPTOR.steps if step.name.startswith("align-")),
        Step(KEY, 7, _LABEL, (_FEATURE,), Text("the public key of this run, and its own columns, encrypted",
                                              "本次运行的公钥及其自有字段的密文"),
             (Part(Kind.MODULUS), Part(Kind.CIPHERTEXT, "own*rows"), SIGNATURE)),
        _step(CONTROLS, 8, _LABEL, _FEATURE,
              Text("the mean curvature of its part of the scores; four encrypted controls of every row's residual",
                   "其评分部分的平均曲率;每行残差的四个控制值,加密"),
              Part(Kind.DOCUMENT, tells=("curvature",)), Part(Kind.CIPHERTEXT, "4*rows")),
        _step(SUMS, 9, _FEATURE, _LABEL, Text("its gradient, encrypted and masked", "其梯度,加密并加掩码"),
              Part(Kind.CIPHERTEXT, "other")),
        _step(OPENED, 10, _LABEL, _FEATURE, Text("the receiver's gradient under the receiver's own masks",
                                                "接收方的梯度,仍带接收方自己的掩码"),
              Part(Kind.DOCUMENT, "shown", tells=("gradient",))),
        _step(PADDED, 11, _FEATURE, _LABEL, Text("the residual of every row, encrypted and padded",
                                                "每行的残差,加密并加随机填充"), Part(Kind.CIPHERTEXT, "rows")),
        _step(PADS, 12, _FEATURE, _LABEL, Text("what the pads add to the receiver's gradient, encrypted",
                                              "随机填充对接收方梯度的贡献,加密"),
              Part(Kind.CIPHERTEXT, "own", tells=("slope",))),
        Step(LEAF, 13, _LABEL, (_FEATURE, "recipient"),
             Text("a record of the step: digests of the messages and of its own weights",
                  "该步的记录:消息与其自有权重的摘要"),
             (Part(Kind.FLAG, tells=("grown",)), Part(Kind.DIGEST, "features + 1"), SIGNATURE), times="grown"),
        Step(SHARE, 14, "owner", ("recipient",),
             Text("digests of all records and of its own part of the model; the number of rows; from the department "
                  "with the labels also how far the last step still moved",
                  "全部记录及其所持模型部分的摘要,行数;标签方另附末步的变动幅度"),
             (Part(Kind.DIGEST, "2"), Part(Kind.DOCUMENT, "16", tells=("figures",)), SIGNATURE)),
    ),
    inputs=(Own(_LABEL, "curvature"),),
    leakage=(
        *(leak for leak in boosted.DESCRIPTOR.leakage if leak.outputs in (("sizes", "listed"), ("keys", "matched_keys"),
                                                                        ("overlaps",))),
        Leakage("owner", Text("how many keys all have in common", "全体共有标识的个数"), Basis.EXACT,
                ("common", "formed", *_ROWS)),
        Leakage(_LABEL,
                Text("its own gradient in every step: one number for each of its columns or components, and one more",
                     "每一步中自身的梯度:其每个字段或主成分一个数,另加一个"), Basis.EXACT, ("slope",)),
        Leakage(_FEATURE,
                Text("its own gradient in every step: one number for each of its columns or components, and one more",
                     "每一步中自身的梯度:其每个字段或主成分一个数,另加一个"), Basis.EXACT, ("gradient",)),
        Leakage(_FEATURE, Text("in every step the mean curvature of the other's part of the scores, in 256ths",
                               "每一步中对方评分部分的平均曲率(以 1/256 计)"), Basis.EXACT, ("curvature",)),
        Leakage("recipient",
                Text("the number of common rows and the length of the label owner's last mean gradient; nothing of the "
                     "model, whose parts stay with their departments",
                     "共有行数及标签方末步平均梯度的长度;模型各部分留在各部门,接收方不得知"),
                Basis.EXACT, ("figures",)),
        Leakage("courier",
                Text("sizes and times of messages, and so the largest set of keys and the number of common rows",
                     "消息的大小与时间,因而知最大标识集合的规模与共有行数"),
                Basis.EXACT, ("times", "listed", "formed", *_ROWS)),
    ),
    assumptions=(
        Text("Gradients are exact. There are forty common rows for every number that a run opens to one owner, which "
             "are fewer bits than rows; that many tables fit them is no proof that none is likelier. Rows answer for "
             "one run, as the same rows.",
             "梯度为精确值。一次运行向一方每公开一个数至少对应四十行共有数据,其信息位数少于行数;"
             "但有许多数据表与之相符,并不能证明其中没有更可能者。同样的行只答复同一次运行。"),
        Text("Parties follow the protocol but may be curious. Each node refuses own columns of which any weighing "
             "tells more than a tenth of a single row; a department whose node does not reads the labels of rows that "
             "its columns single out.",
             "各方遵循协议但可能好奇。各节点拒绝任何加权可显示单行十分之一以上的自有字段;节点不作此检查的部门,"
             "可读出其字段所突出的行的标签。"),
        Text("A label owner that encrypts other controls than those of a residual reads weighted sums of the other's "
             "scores that it chose.",
             "标签方若加密残差以外的控制值,可得知其所选的对方评分加权和。"),
        *(text for text in boosted.DESCRIPTOR.assumptions if "keys" in text.en.lower()),
        Text("Factoring p^2 q of the declared size is hard (Okamoto and Uchiyama 1998).",
             "所声明规模的 p^2 q 难以分解(Okamoto 与 Uchiyama,1998)。"),
        PRIME_GROUP,
    ),
)  # fmt: skip
