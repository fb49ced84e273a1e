"""A title for people: shares as bars, what stands against it in red, how it came to that, and the proof."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from contracts.evidence.register.entered import TYPES as APPLIED
from contracts.evidence.title.sentences import KINDS, STANDINGS
from contracts.evidence.title.title import PAST_ONLY, Burden, Holder, Registration, Title, moment
from gateway.index.refusals import Refusal
from gateway.pages import markup
from gateway.pages.markup import Markup
from gateway.pages.visit import Visit, button, card, show
from gateway.pages.wording import Words
from gateway.property.titles.answer import Answer
from gateway.property.titles.showing import TYPES

UNSTATED: Final = "not stated in source"
"""What the shipped profiles put where a source names no holder."""

_KINDS: Final = {kind.name.lower(): words for kind, words in KINDS.items()}


def shown(visit: Visit, answer: Answer, refused: Sequence[Refusal] | None) -> None:
    """Put an answer on the page. refused: applications about the unit; None where no index could be asked."""
    title = answer.title
    show(_head(visit, answer))
    with ui.element("div").classes("grid"):
        with card(visit.words("rights.holders"), testid="holders"):
            show(_holders(visit, title.holders))
        with card(visit.words("rights.burdens"), testid="burdens"):
            show(_burdens(visit, title))
    with card(visit.words("rights.timeline"), testid="timeline"):
        show(timeline(visit.words, title.registrations, refused or ()))
        show(markup.tag("p", visit.words(_beneath(refused)), class_="soft small", data_testid="refused-lead"))
    _proof(visit, answer)


def _head(visit: Visit, answer: Answer) -> Markup:
    title, words = answer.title, visit.words
    standing = STANDINGS[title.standing] if visit.is_zh else title.standing
    as_of = (
        words("rights.as_of", n=title.block, time=_short(moment(title.time))) if title.block else words("rights.past")
    )
    return markup.tag(
        "div",
        markup.tag("h2", title.code or title.unit.hex()[:16], style="margin:6px 0 2px;font-size:20px"),
        markup.tag(
            "p",
            markup.chip(standing, "info"),
            " ",
            markup.tag("span", as_of, class_="soft"),
            " ",
            markup.chip(words("rights.number", n=answer.query), "", data_testid="query-number"),
        ),
        markup.tag("p", words("rights.now", codes=", ".join(answer.successors))) if answer.successors else "",
        data_testid="title-head",
    )


def _holders(visit: Visit, holders: Sequence[Holder]) -> Markup:
    if not holders:
        return markup.empty(visit.words("rights.no_holder"), testid="no-holder")
    rows = [
        (
            _said(visit.words, holder.name)
            or markup.join(visit.words("rights.closed"), " ", markup.digest(holder.commitment, 12)),
            markup.join(markup.bar(float(holder.share), label=str(holder.share))),
            str(holder.share),
        )
        for holder in holders
    ]
    heads = [visit.words("rights.holder"), "", visit.words("rights.share")]
    return markup.table(heads, rows, testid="holder-table", numbers=(2,))


def _burdens(visit: Visit, title: Title) -> Markup:
    words, place = visit.words, int(visit.is_zh)
    if not title.burdens:
        if title.standing == PAST_ONLY:
            return markup.note(words("rights.past_burdens"), "quiet", testid="past-burdens")
        absent = ("、" if visit.is_zh else ", ").join(KINDS[kind][place] for kind in title.absent)
        return markup.note(words("rights.free", kinds=absent), "good", testid="free")
    return markup.join(*(_burden(visit, burden) for burden in title.burdens))


def _burden(visit: Visit, burden: Burden) -> Markup:
    words = visit.words
    until = words("rights.queued") if burden.is_queued else _short(moment(burden.until)) if burden.until else "—"
    by = burden.by or f"{burden.party.hex()[:12]}…"
    pairs = [
        (words("rights.entered"), _short(moment(burden.entered))),
        (words("rights.until"), until),
        (words("rights.by"), by),
        (words("rights.for"), burden.beneficiary or "—"),
    ]
    if burden.rank:
        pairs.insert(0, (words("rights.rank"), str(burden.rank)))
    ban = markup.join(" ", markup.chip(words("rights.ban"), "bad")) if burden.bans_transfer else markup.NONE
    head = markup.tag("p", markup.tag("strong", KINDS[burden.kind][visit.is_zh]), ban)
    return markup.tag(
        "div", head, markup.facts(pairs), class_="note bad", data_testid=f"burden-{burden.kind.name.lower()}"
    )


def timeline(words: Words, steps: Sequence[Registration], refused: Sequence[Refusal]) -> Markup:
    """Return entries and refused applications, the newest first."""
    placed = [(step.block, _step(words, step)) for step in steps]
    placed += [(one.place.block_number, _refused(words, one)) for one in refused]
    if not placed:
        return markup.empty(words("rights.no_step"))
    placed.sort(key=lambda pair: pair[0])
    return markup.tag("ol", [said for _, said in reversed(placed)], class_="timeline")


def _beneath(refused: Sequence[Refusal] | None) -> str:
    return "rights.unlooked" if refused is None else "rights.refused_lead"


def _refused(words: Words, one: Refusal) -> Markup:
    ground = words(f"rights.ground_{one.ground}")
    told = words("rights.refused_ground", n=one.ground, ground=ground, digest=one.reason.hex()[:12])
    place = words("page.block", n=one.place.block_number)
    return markup.tag(
        "li",
        markup.tag("span", f"{_short(moment(one.time))} · {place}", class_="when"),
        markup.tag("div", markup.tag("strong", words("rights.refused", kind=APPLIED[one.kind][_is_zh(words)]))),
        markup.tag("div", told, class_="soft"),
        class_="bad",
        data_testid="refused",
    )


def _step(words: Words, step: Registration) -> Markup:
    type = TYPES.get(step.type, step.type) if _is_zh(words) else step.type
    what = type if step.of == "title" else f"{_KINDS[step.of][_is_zh(words)]} · {type}"
    place = words("page.block", n=step.block) if step.block else words("rights.past_step")
    return markup.tag(
        "li",
        markup.tag("span", f"{_short(step.when) or '—'} · {place}", class_="when"),
        markup.tag("div", markup.tag("strong", what)),
        markup.tag("div", _content(words, step), class_="soft"),
        class_="" if step.of == "title" else "bad",
    )


def _content(words: Words, step: Registration) -> str:
    match step.record:
        case {"price": int(price), "currency": str(currency), "holder": str(holder)}:
            return f"{price:,} {currency} · {_said(words, holder)}"
    shares = ((_said(words, one.name) or f"{one.commitment.hex()[:12]}…", one.share) for one in step.holders)
    return "; ".join(f"{name} {share}" for name, share in shares)


def _said(words: Words, name: str) -> str:
    return words("rights.unstated") if name == UNSTATED else name


def _is_zh(words: Words) -> bool:
    return words.language == "zh"


def _proof(visit: Visit, answer: Answer) -> None:
    words = visit.words
    with card(words("rights.proof"), testid="proof"):
        if not answer.proof:
            show(markup.note(words("rights.unproven"), "warn", testid="unproven"))
            return
        show(markup.note(words("rights.proven"), "good", testid="proven"))
        show(markup.commands("shuxin verify title.json --trust trust.json", words("page.copy")))
        button(
            words("rights.download"),
            "download-proof",
            lambda: ui.download.content(answer.proof, "title.json", "application/json"),
        )


def _short(when: str) -> str:
    return when[:16].replace("T", " ")
