"""The messages around a protocol, as data: what the nodes of a job say to each other before and after it.

``framed`` puts them around a protocol's own schedule, so that a node's whole correspondence about a job is declared in
one form and can be held against what it really sends. They tell nothing beyond the job's terms: a specification that
every party reads, a salted commitment, a signature over facts that all parties have.

``envelope_sizes`` says what the relay sees of such a schedule: for each envelope its mailbox and its bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mpc.protocols.descriptor import Descriptor
from mpc.protocols.schedule import Line
from mpc.protocols.step import SIGNATURE, Kind, Part, Step
from mpc.protocols.words import Text
from mpc.sessions.sealing import OVERHEAD, Header, chunks_of
from mpc.sessions.session import SIGNATURE_BYTES

SPECIFICATION, RESULT, SIGNED = "specification", "result", "signature"
LENGTH_BYTES = 4


def framed(descriptor: Descriptor) -> Descriptor:
    """Return the schedule of a whole attempt; ``specification`` is the length of the document, a public number."""
    first = min(step.round for step in descriptor.steps)
    last = max(step.round for step in descriptor.steps)
    before = Step(
        SPECIFICATION,
        first - 1,
        "recipient",
        ("owner",),
        Text("the specification", "任务说明"),
        (Part(Kind.DOCUMENT, SPECIFICATION),),
    )
    result = Step(
        RESULT,
        last + 1,
        "recipient",
        ("owner",),
        Text("salted commitment to the figures", "对结果的加盐承诺"),
        (Part(Kind.DIGEST),),
    )
    signed = Step(
        SIGNED,
        last + 2,
        "owner",
        ("recipient",),
        Text("its signature under the statement", "对声明的签名"),
        (SIGNATURE,),
    )
    steps = (before, *descriptor.steps, result, signed)
    return replace(descriptor, steps=steps, public=(*descriptor.public, SPECIFICATION))


def envelope_sizes(lines: Iterable[Line], job: bytes, attempt: int) -> Iterator[tuple[str, int]]:
    """Give mailbox and size of every envelope: a header that all parties could write, padded by nothing."""
    numbers: Counter[tuple[str, str, bool]] = Counter()
    for line in lines:
        place = (line.sender, line.to, line.step == SPECIFICATION)  # told on a channel of its own
        number, chunks = numbers[place], chunks_of(line.size)
        numbers[place] += 1
        for chunk in range(chunks):
            header = Header(job, attempt, line.sender, line.to, line.step, number, chunk, chunks, line.size)
            content = SIGNATURE_BYTES + LENGTH_BYTES + len(header.encode()) + header.part_size
            yield line.to, OVERHEAD + content
