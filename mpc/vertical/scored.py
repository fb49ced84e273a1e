"""The messages, sizes and leakage of joint scores of a model that lies in parts, as data."""

from __future__ import annotations

from dataclasses import replace

from mpc.protocols.align import descriptor as align
from mpc.protocols.align import messages
from mpc.protocols.descriptor import PRIME_GROUP, Basis, Descriptor, Leakage, Own, Role
from mpc.protocols.step import SIGNATURE, Kind, Part, Route, Step
from mpc.protocols.words import Text
from mpc.vertical import boosted

PROTOCOL = "scores-v1"
OUTLINE, KEY, LEAVES, SUMS, SEEN, SHARE = (
    "outline", "prediction-key", "prediction-leaves", "prediction-sums", "seen", "share"
)  # fmt: skip
_LABEL, _FEATURE = "label", "feature"
_ALIGNED = {step.name: step for step in align.DESCRIPTOR.steps}
_SIZES = ("outline", "batches", "cells", "sums")

DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        *(role for role in boosted.DESCRIPTOR.roles if role.name not in (_LABEL, "recipient")),
        Role(_LABEL, Text("The department that asks for scores", "请求评分的部门"), kind="owner"),
        Role("recipient", Text("The office to which the use is granted", "获授权使用的部门")),
    ),
    public=("hops", "to_matcher", "element", "public_key", "ciphertext"),
    steps=(
        *(_ALIGNED[name] for name in (messages.SIZE, messages.SET, messages.BACK, messages.FULL, messages.COMMON,
                                      messages.KEYS)),
        replace(_ALIGNED[messages.ORDER], times="formed"),
        Step(OUTLINE, 7, _LABEL, (_FEATURE,),
             Text("how many leaves the trees have, and of each the receiver's own splits on the way",
                  "各树的叶数,及通往各叶途中接收方自己的划分"),
             (Part(Kind.DOCUMENT, "outline", tells=("paths",)), SIGNATURE)),
        Step(KEY, 8, _LABEL, (_FEATURE,), Text("a public key for these rows", "用于这些行的公钥"),
             (Part(Kind.MODULUS), SIGNATURE), times="batches"),
        Step(LEAVES, 9, "owner", (_FEATURE,),
             Text("for every row and leaf the leaf's weight or zero, encrypted",
                  "每行每叶的权重或零,加密"), (Part(Kind.CIPHERTEXT, "cells"), SIGNATURE), Route.EVERY, "batches"),
        Step(SUMS, 10, _FEATURE, (_LABEL,), Text("one encrypted sum a row and output", "每行每输出一个加密合计"),
             (Part(Kind.CIPHERTEXT, "sums", tells=("scores",)), SIGNATURE), times="batches"),
        Step(SEEN, 11, "owner", ("owner",), Text("a digest of the messages it saw", "其所见消息的摘要"),
             (Part(Kind.DIGEST), SIGNATURE)),
        Step(SHARE, 12, "owner", ("recipient",),
             Text("digests of all messages and of its part of the model; the number of rows",
                  "全部消息及其所持模型部分的摘要,行数"),
             (Part(Kind.DIGEST, "2"), Part(Kind.DOCUMENT, "16", tells=("figures",)), SIGNATURE)),
    ),
    inputs=(Own(_LABEL, "paths"),),
    leakage=(
        *(leak for leak in boosted.DESCRIPTOR.leakage if leak.role in ("owner", "matcher")),
        Leakage("owner", Text("how many leaves the trees have in which several departments split",
                              "多个部门共同划分的各树叶数"), Basis.EXACT, _SIZES),
        Leakage(_LABEL, Text("the score of every common person; with the leaves' weights, which it has, that tells "
                             "most often the way the person takes at the others' splits, not which column and boundary "
                             "these are of",
                             "每位共同个人的评分;请求方持有叶权重,多可由评分推知该人在他方各划分处的去向,"
                             "但不知划分所用字段与界值"),
                Basis.EXACT, ("scores",)),
        Leakage(_FEATURE, Text("behind which of its own splits the leaves lie, and no weight",
                               "各叶位于自己哪些划分之后,不知其权重"), Basis.EXACT, ("paths",)),
        Leakage("recipient", Text("how many persons were scored; no score and no key", "被评分人数,不含评分与标识"),
                Basis.EXACT, ("figures",)),
        Leakage("courier", Text("sizes and times of messages, and so the largest set of keys, the number of common "
                                "rows and of leaves", "消息的大小与时间,因而知最大标识集合的规模、共有行数与叶数"),
                Basis.EXACT, ("times", "listed", "formed", *_SIZES)),
    ),
    assumptions=(
        Text("Parties follow the protocol but may be curious. A department that sends other weights than the model's "
             "reads from a score which way a person takes at another department.",
             "各方遵循协议但可能好奇;请求方若发送模型以外的权重,可由评分得知某人在他方的去向。"),
        Text("No two departments that follow each other in the chain pool their data with the one that asks.",
             "链上相邻的两个部门不同时与请求方合谋。"),
        Text("Scores of many persons under many values of own columns tell something of the others'; each department "
             "bounds how many it helps to, a day and about one person.",
             "以自有字段的多种取值反复评分会透露他方字段;各部门限制每日及对每人的评分次数。"),
        Text("Keys are revealed to all departments; each one's authorization says so (ALIGN).",
             "共有标识将告知全体部门;各部门的授权对此有明示(ALIGN)。"),
        Text("Factoring p^2 q of the declared size is hard (Okamoto and Uchiyama 1998).",
             "所声明规模的 p^2 q 难以分解(Okamoto 与 Uchiyama,1998)。"),
        PRIME_GROUP,
    ),
)  # fmt: skip
