"""Verify: drop evidence or a proof, or give a digest; every step as ``shuxin verify`` says it. No account needed.

The check runs here, on the operator's server, with the verifier that everybody can run alone: the page says so and
offers the file. What it does NOT do: keep what was dropped.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Final

from nicegui import ui

from contracts.evidence import bundle
from contracts.evidence.program import judge
from contracts.evidence.records import anchored
from contracts.evidence.register import status
from contracts.evidence.report import ASSURANCE, FAILS, HOLDS, TITLES, Verdict, plain
from gateway.accounts.caller import Scope
from gateway.pages import markup
from gateway.pages.frame import Page
from gateway.pages.markup import Markup
from gateway.pages.uploads import dropped
from gateway.pages.views.proving import holding
from gateway.pages.visit import Visit, card, folded, show
from ledger.errors import InvalidRecord
from ledger.log.record import RECORD_LIMIT
from ledger.proofs import trust as trust_file
from ledger.proofs.trust import Trust

BESIDE: Final = max(RECORD_LIMIT, status.LIMIT)
TRUST: Final = 1 << 20


@dataclass(slots=True)
class Given:
    """What the visitor has dropped so far. trust: the own trust file, None for this gateway's."""

    name: str = ""
    evidence: bytes = field(default=b"", repr=False)
    beside: bytes | None = field(default=None, repr=False)
    trust: Trust | None = None


async def build(visit: Visit) -> None:
    words, given = visit.words, Given()
    with ui.element("div").classes("grid wide"):
        with card(words("verify.file"), testid="verify-card"):

            async def evidence(name: str, data: bytes) -> None:
                given.name, given.evidence, given.beside = name, data, None
                await check(visit, given, result)

            async def beside(_name: str, data: bytes) -> None:
                given.beside = data
                await check(visit, given, result)

            async def own(_name: str, data: bytes) -> None:
                result.clear()
                with result:
                    try:
                        given.trust = trust_file.parse(data)
                    except InvalidRecord as fault:
                        show(visit.fault(fault))
                        return
                    show(markup.note(words("verify.own", chain=given.trust.chain_id), "good", testid="own-trust"))
                if given.evidence:
                    await check(visit, given, result)

            dropped(visit, words("verify.drop"), "evidence", bundle.LIMIT, evidence)
            with folded(words("verify.more"), testid="more"):
                show(markup.tag("p", words("verify.beside")))
                dropped(visit, words("verify.beside_drop"), "beside", BESIDE, beside)
                show(markup.tag("p", words("verify.trust"), style="margin-top:12px"))
                dropped(visit, words("verify.trust_drop"), "trust", TRUST, own)
            result = ui.element("div").style("margin-top:16px")
        with ui.element("div"):
            _convenience(visit)
            with card(words("verify.digest"), testid="digest-card"):
                holding.build(visit)


async def check(visit: Visit, given: Given, result: ui.element) -> None:
    """Verify what was dropped and show every step."""
    trust = given.trust or visit.house.trust
    result.clear()
    with result:
        if not given.evidence:
            show(markup.note(visit.words("verify.first"), "warn", testid="first"))
            return
        try:
            verdict = await visit.read(Scope.VERIFY, lambda: _judge(given, trust))
        except InvalidRecord as fault:
            show(visit.fault(fault), markup.tag("p", visit.words("verify.unreadable"), class_="soft"))
            return
        show(_shown(visit, given, verdict))


def _judge(given: Given, trust: Trust) -> Verdict:
    if anchored.is_stream_proof(given.evidence):
        return judge(given.evidence, trust, record=given.beside)
    return judge(given.evidence, trust, proof=given.beside)


def _shown(visit: Visit, given: Given, verdict: Verdict) -> Markup:
    words, language = visit.words, visit.language
    outcome = {HOLDS: "holds", FAILS: "fails"}.get(verdict.exit_code, "form")
    head = markup.note(
        words("verify.of", name=plain(given.name), size=len(given.evidence)),
        "good" if outcome == "holds" else "bad",
        title=words(f"verify.{outcome}"),
        testid=f"verdict-{outcome}",
    )
    steps = [
        markup.tag(
            "li",
            markup.tag("span", "✓" if step.ok else "✕", class_="mark", aria_hidden="true"),
            markup.tag(
                "span",
                words("verify.yes" if step.ok else "verify.no"),
                " · ",
                words.of(TITLES[step.name]),
                class_="what",
            ),
            markup.tag("span", plain(step.detail.of(language)), class_="detail"),
            class_="" if step.ok else "bad",
            data_testid=f"step-{step.name}",
        )
        for step in verdict.steps
    ]
    parts = [head, markup.tag("ol", steps, class_="steps", data_testid="steps")]
    parts.append(markup.tag("p", words.of(ASSURANCE[verdict.assurance]), class_="soft small"))
    for title, told in (("verify.says", verdict.shown), ("verify.learned", verdict.learned)):
        if told is not None:
            lines = [markup.tag("li", plain(line)) for line in told.of(language).splitlines()]
            parts.append(markup.join(markup.tag("h3", words(title)), markup.tag("ul", lines)))
    if verdict.figures is not None:
        figures = markup.tag(
            "pre",
            plain(json.dumps(verdict.figures, ensure_ascii=False, indent=1)),
            tabindex="0",
            class_="command",
            data_testid="figures",
        )
        parts.append(markup.tag("details", markup.tag("summary", words("verify.figures")), figures))
    return markup.join(*parts)


def _convenience(visit: Visit) -> None:
    words, house = visit.words, visit.house
    with card(words("verify.alone"), testid="convenience"):
        show(markup.tag("p", words("verify.convenience")))
        show(markup.commands("python shuxin-verify.pyz EVIDENCE --trust trust.json", words("page.copy")))
        with ui.element("div").classes("line"):
            if house.verifier is not None:
                show(
                    markup.link(
                        words("verify.download"), "/download/shuxin-verify.pyz", testid="verifier", kind="solid"
                    )
                )
            else:
                show(markup.tag("span", words("verify.absent"), class_="soft", data_testid="verifier-absent"))
            show(markup.link(words("verify.trust_file"), "/download/trust.json", testid="trust-file", kind="plain"))
        show(markup.tag("p", words("verify.out_of_band"), class_="soft small", style="margin:12px 0 0"))


PAGE: Final = Page("verify", Scope.VERIFY, build, "proving")
