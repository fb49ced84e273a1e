"""The noised sums' messages and leakage, as data: masked sums without a gate.

The steps are those of ``mpc.protocols.sums.descriptor`` without the tests; the counts, too, are noised, and a test of
exact ones beside them would tell what the noise hides. Every owner adds its share of the noise before it masks.
"""

from mpc.protocols.descriptor import Basis, Descriptor, Leakage
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.sums import descriptor as exact
from mpc.protocols.sums.run import NOISED
from mpc.protocols.words import Text

_OWNERS, _OFFICE = ("owner",), ("recipient",)

DESCRIPTOR = Descriptor(
    name=NOISED,
    version="2",
    roles=exact.DESCRIPTOR.roles,
    public=("cells", "element"),
    steps=(
        *(exact.DESCRIPTOR.step(name) for name in ("keys", "confirm")),
        Step(
            "masked",
            3,
            "owner",
            _OFFICE,
            Text(
                "masked cells with noise in them, commitments to them, proof that it knows what they hold",
                "加噪并加掩码的单元、其承诺及知晓承诺内容的证明",
            ),
            exact.DESCRIPTOR.step("masked").parts,
        ),
        Step(
            "uploaded",
            4,
            "owner",
            _OWNERS,
            Text("digest of the masked cells it sent", "所发送掩码单元的摘要"),
            (Part(Kind.DIGEST), SIGNATURE),
        ),
        Step(
            "decide",
            5,
            "owner",
            _OWNERS,
            Text("cells it agrees to open", "同意开启的单元"),
            (Part(Kind.DIGEST), Part(Kind.FLAG, "2*cells", tells=("chosen",)), SIGNATURE),
            times="turns",
        ),
        Step(
            "open",
            6,
            "owner",
            _OFFICE,
            Text("pads of opened cells", "已开启单元的填充值"),
            exact.DESCRIPTOR.step("open").parts,
        ),
    ),
    leakage=(
        Leakage(
            "owner",
            Text(
                "whether each other owner opens the cells, in each round of decisions; no test of any cell",
                "每一轮决定中各其他提供方是否开启单元;不检验任何单元",
            ),
            Basis.EXACT,
            ("chosen", "turns"),
        ),
        Leakage(
            "recipient",
            Text(
                "the totals of all cells, each with noise whose size the specification fixes",
                "全部单元的合计值,各含由任务说明规定大小的噪声",
            ),
            Basis.NOISED,
            ("totals",),
        ),
        *(leak for leak in exact.DESCRIPTOR.leakage if leak.outputs == ("hiding",)),
        Leakage(
            "recipient",
            Text(
                "which cells were withheld; none, unless an owner ends the job",
                "哪些单元未发布;除非某方终止任务,否则没有",
            ),
            Basis.EXACT,
            ("withheld",),
        ),
        Leakage(
            "courier",
            Text("sizes and times; sizes follow from the job alone", "消息的大小和时间;大小仅由任务决定"),
            Basis.PADDED,
            ("times",),
        ),
        Leakage(
            "courier",
            Text("the number of rounds of decisions", "决定的轮数"),
            Basis.EXACT,
            ("turns",),
        ),
    ),
    assumptions=(
        Text(
            "Every owner outside the declared number of colluders adds its share of the noise. That it did cannot be "
            "seen in the release, nor by an opened audit, which takes the noised cells as its input.",
            "申明的串通方数之外的每个提供方都加入其噪声份额;是否加入无法从发布结果看出,开放审计也以加噪后的单元为输入。",
        ),
        Text(
            "More owners than declared, pooled with the recipient, know more of the remaining owners' cells than the "
            "guarantee says; all owners but one still leave that one its own share of the noise.",
            "串通的提供方多于申明数时,对其余各方单元的了解超出保证;即使只剩一方,其单元仍含该方自己的噪声份额。",
        ),
        Text(
            "The guarantee is for one unit as declared, for the declared bounds, and adds up over all releases of the "
            "same rows; the owners' budgets count them.",
            "保证针对所申明的单元和界限,并对相同行的所有发布累加;由提供方的预算计量。",
        ),
        *exact.DESCRIPTOR.assumptions[-2:],
    ),
)
