"""Turns of the event loop: what came at once begins one by one, and what became ready goes out between."""

from __future__ import annotations

import asyncio

import pytest

from gateway.api.turns import Turns


@pytest.mark.parametrize(
    ("has_turns", "expected"),
    [(True, ["begun 0", "ready 0", "begun 1", "ready 1", "begun 2", "ready 2"]),
     (False, ["begun 0", "begun 1", "begun 2", "ready 0", "ready 1", "ready 2"])],
)  # fmt: skip
def test_what_became_ready_goes_out_before_the_next_begins_and_without_turns_after_all(
    has_turns: bool, expected: list[str]
) -> None:
    said = list[str]()

    async def ask(turns: Turns, n: int) -> None:
        if has_turns:
            await turns.take()
        said.append(f"begun {n}")
        asyncio.get_running_loop().call_soon(said.append, f"ready {n}")

    async def run() -> None:
        turns = Turns()
        await asyncio.gather(*(ask(turns, n) for n in range(3)))
        await turns.take()  # a turn of its own, for what the last one left

    asyncio.run(run())
    assert said == expected


def test_one_who_goes_while_it_waits_keeps_nobody_behind_it() -> None:
    async def run() -> bool:
        turns = Turns()
        waiting = [asyncio.ensure_future(turns.take()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await asyncio.wait_for(waiting[2], 10)
        return waiting[1].cancelled()

    assert asyncio.run(run())
