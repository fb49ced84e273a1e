"""Run the notebooks, each cell once and from the top.

    python notebooks/execute.py         all of them, each in a kernel of its own; outputs are written into the files
    python notebooks/execute.py 2 5     those whose names begin so

Cells with the tag ``varies`` put out what is different every time (digests, blocks, noise); of the others a test holds
that what stands in the files is what they put out.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 300
VARIES = "varies"
ANEW = """\
get_ipython().extension_manager.loaded.discard("gateway.notebook")
%reset -f"""
_MASKS = (
    (re.compile(r"/\S*town-\w+"), "<town>"),
    (re.compile(r"\b(0x)?[0-9a-f]{8,}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-f]{8,}(?=\.\.\.)"), "<digest>"),
    (re.compile(r"refused by registrar-\w+"), "refused by <a registrar>"),
    (re.compile(r"\d{4}-\d{2}-\d{2}T[\d:]+(\+08:00|Z)"), "<time>"),
    (re.compile(r"block (?:in )?\d+|\d+ (?:bytes|blocks)|\b1[789]\d{8}\b"), "<number>"),
)


def names() -> list[Path]:
    """Return the notebooks in their order."""
    return sorted(HERE.glob("[0-9]_*.ipynb"))


def execute(paths: Sequence[Path]) -> list[NotebookNode]:
    """Run notebooks one after the other in one kernel, each in an empty namespace; raises CellExecutionError."""
    here = str(HERE.parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    kernel = KernelManager(kernel_name="python3", shutdown_wait_time=60.0)
    done = []
    try:
        for path in paths:
            notebook = nbformat.read(path, as_version=4)
            notebook.cells.insert(0, nbformat.v4.new_code_cell(ANEW))
            NotebookClient(
                notebook, km=kernel, timeout=TIMEOUT_S, record_timing=False, resources={"metadata": {"path": HERE}}
            ).execute()
            del notebook.cells[0]
            done.append(notebook)
    finally:
        if kernel.has_kernel:
            kernel.shutdown_kernel()  # which lets the town stop and clear its directory
    return done


def said(cell: NotebookNode) -> list[str]:
    """Return what a cell put out as text, without what differs from run to run; a picture is only named."""
    found, last = list[str](), ""
    for output in cell.outputs:
        before, last = last, output.get("name", "")
        match output.output_type:
            case "stream" if last == before:  # what a cell prints arrives in pieces, as time has it
                found[-1] += _masked(output.text)
            case "stream":
                found.append(_masked(output.text))
            case "error":
                found.append(f"{output.ename}: {_masked(output.evalue)}")
            case _ if "image/png" in output.data:
                found.append("<picture>")
            case _:
                found.append(_masked(output.data.get("text/plain", "")))
    return found


def is_steady(cell: NotebookNode) -> bool:
    """Say whether a cell puts out the same every time."""
    return cell.cell_type == "code" and VARIES not in cell.metadata.get("tags", ())


def _masked(text: str) -> str:
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def main(chosen: Sequence[str]) -> None:
    """Run the chosen notebooks and write their outputs into them."""
    for path in names():
        if chosen and not path.name.startswith(tuple(chosen)):
            continue
        print(path.name, flush=True)
        (notebook,) = execute([path])
        for number, cell in enumerate((c for c in notebook.cells if c.cell_type == "code"), start=1):
            cell.execution_count = number
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = number
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main(sys.argv[1:])
