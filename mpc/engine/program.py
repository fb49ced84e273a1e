"""The engine's own process: fixed computations on secret shares, by SPU's ABY3 between three parties.

It runs in the environment that ``scripts/install-spu`` makes and imports nothing of the product but the framing of its
pipe. It is told which computation to run, never code; it gives out shares of results, never a value: what is opened is
opened by the node's own signed messages. It does NOT know tables, jobs or keys, and opens no connection but those of
SPU's link, whose addresses the node hands it (all on this machine, ``mpc.engine.links``).

All numbers are integers in a ring, never fixed-point numbers: sums and products are exact as long as the caller has
bounded them, and there is nothing to divide. Source: SecretFlow SPU 0.9.5. Semi-honest, honest majority of three.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from mpc.engine.framing import FrameFault, Message, read, write

MAX_ROWS = 1 << 22
KEY_BITS, OWNER_BITS = 60, 4
"""Of each of the two words of a key that rows are matched by, and of the owner's number below them."""
PROTOCOL = "ABY3"
"""Three parties of which no two collude. No other protocol can be asked for: with SEMI2K the library's default takes
multiplication triples from the first party, who could then read everything."""


def count(arrays: Sequence[Any], numbers: Mapping[str, int]) -> Sequence[Any]:
    """Count rows below ``end``, others being padding: 0 unless they number ``least``, from ``owners`` or more.

    The product of a bit and a number is shared by addition, as all results must be; a bit alone is not.
    """
    import jax.numpy as jnp

    rows = jnp.stack([jnp.sum((own < numbers["end"]).astype(jnp.int64)) for own in arrays])
    total, owners = jnp.sum(rows), jnp.sum((rows > 0).astype(jnp.int64))
    is_enough = (total >= numbers["least"]) & (owners >= numbers["owners"])
    return [is_enough.astype(jnp.int64) * total]


def order(arrays: Sequence[Any], numbers: Mapping[str, int]) -> Sequence[Any]:
    """Find the row of one rank, from 0. A single index makes the compiler select instead of sorting."""
    import jax.numpy as jnp

    return [jnp.sort(_distinct(arrays))[numbers["rank"]]]


def block(arrays: Sequence[Any], numbers: Mapping[str, int]) -> Sequence[Any]:
    """Count and add up the rows from one found row to another; the count is 0 unless enough owners have some."""
    import jax.numpy as jnp

    low, high, *owned = arrays
    rows = _distinct(owned)
    is_inside = ((rows >= low) & (rows <= high)).astype(jnp.int64)
    ends = [sum(own.shape[0] for own in owned[: index + 1]) for index in range(len(owned))]
    parts = [is_inside[end - own.shape[0] : end] for own, end in zip(owned, ends, strict=True)]
    owners = jnp.sum((jnp.stack([jnp.sum(part) for part in parts]) > 0).astype(jnp.int64))
    is_enough = (owners >= numbers["owners"]).astype(jnp.int64)
    return [is_enough * jnp.sum(is_inside), jnp.sum(is_inside * jnp.concatenate(owned))]


def moments(arrays: Sequence[Any], _: Mapping[str, int]) -> Sequence[Any]:
    """Add up two aligned columns, their squares and their products; what is divided is divided outside."""
    import jax.numpy as jnp

    left, right = arrays
    return [jnp.sum(left), jnp.sum(right), jnp.sum(left * left), jnp.sum(right * right), jnp.sum(left * right)]


def matched(arrays: Sequence[Any], numbers: Mapping[str, int]) -> Sequence[Any]:
    """Match rows of several owners by key, and add up their columns, squares and products over the matched rows.

    Args:
        arrays: of each owner two words of a key, then ``width`` columns; each key once an owner, padding never twice.
        numbers: ``owners``, ``width``; ``columns0`` and on: how many of an owner's columns count; ``least``: rows below
            which nothing passes; ``minimum``: rows that must differ from a column's most frequent value, if any does.

    Returns:
        whether it passes; then, all 0 if not: rows, a sum a column, a product a pair of columns.
    """
    import jax
    import jax.numpy as jnp

    owners, width = numbers["owners"], numbers["width"]
    brought = [arrays[start : start + 2 + width] for start in range(0, len(arrays), 2 + width)]
    keys = [((high << KEY_BITS) + low) * (1 << OWNER_BITS) + owner for owner, (high, low, *_) in enumerate(brought)]
    beside = [jnp.concatenate([part[2 + place] for part in brought]) for place in range(width)]
    ordered, *values = jax.lax.sort([jnp.concatenate(keys), *beside], num_keys=1, is_stable=False)
    places = ordered.shape[0] - owners + 1
    # Keys with their owners are all different: equal ones of all owners stand in a row, from the first to the last.
    is_common = (ordered[:places] + (owners - 1) == ordered[owners - 1 :]).astype(jnp.int64)
    rows = jnp.sum(is_common)
    columns = [
        values[place][owner : owner + places] for owner in range(owners) for place in range(numbers[f"columns{owner}"])
    ]
    passes, figures = rows >= numbers["least"], [rows]
    if columns:
        table = jnp.stack(columns)
        differing = rows - jnp.sum(is_common * (table == _majority(table, is_common)), axis=1)
        passes &= jnp.all((differing == 0) | (differing >= numbers["minimum"]))
        counted = table * is_common
        sums, products = jnp.sum(counted, axis=1), counted @ table.T
        pairs = [(i, j) for i in range(len(columns)) for j in range(i, len(columns))]
        figures += [*(sums[i] for i in range(len(columns))), *(products[i, j] for i, j in pairs)]
    verdict = jnp.sum(jnp.stack([passes, rows < 0]).astype(jnp.int64))  # a sum: a bit alone is not shared by addition
    return [verdict, *(verdict * figure for figure in figures)]


COMPUTATIONS: Mapping[str, Callable[[Sequence[Any], Mapping[str, int]], Sequence[Any]]] = {
    "count": count,
    "order": order,
    "block": block,
    "moments": moments,
    "matched": matched,
}


class Party:
    """One of the three parties: its link, its runtime and the shares it holds by name."""

    def __init__(self, message: Message) -> None:
        import spu
        from spu import libspu

        if set(message.header) != {"do", "rank", "addresses", "ring", "wait_s"}:
            raise FrameFault("engine: a link has rank, addresses, ring and wait, and its protocol is ABY3")
        self._spu, self._lib = spu, libspu
        ring = message.text("ring")
        field = {"FM64": libspu.FieldType.FM64, "FM128": libspu.FieldType.FM128}[ring]
        self._width = 8 if ring == "FM64" else 16
        self._config = libspu.RuntimeConfig(protocol=libspu.ProtocolKind.ABY3, field=field)
        self._config.sort_method = libspu.RuntimeConfig.SortMethod.SORT_QUICK
        self._rank = message.number("rank")
        self._link = self._connect(message.texts("addresses"), message.number("wait_s"))
        self._runtime = spu.Runtime(self._link, self._config)
        self._lengths: dict[str, tuple[int, ...]] = {}

    def take(self, name: str, share: bytes) -> None:
        """Hold a share of a column: two residues a row, as our own code has split it."""
        rows, rest = divmod(len(share), 2 * self._width)
        if rest or not 0 < rows <= MAX_ROWS:
            raise FrameFault("engine: a share of another size")
        made = self._library_share((rows,))
        head = made.share_chunks[0][: -len(share)]
        if len(made.share_chunks) != 1 or len(head) > 16:
            raise FrameFault("engine: this library writes shares in another form")
        made.share_chunks = [head + share]
        self._runtime.set_var(name, made)
        self._lengths[name] = (rows,)

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], numbers: Mapping[str, int]) -> None:
        """Run one of the fixed computations; its results stay shares."""
        import jax
        import numpy as np
        import spu.utils.frontend as frontend

        if name not in COMPUTATIONS or any(given not in self._lengths for given in inputs):
            raise FrameFault("engine: no such computation, or shares that were not handed over")
        examples = [np.zeros(self._lengths[given], dtype=np.int64) for given in inputs]
        seen = [self._lib.Visibility.VIS_SECRET] * len(inputs)

        def computation(*arrays: Any) -> Sequence[Any]:
            return COMPUTATIONS[name](arrays, numbers)

        def names(_: object) -> list[str]:
            return list(outputs)

        with jax.experimental.enable_x64():
            code, _ = frontend.compile(frontend.Kind.JAX, computation, examples, {}, list(inputs), seen, names)
        self._runtime.run(code)
        self._lengths |= dict.fromkeys(outputs, ())

    def give(self, name: str) -> bytes:
        """Hand out the own share of one result; an input is never handed back."""
        if self._lengths.get(name) != ():
            raise FrameFault("engine: no such result")
        found = self._runtime.get_var(name)
        expected = self._library_share(())
        if found.meta != expected.meta or len(found.share_chunks) != 1:
            raise FrameFault("engine: this library writes results in another form")
        return bytes(found.share_chunks[0][-2 * self._width :])

    def _library_share(self, shape: tuple[int, ...]) -> Any:
        """Let the library write the form of a share, of zeros; only the form is used."""
        import numpy as np

        zeros = np.zeros(shape, dtype=np.int64)
        return self._spu.Io(3, self._config).make_shares(zeros, self._lib.Visibility.VIS_SECRET)[self._rank]

    def _connect(self, addresses: Sequence[str], wait_s: int) -> Any:
        if len(addresses) != 3 or any(not address.startswith("127.0.0.1:") for address in addresses):
            raise FrameFault("engine: three addresses on this machine expected")
        description = self._lib.link.Desc()
        description.recv_timeout_ms = wait_s * 1000
        description.connect_retry_times = max(1, wait_s)
        description.connect_retry_interval_ms = 1000
        for rank, address in enumerate(addresses):
            description.add_party(str(rank), address)
        return self._lib.link.create_brpc(description, self._rank)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the pipe is closed; a request that cannot be done is answered with the reason."""
    import jax
    import spu

    jax.config.update("jax_platforms", "cpu")
    write(answers, Message({"spu": spu.__version__, "protocol": PROTOCOL}))
    party: Party | None = None
    while True:
        try:
            message = read(requests)
        except FrameFault:
            return  # the node has closed the pipe
        try:
            if message.text("do") == "link":
                party, answer = Party(message), Message({"done": "link"})
            elif party is None:
                raise FrameFault("engine: not linked")
            else:
                answer = _answer(party, message)
        except Exception as fault:  # the process's edge: the library raises what it likes
            answer = Message({"fault": f"{type(fault).__name__}: {str(fault).splitlines()[0][:200]}"})
        write(answers, answer)


def _answer(party: Party, message: Message) -> Message:
    match message.text("do"):
        case "take":
            party.take(message.text("name"), message.blobs[0])
            return Message({"done": "take"})
        case "run":
            party.run(
                message.text("name"), message.texts("inputs"), message.texts("outputs"), message.numbers("numbers")
            )
            return Message({"done": "run"})
        case "give":
            return Message({"done": "give"}, (party.give(message.text("name")),))
    raise FrameFault("engine: no such request")


def _distinct(owned: Sequence[Any]) -> Any:
    """Make all rows different, by their place in the last digits.

    SPU selects by comparing shuffled rows and opening the outcomes: of different rows they tell nothing but the rank
    that was asked for, of equal ones how many are equal.
    """
    import jax.numpy as jnp

    rows = jnp.concatenate(owned)
    places = rows.shape[0]
    return rows * (1 << places.bit_length()) + jnp.arange(places)


def _majority(table: Any, is_counted: Any) -> Any:
    """Find of each column the value that more than half of the counted rows have, if there is one; else any.

    Source: Boyer, Moore, MJRTY: A Fast Majority Vote Algorithm, 1981, over a tree: of two candidates the one with more
    votes stays, less the other's.
    """
    import jax.numpy as jnp

    votes = jnp.broadcast_to(is_counted, table.shape)
    padding = (1 << (table.shape[1] - 1).bit_length()) - table.shape[1]
    table, votes = (jnp.pad(part, ((0, 0), (0, padding))) for part in (table, votes))
    while (half := table.shape[1] // 2) > 0:
        left, right, mine, others = table[:, :half], table[:, half:], votes[:, :half], votes[:, half:]
        is_more = mine >= others
        table = jnp.where(is_more, left, right)
        apart = jnp.where(is_more, mine - others, others - mine)
        votes = jnp.where(left == right, mine + others, apart)
    return table


def main() -> None:
    """Speak on the standard streams; whatever a library prints goes to the log instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.closing(answers):
        serve(sys.stdin.buffer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
