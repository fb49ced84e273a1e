"""Build the contracts' artefacts: ``python -m contracts.build [--check]``.

Compiles every ``contracts/<area>/<area>.vy`` and writes ``contracts/artefacts/<Name>.json``; with ``--check`` it writes
nothing and fails unless a rebuild gives the committed files byte for byte, so that anybody can tie the code on chain
to the source he reads. Compiler and target are pinned: both decide bytecode AND storage slots, on which every storage
proof hangs, so changing either would break all proofs of contracts already deployed.

The only module that imports the compiler; it is a development tool and not needed to run anything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import vyper
from vyper.ast.nodes import FunctionDef
from vyper.compiler.input_bundle import FilesystemInputBundle
from vyper.compiler.output import build_abi_output, build_layout_output
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import OptimizationLevel, Settings, anchor_settings
from vyper.semantics.types import HashMapT, StructT
from vyper.semantics.types.base import VyperType
from vyper.semantics.types.module import ModuleT

from ledger.hashing import keccak256

COMPILER = "0.4.3"
EVM_VERSION = "london"
MAX_LINES = 250
# EIP-170 allows 24,576 bytes, but a deployment also has to fit into the gas cap of one transaction: 200 gas a byte.
MAX_RUNTIME = 18_000

ROOT = Path(__file__).resolve().parent
ARTEFACTS = ROOT / "artefacts"
_TITLE = re.compile(r"^# @title ([A-Z][A-Za-z]+)$", re.MULTILINE)


def sources(root: Path = ROOT) -> list[Path]:
    """List the contracts: each area's source of the same name. Modules they share are not contracts."""
    return sorted(path for path in root.glob("*/*.vy") if path.stem == path.parent.name)


def build(source: Path, root: Path = ROOT) -> dict[str, object]:
    """Compile one contract and return its artefact.

    Raises:
        ValueError: the installed compiler is another version, or the source breaks a convention.
    """
    if vyper.__version__.split("+")[0] != COMPILER:
        raise ValueError(f"vyper: expected {COMPILER}, got {vyper.__version__}")
    bundle = FilesystemInputBundle([root.parent])
    file = bundle.load_file(source.relative_to(root.parent))
    settings = Settings(evm_version=EVM_VERSION, optimize=OptimizationLevel.GAS)
    # The target is a global of the compiler: outside this block it would silently be the default again.
    with anchor_settings(settings):
        data = CompilerData(file, input_bundle=bundle, settings=settings)
        bytecode, runtime = data.bytecode, data.bytecode_runtime
        abi, layout = build_abi_output(data), build_layout_output(data)["storage_layout"]
    texts = {source.relative_to(root).as_posix(): file.source_code} | _module_texts(data.global_ctx, root)
    artefact = {
        "name": _title(source.name, texts),
        "compiler": f"vyper {COMPILER}",
        "evm_version": EVM_VERSION,
        "abi": abi,
        "bytecode": bytecode.hex(),
        "runtime": runtime.hex(),
        "layout": _flat_layout(layout),
        "members": {name: members for name, members in _members(data.global_ctx) if members},
        "code_hash": keccak256(runtime).hex(),
        "source_sha256": _digest(texts),
    }
    _check_conventions(artefact, texts, data)
    return artefact


def render(artefact: dict[str, object]) -> str:
    """Return the one text form of an artefact."""
    return json.dumps(artefact, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the artefacts, or check that the committed ones are what the sources give."""
    parser = argparse.ArgumentParser(prog="python -m contracts.build", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a rebuild differs")
    parser.add_argument("areas", nargs="*", help="only these areas, e.g. notary")
    options = parser.parse_args(arguments)
    chosen = [path for path in sources() if not options.areas or path.stem in options.areas]
    built = {f"{artefact['name']}.json": render(artefact) for artefact in map(build, chosen)}
    if options.check:
        differing = [name for name, text in built.items() if _read(ARTEFACTS / name) != text]
        if not options.areas:
            differing += [path.name for path in ARTEFACTS.glob("*.json") if path.name not in built]
        for name in differing:
            print(f"differs from its source: {name}", file=sys.stderr)
        return 1 if differing else 0
    ARTEFACTS.mkdir(exist_ok=True)
    for name, text in built.items():
        (ARTEFACTS / name).write_text(text, encoding="ascii")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="ascii") if path.exists() else None


def _title(name: str, texts: dict[str, str]) -> str:
    own = next(iter(texts.values()))
    found = _TITLE.search(own)
    if not found:
        raise ValueError(f"{name}: no line '# @title Name'")
    return found[1]


def _modules(module: ModuleT) -> Iterator[ModuleT]:
    """Yield the modules a contract imports, directly or not."""
    for info in module.imported_modules.values():
        yield info.module_t
        yield from _modules(info.module_t)


def _module_texts(module: ModuleT, root: Path) -> dict[str, str]:
    paths = {Path(found._module.resolved_path).resolve() for found in _modules(module)}
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in sorted(paths)}


def _digest(texts: dict[str, str]) -> str:
    """Hash the contract's source and its modules', in the manner of ``sha256sum``: digest, two spaces, path."""
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {path}\n" for path, text in sorted(texts.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _flat_layout(layout: dict[str, dict[str, object]]) -> dict[str, int]:
    """Map each storage variable to its slot; a module's variables stand beside the contract's own."""
    flat: dict[str, int] = {}
    for name, entry in layout.items():
        slot = entry.get("slot")
        found = {name: slot} if isinstance(slot, int) else _flat_layout(entry)  # type: ignore[arg-type]
        if flat.keys() & found.keys():
            raise ValueError(f"layout: {sorted(flat.keys() & found.keys())} declared twice")
        flat |= found
    return flat


def _members(module: ModuleT) -> Iterator[tuple[str, dict[str, int]]]:
    """Yield, for each variable that ends in a struct, its members and their offsets in slots."""
    for name, info in module.variables.items():
        kind = info.typ
        while isinstance(kind, HashMapT):
            kind = kind.value_type
        yield name, _offsets(kind) if isinstance(kind, StructT) else {}
    for imported in _modules(module):
        yield from _members(imported)


def _offsets(struct: StructT) -> dict[str, int]:
    offsets, offset = {}, 0
    for name, kind in struct.members.items():
        offsets[name] = offset
        offset += _slots(kind)
    return offsets


def _slots(kind: VyperType) -> int:
    return int(kind.storage_size_in_words)


def _check_conventions(artefact: dict[str, object], texts: dict[str, str], data: CompilerData) -> None:
    """Refuse what readers, proofs or deployments could not live with."""
    name, runtime = artefact["name"], data.bytecode_runtime
    for path, text in texts.items():
        if (lines := text.count("\n")) > MAX_LINES:
            raise ValueError(f"{path}: {lines} lines, at most {MAX_LINES}")
    if len(runtime) > MAX_RUNTIME:
        raise ValueError(f"{name}: runtime of {len(runtime)} bytes, at most {MAX_RUNTIME}")
    if data.global_ctx.immutable_section_bytes:
        raise ValueError(f"{name}: immutables would give each deployment another code hash")
    for function in data.annotated_vyper_module.get_children(FunctionDef):
        if not function.get("doc_string") and not function.name.startswith("_"):
            raise ValueError(f"{name}.{function.name}: no NatSpec")
    for entry in _events(artefact):
        inputs = entry["inputs"]
        indexed = [item["name"] for item in inputs if item["indexed"]]
        if indexed != [inputs[0]["name"]] or inputs[1]["name"] != "n":
            raise ValueError(f"{name}.{entry['name']}: expected (entity: indexed, n, ...), got {indexed} indexed")
        topic = f"{entry['name']}({','.join(str(item['type']) for item in inputs)})"
        if keccak256(topic.encode()) not in runtime:
            raise ValueError(f"{name}: declared event {topic} is never recorded")


def _events(artefact: dict[str, object]) -> list[dict[str, list[dict[str, object]]]]:
    """Return the event entries of an artefact's ABI."""
    abi = artefact["abi"]
    assert isinstance(abi, list)
    return [entry for entry in abi if entry["type"] == "event"]


if __name__ == "__main__":
    sys.exit(main())
