"""OpenLineage events of an existing platform: run, dataset and job events, held against the specification's own rules.

Required members, UUIDs, times with zones, URIs, event types; every facet names its producer and schema. What it does
NOT do: know each facet's own schema, or believe an event: what a platform states is kept as stated.
Source: OpenLineage specification 2-0-2 (BaseEvent, RunEvent, DatasetEvent, JobEvent, BaseFacet).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.imports.reading import Stated, load, member, objects, require_time, require_uri, require_uuid
from ledger import canonical
from ledger.errors import InvalidRecord

TYPES: Final = frozenset({"START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"})
_WHAT: Final = "OpenLineage"
_FACETS: Final = ("facets", "inputFacets", "outputFacets")


def read(data: bytes) -> list[Stated]:
    """Read one event, a list of events, or one event a line. Raises: InvalidRecord."""
    return [_stated(event) for event in _events(data)]


def read_facets(value: object) -> None:
    """Check facets by name: each an object that says who made it and by which schema. Raises: InvalidRecord."""
    if not isinstance(value, Mapping):
        raise InvalidRecord(f"{_WHAT}: facets are an object")
    for name, facet in value.items():
        for required in ("_producer", "_schemaURL"):
            require_uri(member(facet, required, f"{_WHAT}: facet {str(name)[:40]}"), f"{_WHAT}: {required}")


def _events(data: bytes) -> Iterator[Mapping[str, Any]]:
    lines = [line for line in data.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].lstrip()[:1] == b"{" and lines[0].rstrip()[-1:] == b"}":
        yield from objects([load(line, _WHAT) for line in lines], _WHAT)
        return
    value = load(data, _WHAT)
    yield from objects(value if isinstance(value, list) else [value], _WHAT, is_some=True)


def _stated(event: Mapping[str, Any]) -> Stated:
    require_time(member(event, "eventTime", _WHAT), f"{_WHAT}: eventTime")
    for name in ("producer", "schemaURL"):
        require_uri(member(event, name, _WHAT), f"{_WHAT}: {name}")
    if "run" in event:
        kind, names = _run(event)
    elif "dataset" in event:
        kind, names = "dataset", [_dataset(event["dataset"])]
    elif "job" in event:
        kind, names = "job", [_named(event["job"], "job")]
    else:
        raise InvalidRecord(f"{_WHAT}: an event of a run, a dataset or a job was expected")
    for side in ("inputs", "outputs"):
        names += [_dataset(one) for one in objects(event.get(side, []), f"{_WHAT}: {side}")]
    return Stated(f"openlineage-{kind}", tuple(dict.fromkeys(names)), canonical.encode(dict(event)))


def _run(event: Mapping[str, Any]) -> tuple[str, list[str]]:
    run = event["run"]
    id = member(run, "runId", f"{_WHAT}: run")
    require_uuid(id, f"{_WHAT}: runId")
    _check_facets(run)
    kind = event.get("eventType")
    if kind is not None and kind not in TYPES:
        raise InvalidRecord(f"{_WHAT}: eventType {str(kind)[:40]!r} is none of {', '.join(sorted(TYPES))}")
    return "run", [id, _named(event.get("job"), "job")]


def _dataset(value: object) -> str:
    return _named(value, "dataset")


def _named(value: object, what: str) -> str:
    name = f"{member(value, 'namespace', f'{_WHAT}: {what}')}/{member(value, 'name', f'{_WHAT}: {what}')}"
    assert isinstance(value, Mapping)
    _check_facets(value)
    return name


def _check_facets(value: object) -> None:
    if isinstance(value, Mapping):
        for name in _FACETS:
            if name in value:
                read_facets(value[name])
