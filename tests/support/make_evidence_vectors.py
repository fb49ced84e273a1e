"""Make the committed evidence vectors anew, from the repository's root:

    PYTHONPATH=.:tests/support python tests/support/make_evidence_vectors.py

Needed while the first version is unreleased, whenever a contract or a protocol's descriptor changes. The vectors of a
released version are never made anew: they must verify for ever.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from evidence_defects import DEFECTS
from jobtown import HOLDER, Town, agent

from contracts.evidence import anchored
from contracts.evidence.collect import collect_anchor
from contracts.world import AgentRole
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.log.anchor import anchor
from ledger.log.stream import Stream, StreamWriter

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "evidence" / "v1"
STREAM, RECORD = "finance/receipts", b"2019-03-04 receipt 7 paid in full\n"
COMMITTED_DEFECTS = (
    "invented-validators",
    "duplicate-seal",
    "unsorted-seals",
    "not-canonical",
    "signature-missing",
    "signature-of-another-key",
    "authorization-revoked",
    "budget-refunded",
    "figure-changed",
    "withheld-cell-added",
)


def make(folder: Path) -> None:
    """Run the town and write everything it leaves behind."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        town = Town(Path(scratch))
        try:
            sums = town.run_sums()
            town.rotate("registrar-1")
            town.appoint_successors()
            join = town.run_join()
            proof = stream_proof(town, Path(scratch) / "stream")
            files = {"sums.json": town.evidence(sums), "join.json": town.evidence(join)}
            trust = town.trust
        finally:
            town.close()
    other = replace(trust, genesis_hash=bytes(31) + b"\x01")
    written = {name: evidence.encode() for name, evidence in files.items()}
    written |= {"sums.public.json": files["sums.json"].without_figures().encode()}
    written |= {"stream.json": proof, "record.txt": RECORD, "trust.json": trust.encode()}
    written |= {"other-network.trust.json": other.encode()}
    verdicts: list[JsonValue] = [
        verdict("sums.json"),
        verdict("sums.public.json"),
        verdict("join.json"),
        verdict("stream.json", record="record.txt"),
        verdict("sums.json", failed="network", trust="other-network.trust.json"),
        verdict("stream.json", failed="inclusion", record="trust.json"),
    ]
    for name in COMMITTED_DEFECTS:
        build, step = DEFECTS[name]
        written[f"defect.{name}.json"] = build(files["join.json"])
        verdicts.append(verdict(f"defect.{name}.json", failed=step))
    written["verdicts.json"] = canonical.encode(verdicts)
    for name, content in written.items():
        (folder / name).write_bytes(content)


def verdict(file: str, *, failed: str | None = None, trust: str = "trust.json", record: str | None = None) -> JsonValue:
    return {"file": file, "trust": trust, "record": record, "failed": failed}


def stream_proof(town: Town, directory: Path) -> bytes:
    """Anchor a stream of finance's and prove its eighth record."""
    with StreamWriter(directory, STREAM) as writer:
        writer.append([b"receipt %d" % i for i in range(7)] + [RECORD, b"the last one"])
    stream = Stream(directory)
    assert anchor(stream, town.port(agent(HOLDER, AgentRole.OFFICER))) is not None
    return anchored.encode(stream.prove(7), collect_anchor(town.view, STREAM, 9))


if __name__ == "__main__":
    make(FOLDER)
    print(f"{FOLDER}: {len(list(FOLDER.iterdir()))} files")
