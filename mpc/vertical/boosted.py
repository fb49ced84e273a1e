"""The messages, sizes and leakage of boosted trees over columns of several departments, as data.

Alignment first, with its own messages (``mpc.protocols.align``); then one set of messages a tree and level.
"""

from __future__ import annotations

from dataclasses import replace

from mpc.protocols.align import descriptor as align
from mpc.protocols.align import messages
from mpc.protocols.descriptor import PRIME_GROUP, Basis, Descriptor, Leakage, Own, Role
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.words import Text
from mpc.spec.vertical import VerticalSpec

PROTOCOL, LABEL = "boosted-v1", "SHUXIN-VERTICAL-V1"
KEY, GRADIENTS, NODES, SUMS, CHOSEN, SIDES = "key", "gradients", "nodes", "sums", "chosen", "sides"
LEAF, SHARE = "leaf", "share"
_LABEL, _FEATURE = "label", "feature"
_ALIGNED = {step.name: step for step in align.DESCRIPTOR.steps}
_SEEN = ("sent", "maps", "asked", "joined", "chosen", "map")
"""Numbers on which sizes of messages depend, and so what whoever sees them learns."""


def _step(name: str, round: int, sender: str, to: str, content: Text, *parts: Part, times: str) -> Step:
    return Step(name, round, sender, (to,), content, (*parts, SIGNATURE), times=times)


DESCRIPTOR = Descriptor(
    name=PROTOCOL,
    version="1",
    roles=(
        Role("owner", Text("Each department", "每个部门")),
        Role(_LABEL, Text("The department with the labels", "持有标签的部门"), kind="owner"),
        Role(_FEATURE, Text("Each other department", "其他各部门"), kind="owner"),
        Role("matcher", Text("The department that matches keys", "比对标识的部门"), kind="owner"),
        Role("named", Text("Each other department that is told common keys", "获知共有标识的其他各部门"),
             kind="owner"),
        Role("recipient", Text("The office that asked", "发起任务的部门")),
        Role("courier", Text("The relay", "中继")),
    ),
    public=("hops", "to_matcher", "element", "public_key", "ciphertext", "grown", "columns", "features"),
    steps=(
        *(_ALIGNED[name] for name in (messages.SIZE, messages.SET, messages.BACK, messages.FULL, messages.COMMON,
                                      messages.KEYS)),
        replace(_ALIGNED[messages.ORDER], times="formed"),
        Step(KEY, 7, _LABEL, (_FEATURE,), Text("the public key of this run", "本次运行的公钥"),
             (Part(Kind.MODULUS), SIGNATURE)),
        _step(GRADIENTS, 8, _LABEL, _FEATURE, Text("both derivatives of every row's loss, encrypted; nothing of a tree "
              "that it grows alone", "每行损失的两个导数,加密;自行生成的树不发送"),
              Part(Kind.CIPHERTEXT, "sent", tells=("shared",)), times="grown"),
        _step(NODES, 9, _LABEL, _FEATURE, Text("which rows the nodes hold whose sums are wanted",
                                               "所求合计的各结点含哪些行"),
              Part(Kind.DOCUMENT, "maps", tells=("nodes",)), times="grown"),
        _step(SUMS, 10, _FEATURE, _LABEL, Text("encrypted sums by joined bin of its columns",
                                               "其字段各合并分箱的加密合计"),
              Part(Kind.COUNT, "columns*asked + joined", tells=("bins",)),
              Part(Kind.CIPHERTEXT, "joined", tells=("derivatives",)), times="grown"),
        _step(CHOSEN, 11, _LABEL, _FEATURE, Text("the splits that it takes, by number of node, column and bin",
                                               "所采用的划分(结点、字段、分箱的编号)"),
              Part(Kind.COUNT, "3*chosen", tells=("splits",)), times="grown"),
        _step(SIDES, 12, _FEATURE, _LABEL, Text("which rows go left", "哪些行归入左侧"),
              Part(Kind.COUNT, "chosen", tells=("numbers",)),
              Part(Kind.DOCUMENT, "chosen*map", tells=("sides",)), times="grown"),
        Step(LEAF, 13, _LABEL, (_FEATURE, "recipient"),
             Text("a record of the tree: whether others took part, digests of the messages and of the tree",
                  "该树的记录:他方是否参与,消息与树的摘要"),
             (Part(Kind.FLAG, tells=("shared",)), Part(Kind.DIGEST, "features + 1"), SIGNATURE), times="grown"),
        Step(SHARE, 14, "owner", ("recipient",),
             Text("digests of all records and of its own part of the model; the number of rows; from the department "
                  "with the labels also the loss", "全部记录及其所持模型部分的摘要,行数;标签方另附损失"),
             (Part(Kind.DIGEST, "2"), Part(Kind.DOCUMENT, "16", tells=("figures",)), SIGNATURE)),
    ),
    inputs=(
        Own(_LABEL, "sent"), Own(_LABEL, "shared"), Own(_LABEL, "maps"), Own(_LABEL, "nodes"), Own(_LABEL, "asked"),
        Own(_LABEL, "chosen"), Own(_LABEL, "splits"), Own(_FEATURE, "joined"), Own(_FEATURE, "bins"),
        Own(_FEATURE, "sides"), Own(_FEATURE, "numbers"),
    ),
    leakage=(
        Leakage("owner", Text("the size of every other department's set of keys", "其他各部门标识集合的规模"),
                Basis.PADDED, ("sizes", "listed")),
        Leakage("owner", Text("how many keys all have in common", "全体共有标识的个数"), Basis.EXACT,
                ("common", "formed", "map")),
        Leakage("owner", Text("which of its keys all hold", "其哪些标识为全体共有"), Basis.EXACT,
                ("keys", "matched_keys")),
        Leakage("matcher",
                Text("how many keys each combination of departments has in common, and of none which",
                     "任意若干部门共有标识的个数,不知是哪些标识"), Basis.EXACT, ("overlaps",)),
        Leakage(_LABEL,
                Text("of every node of a shared tree, every column (numbered anew in each tree) and joined bin of "
                     "every other department: the number of rows, at least the declared minimum, and the sums of its "
                     "own derivatives over them",
                     "共同生成的每棵树的每个结点中,其他各部门每个字段(每棵树重新编号)每个合并分箱的行数(不少于声明的下限)"
                     "及其自身导数之和"), Basis.EXACT, ("bins", "derivatives", "joined")),
        Leakage(_LABEL, Text("of the splits that it takes which rows go left, and no boundary",
                             "所采用划分中哪些行归入左侧,不知其边界"), Basis.EXACT, ("sides", "numbers")),
        Leakage(_FEATURE,
                Text("of every shared tree which rows the nodes hold; rows of one leaf have similar labels",
                     "共同生成的每棵树的各结点含哪些行;同一叶中的行标签相近"), Basis.EXACT,
                ("nodes", "maps", "asked", "splits", "chosen")),
        Leakage(_FEATURE, Text("which trees the department with the labels grew alone", "哪些树由标签方自行生成"),
                Basis.EXACT, ("shared", "sent")),
        Leakage("recipient", Text("the number of common rows and the mean loss of the model over them; nothing of the "
                                  "model, whose parts stay with their departments",
                                  "共有行数及模型在其上的平均损失;模型各部分留在各部门,接收方不得知"),
                Basis.EXACT, ("figures",)),
        Leakage("recipient", Text("which trees were grown alone", "哪些树为自行生成"), Basis.EXACT, ("shared",)),
        Leakage("courier", Text("sizes and times of messages, and so the largest set of keys, the number of common "
                                "rows, of splits and of joined bins of every tree",
                                "消息的大小与时间,因而知最大标识集合的规模、共有行数,以及每棵树的划分数与合并分箱数"),
                Basis.EXACT, ("times", "listed", "formed", *_SEEN)),
    ),
    assumptions=(
        Text("Parties follow the protocol but may be curious. A label owner that encrypts chosen values instead of "
             "derivatives reads from a sum which rows it has.",
             "各方遵循协议但可能好奇;标签方若加密特意选取的数值而非导数,可由合计得知其中含哪些行。"),
        Text("Counts and sums by bin of many overlapping nodes are of many rows each, but no proof against a solver: "
             "the department with the labels may narrow down in which bin a row lies.",
             "大量重叠结点的分箱计数与合计虽各含多行,但不能证明无法求解:标签方可能缩小某行所在分箱的范围。"),
        Text("What a department holds of trees may rank labels as well as the declared exposure; departments that pool "
             "it rank better.", "各部门所知的树结构对标签的排序能力以声明的暴露度为限;合谋者排序更准。"),
        Text("Keys are revealed to all departments; each one's authorization says so (ALIGN).",
             "共有标识将告知全体部门;各部门的授权对此有明示(ALIGN)。"),
        Text("An owner that brings invented keys learns which of them all others hold; how often, and how many, is "
             "bounded, not prevented.",
             "提供方若放入虚构标识,可得知其中哪些为他方所有;次数与数量受限,但不能杜绝。"),
        Text("Factoring p^2 q of the declared size is hard (Okamoto and Uchiyama 1998).",
             "所声明规模的 p^2 q 难以分解(Okamoto 与 Uchiyama,1998)。"),
        PRIME_GROUP,
    ),
)  # fmt: skip


def public(spec: VerticalSpec, party: str) -> dict[str, int]:
    """Give the public numbers; ``columns`` are those of a party, as its sums are sized by them."""
    terms, scheme = spec.aligned, spec.scheme
    return {
        "hops": len(terms.ring) - 1,
        "to_matcher": 1,
        "element": terms.prime_group.element_bytes,
        "public_key": scheme.public_key_bytes,
        "ciphertext": scheme.ciphertext_bytes,
        "grown": spec.rounds,
        "columns": len(spec.side(party).columns),
        "features": len(spec.features),
    }
