"""``python -m federated.foreign.inside FOLDER``: the process of a cell. One message, one reply, and its end.

Flower is loaded, then the walls go up (``walls``), then the app is loaded from its bundle and called. What it prints
goes nowhere. The reply is arrays or one word for what went wrong; whoever started this process believes neither.

    FOLDER/request     a frame: what to call, settings, limits, arrays
    FOLDER/app.fab     the bundle
    FOLDER/data.csv    the rows, as the app's node configuration names them ("data")
"""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import numpy as np

from federated.courier.message import frame, unframe
from federated.flower.library import (
    Array,
    ArrayRecord,
    ClientApp,
    ConfigRecord,
    Context,
    Message,
    Metadata,
    RecordDict,
    make_message,
)
from federated.foreign import outputs
from federated.foreign.outputs import Arrays
from federated.foreign.walls import Limits, enclose
from ledger.canonical import JsonValue
from ledger.errors import BackendError, InvalidRecord, TrustError

_RUN, _SERVER, _NODE = 1, 1, 2
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/share/zoneinfo", "/etc/ld.so.cache")
_FAULTS = {errno.ENETUNREACH: "network", errno.EPERM: "process", errno.EACCES: "file", errno.EMFILE: "files"}


def main(folder: Path) -> None:
    """Answer the request of a folder on standard output."""
    asked, body = unframe((folder / "request").read_bytes())
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as reply:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        reply.write(_reply(folder, asked, body))
    os._exit(0)  # nothing that the app left to be done at the end is done


def _reply(folder: Path, asked: Mapping[str, JsonValue], body: bytes) -> bytes:
    try:
        return _within(folder, asked, body)
    except Exception as fault:
        # The edge of a process that runs what others wrote: whatever it raises is one word.
        return frame({"arrays": [], "fault": _word(fault)}, b"")


def _within(folder: Path, asked: Mapping[str, JsonValue], body: bytes) -> bytes:
    match asked:
        case {
            "arrays": list(arrays),
            "client": str(client),
            "config": dict(config),
            "memory": str(memory),
            "processor_s": int(processor_s),
            "settings": dict(settings),
        }:
            sent = outputs.unpacked(arrays, body)
        case _:
            raise InvalidRecord("app: a request of a cell expected")
    readable = [folder, *map(Path, {sys.prefix, sys.base_prefix}), *map(Path, _SYSTEM)]
    enclose(readable, Limits(int(memory), processor_s))
    returned = _called(folder, client, settings, config, sent)
    return frame({"arrays": outputs.listed(returned), "fault": ""}, outputs.packed(returned))


def _called(
    folder: Path, client: str, settings: Mapping[str, JsonValue], config: Mapping[str, JsonValue], sent: Arrays
) -> Arrays:
    sys.path.insert(0, str(folder / "app.fab"))
    module, _, attribute = client.partition(":")
    app = getattr(import_module(module), attribute)
    if not isinstance(app, ClientApp):
        raise InvalidRecord("app: no ClientApp")
    node = {"data": str(folder / "data.csv"), "partition-id": 0, "num-partitions": 1}
    reply = app(_message(config, sent), Context(_RUN, _NODE, node, RecordDict(), dict(settings)))  # type: ignore[arg-type]
    if not isinstance(reply, Message) or not reply.has_content():
        raise InvalidRecord("app: no content in its reply")
    (found,) = reply.content.array_records.values()
    return {name: np.asarray(array.numpy(), dtype=np.float64) for name, array in found.items()}


def _message(config: Mapping[str, JsonValue], sent: Arrays) -> Message:
    arrays = ArrayRecord({name: Array(array) for name, array in sent.items()})
    content = RecordDict({"arrays": arrays, "config": ConfigRecord(dict(config))})  # type: ignore[arg-type]
    return make_message(Metadata(_RUN, "message", _SERVER, _NODE, "", "", time.time(), 3600.0, "train"), content)


def _word(fault: Exception) -> str:
    match fault:
        case BackendError():
            return "walls"
        case socket.gaierror():
            return "network"
        case OSError():
            return _FAULTS.get(fault.errno or 0, "raised")
        case MemoryError():
            return "memory"
        case TrustError():
            return "reply"
    return "raised"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
