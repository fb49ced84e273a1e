"""What an engine and a verifier must know of a contract: its functions, events, storage layout and code hash.

Read from a build artefact (JSON: name, abi, layout, code_hash and more). What it does NOT do: find artefacts
(the package of the contracts hands them down) or say where a contract lives (the directory on chain does).
Trust assumption: artefacts are committed and rebuilt from source byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ledger import abi
from ledger.abi import AbiValue
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs.proof import Log


@dataclass(frozen=True, slots=True)
class Function:
    """One external method; types are canonical ABI types such as ``bytes32[]``."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    is_view: bool

    @property
    def signature(self) -> str:
        return f"{self.name}({','.join(self.inputs)})"

    @property
    def selector(self) -> bytes:
        return abi.selector(self.signature)


@dataclass(frozen=True, slots=True)
class EventField:
    """One argument of an event."""

    name: str
    type: str
    indexed: bool


@dataclass(frozen=True, slots=True)
class EventType:
    """One event a contract can emit."""

    name: str
    fields: tuple[EventField, ...]
    topic: bytes = field(init=False)
    indexed: tuple[EventField, ...] = field(init=False, repr=False)
    plain: tuple[EventField, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "topic", abi.topic(self.signature))
        object.__setattr__(self, "indexed", tuple(one for one in self.fields if one.indexed))
        object.__setattr__(self, "plain", tuple(one for one in self.fields if not one.indexed))

    @property
    def signature(self) -> str:
        return f"{self.name}({','.join(field.type for field in self.fields)})"

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, AbiValue]:
        """Return the arguments by name; an indexed argument of dynamic type is its 32-byte hash.

        Raises:
            InvalidRecord: topics or data are not of this event.
        """
        if len(topics) != len(self.indexed) + 1 or topics[0] != self.topic:
            raise InvalidRecord(f"event {self.name}: topics of another event")
        args: dict[str, AbiValue] = {}
        for one, word in zip(self.indexed, topics[1:], strict=True):
            args[one.name] = abi.decode([_topic_type(one.type)], word)[0]
        values = abi.decode([one.type for one in self.plain], data)
        args |= zip((one.name for one in self.plain), values, strict=True)
        return {one.name: args[one.name] for one in self.fields}


@dataclass(frozen=True, slots=True)
class Interface:
    """A contract as seen from outside. layout gives the storage slot of each variable."""

    name: str
    functions: Mapping[str, Function]
    events: Mapping[bytes, EventType] = field(repr=False)  # by first topic
    layout: Mapping[str, int] = field(repr=False)
    runtime_code_hash: bytes

    def encode_call(self, method: str, args: Sequence[AbiValue]) -> bytes:
        """Return the call data of a method.

        Raises:
            NotFound: no such method.
            InvalidRecord: arguments do not fit.
        """
        function = self._function(method)
        return function.selector + abi.encode(function.inputs, args)

    def decode_call(self, data: bytes) -> tuple[str, tuple[AbiValue, ...]]:
        """Return method and arguments of call data; what stands behind them is passed over, as contracts do.

        Raises:
            NotFound: no method has this selector.
            InvalidRecord: arguments are malformed.
        """
        for function in self.functions.values():
            if function.selector == data[:4]:
                return function.name, abi.decode_beginning(function.inputs, data[4:])
        raise NotFound(f"contract {self.name}: no method with selector {data[:4].hex()}")

    def decode_output(self, method: str, data: bytes) -> tuple[AbiValue, ...]:
        """Return the results of a method from its return data."""
        return abi.decode(self._function(method).outputs, data)

    def decode_event(self, log: Log) -> tuple[str, dict[str, AbiValue]]:
        """Return an event's name and arguments.

        Raises:
            NotFound: not an event of this contract.
            InvalidRecord: malformed.
        """
        event = self.events.get(log.topics[0]) if log.topics else None
        if event is None:
            raise NotFound(f"contract {self.name}: not one of its events")
        return event.name, event.decode(log.topics, log.data)

    def slot(self, variable: str) -> int:
        """Return the storage slot of a variable.

        Raises:
            NotFound: no such variable.
        """
        if variable not in self.layout:
            raise NotFound(f"contract {self.name}: no storage variable {variable!r}")
        return self.layout[variable]

    def _function(self, method: str) -> Function:
        if method not in self.functions:
            raise NotFound(f"contract {self.name}: no method {method!r}")
        return self.functions[method]


def parse(data: bytes) -> Interface:
    """Read an artefact.

    Raises:
        InvalidRecord: not an artefact, or one with overloaded methods.
    """
    try:
        artefact = json.loads(data)
        return _interface(artefact)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise InvalidRecord(f"artefact: {type(exc).__name__}: {str(exc)[:80]}") from exc


def _interface(artefact: Mapping[str, object]) -> Interface:
    name, entries, layout, code = (artefact[key] for key in ("name", "abi", "layout", "code_hash"))
    if not (isinstance(name, str) and isinstance(layout, dict) and isinstance(code, str)):
        raise TypeError("name, layout or code_hash has the wrong type")
    if not all(isinstance(slot, int) and slot >= 0 for slot in layout.values()):
        raise TypeError("layout: expected a slot number for each variable")
    functions = [_function(entry) for entry in _entries(entries) if entry["type"] == "function"]
    events = [_event(entry) for entry in _entries(entries) if entry["type"] == "event"]
    if len({function.name for function in functions}) != len(functions):
        raise ValueError("overloaded methods")
    return Interface(
        name=name,
        functions=MappingProxyType({function.name: function for function in functions}),
        events=MappingProxyType({event.topic: event for event in events}),
        layout=MappingProxyType(dict(layout)),
        runtime_code_hash=_hash(code),
    )


def _function(entry: Mapping[str, object]) -> Function:
    return Function(
        name=str(entry["name"]),
        inputs=tuple(_type(item) for item in _entries(entry["inputs"])),
        outputs=tuple(_type(item) for item in _entries(entry["outputs"])),
        is_view=entry["stateMutability"] in ("view", "pure"),
    )


def _event(entry: Mapping[str, object]) -> EventType:
    if entry.get("anonymous"):
        raise ValueError("anonymous events are not supported")
    inputs = _entries(entry["inputs"])
    fields = (EventField(str(item["name"]), _type(item), bool(item["indexed"])) for item in inputs)
    return EventType(str(entry["name"]), tuple(fields))


def _entries(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TypeError("expected a list of objects")
    return value


def _type(item: Mapping[str, object]) -> str:
    """Return the canonical type; JSON writes tuples as "tuple[]" with components."""
    text = str(item["type"])
    if not text.startswith("tuple"):
        return text
    return f"({','.join(_type(part) for part in _entries(item['components']))}){text[5:]}"


def _topic_type(type_: str) -> str:
    is_static = not type_.endswith(("]", ")")) and type_ not in ("bytes", "string")
    return type_ if is_static else "bytes32"


def _hash(text: str) -> bytes:
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != 32:
        raise ValueError("code_hash: expected 32 bytes")
    return value
