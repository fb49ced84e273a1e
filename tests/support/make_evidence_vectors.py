"""Make the committed evidence vectors anew, from the repository's root:

    PYTHONPATH=.:tests/support python tests/support/make_evidence_vectors.py

Needed while the first version is unreleased, whenever a contract or a protocol's descriptor changes. The vectors of a
released version are never made anew: they must verify for ever.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import verticaltown
from certificate_vectors import TRUST, VERDICTS, certificate_files
from ckkstown import run_ckks
from evidence_defects import DEFECTS
from foundedchain import trust_of
from jobtown import Town
from jobtowngenesis import HOLDER, LISTER, REGISTRARS, agent
from noisytown import PERIOD, PRIVACY, noisy, private_holdings
from shaped_vectors import SHAPES, evidence_of, shaped_files
from title_vectors import TRUST as TITLE_TRUST
from title_vectors import VERDICTS as TITLES
from title_vectors import title_files
from trainingtown import BANKS, TrainingTown, asked, holdings

from contracts.evidence import leakage
from contracts.evidence.bundle import Evidence
from contracts.evidence.collect import collect_anchor, collect_voucher
from contracts.evidence.records import anchored
from contracts.vouchers import client as vouchers
from contracts.vouchers.document import Document, Holding
from contracts.vouchers.rules import Ground, Issue, Revoke, Transfer
from contracts.world import AgentRole
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.hashing import keccak256, sha256
from ledger.log.anchor import anchor
from ledger.log.stream import Stream, StreamWriter
from ledger.proofs.trust import Trust

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "evidence" / "v1"
STREAM, RECORD = "finance/receipts", b"2019-03-04 receipt 7 paid in full\n"
LEDGERS = Path(leakage.__file__).parent / "independent" / "ledgers.json"
MODEL_TRUST, PARTS_TRUST = "model.trust.json", "parts.trust.json"
PARTS = {
    "boosted.json": None,
    "scores.json": None,
    "regression.json": None,
    "defect.boosted-leaf.json": "figures",
    "defect.regression-slope.json": "figures",
}
MODELS = {
    "model.json": None,
    "model.public.json": None,
    "model.noised.json": None,
    "defect.model-changed.json": "figures",
    "defect.model-not-anchored.json": "contracts",
}
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
            proof, vouched = stream_proof(town, Path(scratch) / "stream"), voucher_proofs(town)
            files = {"sums.json": town.evidence(sums), "join.json": town.evidence(join)}
            trust = town.trust
        finally:
            town.close()
        files["ckks.json"] = weighed(Path(scratch) / "weighed", trust)
        certified = certificate_files(Path(scratch) / "land")
        modelled = model_files(Path(scratch) / "banks") | parts_files(Path(scratch) / "persons")
        titled = title_files(Path(scratch) / "titles")
    other = replace(trust, genesis_hash=bytes(31) + b"\x01")
    written = {name: evidence.encode() for name, evidence in files.items()}
    written |= {"sums.public.json": files["sums.json"].without_figures().encode()}
    written |= {"stream.json": proof, "record.txt": RECORD, "trust.json": trust.encode()}
    written |= {"other-network.trust.json": other.encode()} | vouched | certified | modelled | titled
    verdicts: list[JsonValue] = [
        verdict("sums.json"),
        verdict("sums.public.json"),
        verdict("join.json"),
        verdict("ckks.json"),
        verdict("stream.json", record="record.txt"),
        verdict("sums.json", failed="network", trust="other-network.trust.json"),
        verdict("stream.json", failed="inclusion", record="trust.json"),
        verdict("voucher.json"),
        verdict("voucher.json", failed="network", trust="other-network.trust.json"),
        verdict("voucher.handed-on.json", failed="holder"),
        verdict("voucher.revoked.json", failed="voucher"),
    ]
    verdicts += [verdict(name, failed=failed, trust=TRUST) for name, failed in VERDICTS.items()]
    verdicts += [verdict(name, failed=failed, trust=MODEL_TRUST) for name, failed in (MODELS | SHAPES).items()]
    verdicts += [verdict(name, failed=failed, trust=PARTS_TRUST) for name, failed in PARTS.items()]
    verdicts += [verdict(name, failed=failed, trust=TITLE_TRUST) for name, failed in TITLES.items()]
    for name in COMMITTED_DEFECTS:
        build, step = DEFECTS[name]
        written[f"defect.{name}.json"] = build(files["join.json"])
        verdicts.append(verdict(f"defect.{name}.json", failed=step))
    written["verdicts.json"] = canonical.encode(verdicts)
    for name, content in written.items():
        (folder / name).write_bytes(content)
    write_ledgers()


def write_ledgers() -> None:
    """Give the second verifier the digests of the protocols' ledgers."""
    known = {protocol: list(digests) for protocol, digests in sorted(leakage.KNOWN.items())}
    LEDGERS.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")


def weighed(directory: Path, trust: Trust) -> Evidence:
    """Run CKKS sums in a town of their own, whose uses of authorizations those of the other jobs do not count with."""
    town = Town(directory)
    try:
        assert town.trust == trust
        return town.evidence(run_ckks(town))
    finally:
        town.close()


def verdict(file: str, *, failed: str | None = None, trust: str = "trust.json", record: str | None = None) -> JsonValue:
    return {"file": file, "trust": trust, "record": record, "failed": failed}


def stream_proof(town: Town, directory: Path) -> bytes:
    """Anchor a stream of finance's and prove its eighth record."""
    with StreamWriter(directory, STREAM) as writer:
        writer.append([b"receipt %d" % i for i in range(7)] + [RECORD, b"the last one"])
    stream = Stream(directory)
    assert anchor(stream, town.port(agent(HOLDER, AgentRole.OFFICER))) is not None
    return anchored.encode(stream.prove(7), collect_anchor(town.view, STREAM, 9))


def model_files(directory: Path) -> dict[str, bytes]:
    """Train a model in another town, and change what its evidence says of a weight and of the anchored waves."""
    with TrainingTown(directory / "exact", holdings(BANKS[:3])) as town:
        found, trust = evidence_of(town, asked(BANKS[:3], rounds=2)), trust_of(town.node.genesis_hash)
    with TrainingTown(directory / "noised", private_holdings(BANKS[:3])) as town:
        spec = noisy(BANKS[:3], rounds=2)
        for bank in BANKS[:3]:
            town.allow(bank, PRIVACY.cost(spec.rounds), PERIOD)
        noised = evidence_of(town, spec)
        assert trust_of(town.node.genesis_hash) == trust
    heavier = found.encode().replace(b'"weights":["', b'"weights":["-').replace(b'"--', b'"')
    assert heavier != found.encode()
    unanchored = replace(found, facts=replace(found.facts, states=found.facts.states[:-1]))
    contents = (found.encode(), found.without_figures().encode(), noised.encode(), heavier, unanchored.encode())
    files = dict(zip(MODELS, contents, strict=True)) | shaped_files(directory, trust)
    return files | {MODEL_TRUST: trust.encode()}


def parts_files(directory: Path) -> dict[str, bytes]:
    """Train trees over columns of three departments and a regression over those of two, ask for scores of the trees,
    and change what a leaf says, and how far a step moved."""
    with TrainingTown(directory / "regression", verticaltown.holdings()) as town:
        regression = evidence_of(town, verticaltown.regression())
        same = trust_of(town.node.genesis_hash).encode()
    with TrainingTown(directory / "trees", verticaltown.holdings()) as town:
        model = evidence_of(town, verticaltown.asked())
        scores = evidence_of(town, verticaltown.scores(model.histories[0].entity))
        trust = trust_of(town.node.genesis_hash).encode()
    assert trust == same
    steep = json.loads(regression.encode())
    steep["disclosure"]["release"]["slope"] = "0.5"
    changed = json.loads(model.encode())
    leaf = changed["disclosure"]["openings"][verticaltown.BANK]["leaves"][0]
    leaf["body"] = ("01" if leaf["body"].startswith("00") else "00") + leaf["body"][2:]
    found = (model.encode(), scores.encode(), regression.encode())
    contents = (*found, canonical.encode(changed), canonical.encode(steep))
    return dict(zip(PARTS, contents, strict=True)) | {PARTS_TRUST: trust}


def voucher_proofs(town: Town) -> dict[str, bytes]:
    """Issue a voucher to finance, hand it on to tax and revoke it; prove it each time as finance would show it."""
    issuer, holder = agent(REGISTRARS[0], AgentRole.OFFICER), agent(HOLDER, AgentRole.OFFICER)
    held, heir = (Holding(party, keccak256(f"holding {party}".encode())) for party in (HOLDER, LISTER))
    start = town.reader.head().timestamp
    document = Document(
        "2026-7", REGISTRARS[0], "grid-use", "Electricity used by street and month", "The grid of the town",
        sha256(b"street,month,kwh\n"), start - 60, start + 90 * 86400, keccak256(b"voucher"),
    )  # fmt: skip
    period = (document.valid_from, document.valid_until)
    issue = Issue(document.id, keccak256(b"asset"), held.commitment, *period)
    found = {}
    for name, key, operation in (
        ("", issuer, vouchers.issue(issue, op_id=b"1" * 32)),
        (".handed-on", holder, vouchers.transfer(Transfer(document.id, held.salt, heir.commitment), op_id=b"2" * 32)),
        (".revoked", issuer, vouchers.revoke(Revoke(document.id, Ground.FALSEHOOD, held.salt), op_id=b"3" * 32)),
    ):
        town.submit(key, operation)
        found[f"voucher{name}.json"] = collect_voucher(town.view, document, held).encode()
    return found


if __name__ == "__main__":
    make(FOLDER)
    print(f"{FOLDER}: {len(list(FOLDER.iterdir()))} files")
