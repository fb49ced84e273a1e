"""EXPLAIN: how a query would be answered, before anybody is asked: jobs, who reads what, bytes, time, cost, leakage.

Everything follows from the plan and the protocols' declarations, which the tests hold against real messages. Bytes are
the most that a department could send: messages whose length is padded by data are taken at their declared bound. Times
are estimates from the benchmarks, for one core a department. Whether the owners' nodes agree, and whether a budget has
enough left, nobody knows before they are asked; ``shuxin budget estimate`` reads the budgets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contracts.evidence import leakage
from gateway.statistics import previewing
from ledger.canonical import JsonValue
from mpc.kinds.registry import kind_of
from mpc.node.attempts.frame import framed
from mpc.privacy import budget
from mpc.protocols.descriptor import COURIER
from mpc.protocols.schedule import simulate_courier
from mpc.protocols.words import Language, Text
from mpc.spec.aligned import AlignedSpec
from mpc.spec.job import JobSpec
from mpc.sql.planning.plan import Plan

CHAIN_S = 6.0
"""Six waits for a block of one second (``benchmarks/job_steps.py``)."""

_HEADS: Mapping[str, Mapping[Language, str]] = {
    "job": {"en": "job {number} of {all}: {protocol}", "zh": "任务 {number}/{all}:{protocol}"},
    "cost": {
        "en": "  about {seconds:.0f} s, at most {bytes:,} bytes a department, {cost} micro-rho of each asset's budget",
        "zh": "  约 {seconds:.0f} 秒,每个部门至多发送 {bytes:,} 字节,每项资产消耗预算 {cost} micro-rho",
    },
    "reads": {"en": "  {party} ({role}) reads {columns}", "zh": "  {party}({role})读取 {columns}"},
    "gets": {"en": "  {party} gets the opened figures", "zh": "  {party} 得到已公开的数值"},
    "told": {
        "en": "  {parties} are told which of their keys all owners hold",
        "zh": "  {parties} 被告知己方哪些标识为各方共有",
    },
    "learned": {"en": "  who learns what, and under which assumptions:", "zh": "  各方得知什么,以及假设:"},
    "local": {
        "en": "HAVING, ORDER BY, LIMIT and arithmetic: here, over figures that were opened",
        "zh": "HAVING、ORDER BY、LIMIT 及算术:在本地对已公开的数值计算",
    },
}
_ROLES: Mapping[str, str] = {
    "recipient": "结果接收方",
    "owner": "数据提供方",
    "holder": "数值方",
    "lister": "名单方",
    "engine": "参与计算的数据提供方",
    "provider": "不参与计算的数据提供方",
    "matcher": "比对方",
    "named": "被点名方",
    "unnamed": "未被点名方",
    "evaluator": "执行求和的提供方",
    "keyholder": "持有密钥的提供方",
}


@dataclass(frozen=True, slots=True)
class Share:
    """What one department does in a job. most_bytes: the most it could send to others."""

    party: str
    role: str
    columns: tuple[str, ...]
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Explained:
    """One job of a plan. rule: why the plan has these jobs, where others would give the same."""

    spec: JobSpec
    shares: tuple[Share, ...]
    seconds: float
    micro_rho: int
    rule: Text | None = None

    @property
    def most_bytes(self) -> int:
        return max(share.most_bytes for share in self.shares)

    def learned(self, language: Language) -> tuple[str, ...]:
        """Say who learns what."""
        return leakage.sentences(framed(kind_of(self.spec).described()).record(), language)

    def json(self, language: Language) -> dict[str, JsonValue]:
        shares: list[JsonValue] = [
            {"party": s.party, "role": s.role, "columns": list(s.columns), "most_bytes": s.most_bytes}
            for s in self.shares
        ]
        return {
            "statistic": self.spec.statistic,
            "specification": self.spec.json(),
            "parties": shares,
            "seconds": self.seconds,
            "micro_rho": self.micro_rho,
            "learned": list(self.learned(language)),
            **({} if self.rule is None else {"rule": self.rule.of(language)}),
        }


def explain(plan: Plan) -> tuple[Explained, ...]:
    """Explain every job of a plan."""
    return tuple(replace(_explained(spec), rule=plan.rule) for spec in plan.jobs)


def lines(explained: tuple[Explained, ...], language: Language) -> list[str]:
    """Say it to people."""
    told = [rule.of(language) for rule in dict.fromkeys(found.rule for found in explained) if rule is not None]
    for number, found in enumerate(explained, 1):
        owners = ", ".join(f"{source.party}/{source.asset}" for source in found.spec.sources)
        protocol = kind_of(found.spec).title.of(language).format(owners=owners)
        told.append(_HEADS["job"][language].format(number=number, all=len(explained), protocol=protocol))
        numbers = {"seconds": found.seconds, "bytes": found.most_bytes, "cost": found.micro_rho}
        told.append(_HEADS["cost"][language].format(**numbers))
        told += [_share(share, language) for share in found.shares]
        if isinstance(found.spec, AlignedSpec):
            told.append(_HEADS["told"][language].format(parties=", ".join(found.spec.told)))
        told += [_HEADS["learned"][language], *(f"    - {line}" for line in found.learned(language))]
    return [*told, _HEADS["local"][language]]


def role_in(role: str, language: Language) -> str:
    """Say what a department is in a job."""
    return _ROLES.get(role, role) if language == "zh" else role


def _share(share: Share, language: Language) -> str:
    if not share.columns:
        return _HEADS["gets"][language].format(party=share.party)
    role = role_in(share.role, language)
    return _HEADS["reads"][language].format(party=share.party, role=role, columns=", ".join(share.columns))


def _explained(spec: JobSpec) -> Explained:
    kind, sent = kind_of(spec), _most_sent(spec)
    seen = {party: previewing.preview(spec, party, "en").columns for party in spec.parties}
    shares = tuple(Share(party, kind.role(party), read, sent[party]) for party, read in seen.items())
    seconds = CHAIN_S + kind.seconds()
    return Explained(spec, shares, seconds, max(charge.micro_rho for charge in budget.charges(spec)))


def _most_sent(spec: JobSpec) -> Counter[str]:
    """Add up what each party would send if nothing is withheld and every side brings all it may."""
    kind = kind_of(spec)
    whole = framed(kind.described())
    owners = [source.party for source in spec.sources]  # what passes from one to the next goes in this order, or theirs
    cast: dict[str, list[str]] = {role.name: [] for role in whole.roles}  # some roles nobody plays in this job
    cast |= {"owner": owners if kind.is_joined else sorted(owners), "recipient": [spec.recipient]}
    for source in spec.sources:
        if (role := kind.role(source.party)) != "owner":
            cast[role].append(source.party)
    numbers = {**previewing.public_numbers(spec), "turns": 1, **kind.most_numbers()}
    found: Counter[str] = Counter()
    for line in simulate_courier(whole, cast, {name: numbers[name] for name in numbers.keys() & whole.known(COURIER)}):
        found[line.sender] += line.size
    return found
