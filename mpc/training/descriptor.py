"""A training run's messages, sizes and leakage, as data."""

from __future__ import annotations

from mpc.protocols.descriptor import Basis, Descriptor, Leakage, Role
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.words import Text
from mpc.spec.training import TrainingSpec

PROTOCOL, LABEL = "training-v1", "SHUXIN-TRAIN-V1"
KEY, CONFIRM = "aggregation-key", "aggregation-confirm"
MODEL, COMMITTED, UPLOAD, SURVIVORS = "model", "committed", "upload", "survivors"
AGREED, SIGNATURES, OPENED, FINAL = "agreed", "signatures", "opened", "final"

_OWNERS, _EVERYBODY = ("owner",), Text("every department in the round", "本轮各部门")

DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        Role("owner", Text("Each department", "每个部门")),
        Role("recipient", Text("The coordinator, which gets the model", "协调方(即模型接收方)")),
        Role("courier", Text("The relay, and the app that carries messages", "中继及传递消息的应用")),
    ),
    public=("waves", "places", "numbers", "parties"),
    steps=(
        Step(KEY, 1, "owner", _OWNERS, Text("a public key of this run", "本次运行的公钥"), (Part(Kind.KEY), SIGNATURE)),
        Step(CONFIRM, 2, "owner", _OWNERS, Text("that both hold the same keys", "双方密钥一致的确认"),
             (Part(Kind.TAG), SIGNATURE)),
        Step(MODEL, 3, "recipient", _OWNERS,
             Text("the present model, and who was in the wave before, with which masked and committed vectors",
                  "当前模型,及上一轮的参与方、其掩码向量与承诺"),
             (Part(Kind.DOCUMENT, "8*numbers", tells=("model",)), Part(Kind.DIGEST, "parties", tells=("contributors",)),
              Part(Kind.DIGEST, "parties"), SIGNATURE), times="waves"),
        Step(COMMITTED, 4, "owner", ("recipient",), Text("a salted commitment to its vector", "对其向量的加盐承诺"),
             (Part(Kind.COMMITMENT), SIGNATURE), times="waves"),
        Step(UPLOAD, 4, "owner", ("recipient",), Text("its masked vector", "其掩码向量"),
             (Part(Kind.DOCUMENT, "8*places"), SIGNATURE), times="waves"),
        Step(SURVIVORS, 5, "recipient", _OWNERS, Text("who is in the wave, with which masked vectors",
                                                      "本轮参与方及其掩码向量"),
             (Part(Kind.DIGEST, "parties", tells=("contributors",)), SIGNATURE), times="waves"),
        Step(AGREED, 6, "owner", ("recipient",), Text("what it was told about that", "其就此所获告知"),
             (Part(Kind.DIGEST), SIGNATURE), times="waves"),
        Step(SIGNATURES, 7, "recipient", _OWNERS, Text("the signatures of all departments in the wave under that",
                                                       "本轮全部部门就此的签名"),
             (Part(Kind.SIGNATURE, "parties", tells=("contributors",)), SIGNATURE), times="waves"),
        Step(OPENED, 8, "owner", ("recipient",),
             Text("its pad of this wave, and its masks with departments that were lost",
                  "其本轮盲化种子,及与失联部门之间的掩码种子"),
             (Part(Kind.SALT, "1 + lost", tells=("sums",)), SIGNATURE), times="waves"),
        Step(FINAL, 9, "recipient", _OWNERS, Text("the final model, as before", "最终模型,格式同前"),
             (Part(Kind.DOCUMENT, "8*numbers", tells=("model",)), Part(Kind.DIGEST, "parties", tells=("contributors",)),
              Part(Kind.DIGEST, "parties"), SIGNATURE)),
    ),
    leakage=(
        Leakage("recipient", Text("of every wave the sum of all departments' vectors: rows, means and squares of the "
                                  "columns, improved models weighted by rows, loss and error",
                                  "每轮全体部门向量之和:行数、各字段均值与平方均值、按行数加权的改进模型、损失与误差"),
                Basis.EXACT, ("sums",)),
        Leakage("recipient", Text("the model of every wave, and which departments were in it",
                                  "每轮的模型及参与的部门"), Basis.EXACT, ("model", "contributors", "lost")),
        Leakage("owner", Text("the model of every wave, and which departments were in it",
                              "每轮的模型及参与的部门"), Basis.EXACT, ("model", "contributors", "lost")),
        Leakage("courier", Text("sizes and times of messages, and so whether a department was lost; an app that "
                                "carries messages also the models in them",
                                "消息的大小与时间,因而知是否有部门失联;传递消息的应用另知其中的模型"),
                Basis.EXACT, ("times", "lost", "model")),
    ),
    assumptions=(
        Text("Parties follow the protocol but may be curious. What a department puts into its vector is bounded by "
             "clipping alone.", "各方遵循协议但可能好奇;部门放入向量的数值仅受截断约束。"),
        Text("The coordinator and all departments but two do not pool what they hold, or they learn the sum of those "
             "two.", "协调方不与除两个部门外的所有部门合谋,否则可得知这两个部门之和。"),
        Text("A department that is lost between two waves leaves the difference of two sums: about its own vector "
             "where models hardly change. A run loses one department at most, once.",
             "部门在两轮之间失联会留下两次求和之差:模型变化很小时约等于其向量。每次运行至多失联一个部门、一次。"),
        Text("The model itself says something about its rows; how much is measured, not bounded.",
             "模型本身会透露其数据的某些信息;其程度经测量给出,而非有上界保证。"),
    ),
)  # fmt: skip


def public(spec: TrainingSpec) -> dict[str, int]:
    """Give the public numbers; none depends on a value."""
    return {
        "waves": spec.waves,
        "places": spec.places,
        "numbers": spec.weights + 2 * len(spec.features),
        "parties": len(spec.sources),
    }
