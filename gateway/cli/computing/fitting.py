"""How a regression by steps is asked: one job a step, each told, each with its evidence; asked again, it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from gateway.cli.computing.querying import Request
from gateway.cli.computing.studying import ask_queries, show
from gateway.cli.tongue import Tongue
from ledger.canonical import JsonValue

if TYPE_CHECKING:
    from mpc.spec.moments import MomentsSpec
    from mpc.sql.answering.rows import Answer
    from mpc.sql.planning.plan import Plan
    from mpc.studies.generalised import Ask
    from mpc.studies.study import Finding

STEP = {Tongue.EN: "step {number}", Tongue.ZH: "第 {number} 步"}
STEPS = {
    Tongue.EN: "this is the first step of at most {most}; the others are jobs like it, at other coefficients",
    Tongue.ZH: "以上为第一步;其后每一步(共不超过 {most} 步)为系数不同的同类任务",
}


class Dialogue(Protocol):
    """What a command needs of a study whose next job follows from the last (``mpc.studies.generalised``)."""

    @property
    def base(self) -> str: ...
    @property
    def queries(self) -> tuple[str, ...]: ...
    def first(self, planned: Plan, answers: tuple[Answer, ...]) -> MomentsSpec: ...
    def fit(self, planned: Plan, first: MomentsSpec, ask: Ask) -> Finding: ...


def answer(study: Dialogue, request: Request, explain: bool) -> None:
    """Ask the steps of a fit until it converges, and show it; or explain the first step."""
    _, planned = request.plan(study.base)
    if explain:
        before = [request.plan(sql)[1] for sql in study.queries]
        request.explain_plans(*before, replace(planned, jobs=(study.first(planned, ()),)))
        if not request.as_json:
            from mpc.inference.generalised import MOST_STEPS

            print(STEPS[request.language].format(most=MOST_STEPS))
        return
    results = ask_queries(study.queries, replace(request, output=request.output / "start")) if study.queries else []
    asked = [result.json() for result in results]

    def ask(spec: MomentsSpec, number: int) -> Mapping[str, str]:
        if not request.as_json:
            print(STEP[request.language].format(number=number))
        done = request.ask_job(spec, request.output / f"step-{number}")
        path, digest = done.evidence
        proof: JsonValue = {"job": "0x" + done.job.hex(), "file": str(path), "sha256": digest}
        asked.append({"specification": spec.json(), "evidence": [proof]})
        cells: Mapping[str, str] = done.release["cells"]
        return cells

    first = study.first(planned, tuple(result.answer for result in results))
    show(study.fit(planned, first, ask), asked, request)
