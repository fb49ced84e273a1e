"""Values of the core as JSON; hexadecimal digits only here, bytes inside."""

from __future__ import annotations

from typing import Final

from gateway.exports.naming import proof_of
from gateway.index.finding import Mention
from gateway.provenance.explorer import Card, Found
from gateway.provenance.graph import Edge, Node
from gateway.provenance.holding import Holding
from gateway.provenance.proving import Complete
from gateway.provenance.walking import Lineage, Reason
from ledger.abi import AbiValue
from ledger.canonical import JsonValue
from ledger.chain.port import Cursor, Event


def placed(member: str) -> tuple[str, ...]:
    """Return the columns of a member that is a place."""
    return tuple(f"{member}.{part}" for part in ("block", "index", "log", "proof"))


NODE: Final = ("name", "kind", "prov", "id")
EDGE: Final = ("source", "relation", "target", "role", *placed("shown_by"))
REASON: Final = ("authorization", "path", "parties", "ended")
HOLDING: Final = ("digest", "party", "role", "under", *placed("since"), *placed("until"))
EVENT: Final = ("contract", "event", "time", *placed("shown_by"), "arguments")
MENTION: Final = ("argument", "contract", "event", "time", *placed("shown_by"))
"""The columns of what is shown below, where it is a row of a list."""


def node(found: Node) -> dict[str, JsonValue]:
    return {"name": found.name, "kind": found.kind.code, "prov": found.kind.prov.name.lower(), "id": found.id.hex()}


def place(at: Cursor) -> JsonValue:
    return {
        "block": at.block_number, "index": at.index, "log": at.log_index,
        "proof": proof_of(at),
    }  # fmt: skip


def edge(found: Edge) -> dict[str, JsonValue]:
    return {
        "source": found.source.name, "relation": found.relation.term, "target": found.target.name, "role": found.role,
        "shown_by": place(found.place),
    }  # fmt: skip


def card(found: Card) -> JsonValue:
    return {
        "as_of": found.last, "node": node(found.node), "contracts": list(found.contracts),
        "rests_on": [edge(one) for one in found.leaving], "rests_on_it": [edge(one) for one in found.arriving],
        "cut": found.is_cut,
    }  # fmt: skip


def lineage(found: Lineage) -> JsonValue:
    return {
        "as_of": found.last, "start": found.start.name, "way": found.way.value, "cut": found.is_cut,
        "nodes": [{"name": one.name, "kind": one.kind.code, "depth": depth} for one, depth in found.nodes.items()],
        "edges": [edge(one) for one in found.edges],
    }  # fmt: skip


def reason(found: Reason) -> dict[str, JsonValue]:
    return {
        "authorization": found.authorization.name, "path": [edge(one) for one in found.path],
        "parties": [edge(one) for one in found.grants], "ended": [edge(one) for one in found.ended],
    }  # fmt: skip


def holding(found: Holding) -> dict[str, JsonValue]:
    return {
        "digest": found.digest.name, "party": found.party.name, "role": found.role,
        "under": [one.name for one in found.under], "since": place(found.since),
        "until": None if found.until is None else place(found.until),
    }  # fmt: skip


def complete(found: Complete) -> JsonValue:
    return {
        "contract": found.contract, "entity": found.entity.hex(), "events": [event(one) for one in found.events],
        "complete": True, "as_of": found.block,
    }  # fmt: skip


def event(found: Event) -> dict[str, JsonValue]:
    return {
        "contract": found.contract, "event": found.name, "time": found.timestamp, "shown_by": place(found.cursor),
        "arguments": {name: value(one) for name, one in found.args.items()},
    }  # fmt: skip


def value(found: AbiValue) -> JsonValue:
    """Write an argument; numbers as text beyond what JSON keeps."""
    match found:
        case bytes():
            return found.hex()
        case bool() | str():
            return found
        case int():
            return found if abs(found) < 1 << 53 else str(found)
        case _:
            return [value(one) for one in found]


def found(what: Found) -> dict[str, JsonValue]:
    return {
        "id": what.word.hex(), "found": what.is_known,
        "meaning": "named on chain" if what.is_known else (
            f"no event of any contract up to block {what.last} names it; every block up to there was read whole and "
            "checked against its sealed header"
        ),
        "nodes": [node(one) for one in what.nodes],
    }  # fmt: skip


def mention(found: Mention) -> dict[str, JsonValue]:
    return {"argument": found.name, **_told(found.event)}


def _told(what: Event) -> dict[str, JsonValue]:
    return {"contract": what.contract, "event": what.name, "time": what.timestamp, "shown_by": place(what.cursor)}
