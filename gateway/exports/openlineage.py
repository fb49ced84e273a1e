"""Jobs as OpenLineage run events: a START for the proposal, RUNNING for each opening, one end; our facets with proofs.

Inputs are the authorizations a job used and the assets behind them, outputs its results. Facets: ``shuxin_anchor``
(which block shows it, and where the proof is), ``shuxin_authorization``, ``shuxin_commitment`` and
``shuxin_privacyBudget``.
Source: OpenLineage specification 2-0-2.
"""

from __future__ import annotations

import uuid
from typing import Final

from contracts.addresses import BUDGETS, JOBS
from contracts.jobs.record import JobState
from gateway.exports.naming import base, moment, proof_of, urn
from gateway.index.finding import Finder
from gateway.provenance.graph import Edge, Kind, Node, Relation
from ledger.canonical import JsonValue
from ledger.chain.port import Event
from ledger.errors import InvalidRecord, NotFound

PRODUCER: Final = "https://shuxin.invalid/gateway"
SCHEMA: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS: Final = "https://shuxin.invalid/facets/1-0-0.json#/$defs/"
MOST: Final = 1000
_STATES: Final = {
    "JobProposed": "START", "JobOpened": "RUNNING", "JobAborted": "ABORT", "JobRefused": "FAIL", "JobRetried": "OTHER",
    "JobAccepted": "OTHER", "JobCommitted": "OTHER",
}  # fmt: skip


def events(finder: Finder, genesis: bytes, job: bytes, last: int) -> list[dict[str, JsonValue]]:
    """Return the run events of a job up to a block, in order.

    Raises:
        NotFound: the chain has no such job by then.
        InvalidRecord: it has more relations than are told at once, which no document of events could say.
    """
    history = finder.history(JOBS, job, last)
    if not history:
        raise NotFound(f"job {job.hex()[:16]}…: not on the chain, as of block {last}")
    node = Node(Kind.JOB, job)
    leaving, arriving = finder.leaving([node], last, MOST + 1), finder.arriving([node], last, MOST + 1)
    if max(len(leaving), len(arriving)) > MOST:
        raise InvalidRecord(f"job {job.hex()[:16]}…: expected at most {MOST} relations a side, which are told at once")
    used = [edge for edge in leaving if edge.relation is Relation.USED]
    made = [edge for edge in arriving if edge.relation is Relation.WAS_GENERATED_BY]
    ends = [event for event in history if event.name == "JobSigned"]
    return [_event(finder, genesis, node, event, used, made, is_last=event in ends[-1:]) for event in history]


def _event(
    finder: Finder, genesis: bytes, node: Node, event: Event, used: list[Edge], made: list[Edge], *, is_last: bool
) -> dict[str, JsonValue]:
    state = "COMPLETE" if is_last and _is_released(event) else _STATES.get(event.name, "OTHER")
    before = event.cursor
    inputs = [_input(finder, genesis, edge) for edge in used if edge.place <= before]
    outputs = [_output(genesis, edge) for edge in made if edge.place <= before]
    run: JsonValue = {
        "runId": str(uuid.uuid5(uuid.NAMESPACE_URL, urn(genesis, node))),
        "facets": {"shuxin_anchor": _anchor(event)},
    }
    return {
        "eventType": state, "eventTime": moment(event.timestamp), "producer": PRODUCER, "schemaURL": SCHEMA,
        "run": run, "job": {"namespace": base(genesis), "name": node.name}, "inputs": inputs, "outputs": outputs,
    }  # fmt: skip


def _is_released(event: Event) -> bool:
    return event.args.get("state") == JobState.RELEASED


def _anchor(event: Event) -> JsonValue:
    return {
        **_facet("Anchor"), "contract": event.contract, "event": event.name, "block": event.block_number,
        "proof": proof_of(event.cursor),
    }  # fmt: skip


def _input(finder: Finder, genesis: bytes, edge: Edge) -> JsonValue:
    facets: dict[str, JsonValue] = {}
    if edge.target.kind is Kind.AUTHORIZATION:
        facets["shuxin_authorization"] = {
            **_facet("Authorization"),
            "authorization": edge.target.id.hex(),
            "proof": proof_of(edge.place),
        }
    elif edge.role == "input":
        facets["shuxin_commitment"] = {
            **_facet("Commitment"),
            "commitment": edge.target.id.hex(),
            "proof": proof_of(edge.place),
        }
    elif edge.role == "budget":
        spent = finder.event(edge.place)
        facets["shuxin_privacyBudget"] = {
            **_facet("PrivacyBudget"), "microRho": str(spent.args.get("amount", 0)), "contract": BUDGETS,
            "proof": proof_of(edge.place),
        }  # fmt: skip
    return {"namespace": base(genesis), "name": edge.target.name, "facets": facets}


def _output(genesis: bytes, edge: Edge) -> JsonValue:
    facet: JsonValue = {**_facet("Commitment"), "commitment": edge.source.id.hex(), "proof": proof_of(edge.place)}
    return {"namespace": base(genesis), "name": edge.source.name, "facets": {"shuxin_commitment": facet}}


def _facet(name: str) -> dict[str, JsonValue]:
    return {"_producer": PRODUCER, "_schemaURL": FACETS + name}
