"""The notebooks run from top to bottom, and what they show in the repository is what they put out."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import execute
import nbformat
import pytest
from nbformat import NotebookNode

ALONE = "6"
"""Its questions must not meet the answers of other notebooks, so it has a kernel and a town of its own."""
LONGEST = 5
PATHS = execute.names()


@pytest.fixture(scope="module")
def ran() -> dict[str, NotebookNode]:
    alone = [path for path in PATHS if path.name.startswith(ALONE)]
    together = [path for path in PATHS if path not in alone]
    with ThreadPoolExecutor(2) as pool:
        found = [*pool.map(execute.execute, (together, alone))]
    return {path.name: notebook for path, notebook in zip(together + alone, found[0] + found[1], strict=True)}


def test_there_are_six_notebooks_in_their_order() -> None:
    assert [path.name[0] for path in PATHS] == list("123456")


@pytest.mark.slow
@pytest.mark.timeout(900)  # jobs that wait for blocks: two minutes on two free cores
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_in_the_repository_what_it_puts_out(path: Path, ran: dict[str, NotebookNode]) -> None:
    shown, fresh = nbformat.read(path, as_version=4), ran[path.name]
    for kept, cell in zip(shown.cells, fresh.cells, strict=True):
        if execute.is_steady(cell):
            assert execute.said(kept) == execute.said(cell), cell.source
    pictures = [execute.said(cell).count("<picture>") for cell in fresh.cells if cell.cell_type == "code"]
    assert sum(pictures) >= 1
    refused = [output for cell in fresh.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert [fault.ename for fault in refused] == (["CellRefused"] if path.name.startswith("1") else [])


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_narrates_and_calls_and_speaks_both_languages(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            continue
        lines = [line for line in cell.source.splitlines() if not line.lstrip().startswith("%")]
        for node in ast.walk(ast.parse("\n".join(lines) or "pass")):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < LONGEST + 1, node.name
    sections = [c.source for c in notebook.cells if c.cell_type == "markdown" and c.source.startswith("#")]
    assert sections
    for number, section in enumerate(sections):
        assert "**提要**" in section or any("**提要**" in later for later in _until_next(notebook, number)), section


def _until_next(notebook: NotebookNode, number: int) -> list[str]:
    """Return the texts of a section, which may end with its Chinese summary."""
    found, at = [], -1
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            at += cell.source.startswith("#")
            found += [cell.source] if at == number else []
    return found
