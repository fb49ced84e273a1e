"""``shuxin asset``: what a department offers, stated, agreed to by its head, and entered in the catalogue on chain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import head_of, officer_of
from gateway.cli.telling import await_head, tell
from gateway.cli.tongue import Language, Tongue
from ledger.errors import Conflict, InvalidRecord, NotFound
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from contracts.entries.statement import Statement
    from mpc.node.assets import AssetConfig
    from mpc.node.config import NodeConfig

app = typer.Typer(help="Check a node's tables; enter data sets in the catalogue.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="The owner's node configuration.")]
Code = Annotated[str, typer.Argument(help="The asset's code, as in node.toml.")]
Entry = Annotated[Path, typer.Option("--entry", help="What the catalogue shall say; 'shuxin asset draft' begins it.")]

TEXTS = {
    "name": "名称", "items": "数据项", "format": "格式", "frequency": "更新频率", "method": "共享方式",
    "secrecy_assessment": "保密风险评估", "personal_assessment": "个人信息保护影响评估",
}  # fmt: skip
CATEGORIES = {"UNCONDITIONAL": "无条件共享", "CONDITIONAL": "有条件共享", "NOT_SHARED": "不予共享"}
GRADES = {"GENERAL": "一般数据", "IMPORTANT": "重要数据", "CORE": "核心数据"}
SECRETS = {"NONE": "不涉密", "WORK": "工作秘密", "STATE": "国家秘密"}
PERSONAL = {"NONE": "否", "PERSONAL": "是", "SENSITIVE": "敏感个人信息"}


@app.callback()
def asset() -> None:
    """Enter data sets in the catalogue."""


@app.command()
def draft(
    code: Code,
    config: Config,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to fill in.")],
    name: Annotated[str, typer.Option(help="What the data set is called.")] = "",
    frequency: Annotated[str, typer.Option(help="How often it is updated.")] = "",
    condition: Annotated[str, typer.Option(help="The condition it is shared on; the file may name more.")] = "",
    assessment: Annotated[str, typer.Option(help="What both assessments found, of secrets and of persons.")] = "",
    grade: Annotated[int, typer.Option(min=1, max=4, help="Of every column, until the file says otherwise.")] = 4,
    language: Language = Tongue.EN,
) -> None:
    """Begin the entry of an asset: every element of article 13, every column at the strictest grade."""
    from contracts.entries.statement import template

    read = _read(config, code)
    if output.exists():
        raise Conflict(f"{output}: is there already; fill it in, or name another file")
    asset = read.assets[code]
    words = {
        "name": name,
        "items": ", ".join(sorted(asset.schema.columns)),
        "format": asset.file.suffix.removeprefix("."),
        "frequency": frequency,
        "method": "joint computation",
        "secrecy_assessment": assessment,
        "personal_assessment": assessment,
    }
    output.write_text(template(asset.schema.columns, words, condition, grade), encoding="utf-8")
    command = f"shuxin asset agree {code} --entry {output} --config {config}"
    told = Text(
        f"complete {output}; then the head of the sharing body of {read.party} runs\n  {command}",
        f"请填写 {output}；然后由 {read.party} 的共享工作机构负责人执行\n  {command}",
    )
    print(told.of(language.value))


@app.command()
def agree(code: Code, config: Config, entry: Entry, language: Language = Tongue.EN) -> None:
    """Agree, as head of the sharing body, to exactly this entry."""
    read = _read(config, code)
    statement = _statement(read, code, entry)
    with head_of(read) as head:
        _explain(statement, language)
        then = Text(
            f"next, the officer runs: shuxin asset mount {code} --entry {entry}",
            f"下一步，经办人执行：shuxin asset mount {code} --entry {entry}",
        )
        done = Text(f"agreed to by the head of {read.party}", f"{read.party} 负责人已同意")
        tell(code, done, head.agree_to_entry(statement), language, then=then)


@app.command()
def mount(
    code: Code,
    config: Config,
    entry: Entry,
    item: Annotated[str, typer.Option(help="Item code; one source per item (default: the asset).")] = "",
    language: Language = Tongue.EN,
) -> None:
    """Enter an asset of this department in the catalogue, or put another entry in force for it."""
    from gateway.statute.officers import AwaitingHead
    from gateway.statute.sharing.entering import Entering

    read = _read(config, code)
    statement = _statement(read, code, entry)
    with officer_of(read) as officer:
        try:
            receipt = Entering(officer).mount(statement, item or f"item-{code}")
        except AwaitingHead:
            command = f"shuxin asset agree {code} --entry {entry} --config {config}"
            await_head(code, read.party, command, language)
            return
        tell(code, Text(f"mounted by {officer.party}", f"已由 {officer.party} 登记目录"), receipt, language)


@app.command()
def source(
    item: Annotated[str, typer.Argument(help="The item's code.")],
    config: Config,
    language: Language = Tongue.EN,
) -> None:
    """Say whether an item is shared already, so that nobody collects it again (article 19)."""
    from gateway.statute.sharing.entering import supplier

    with officer_of(config) as officer:
        found = supplier(officer, item)
    if not found:
        told = Text(f"{item}: nobody supplies it by sharing", f"{item}：尚无部门共享提供")
    else:
        told = Text(
            f"{item}: shared already as asset {found.hex()}; ask for it, do not collect it again (article 19, R07)",
            f"{item}：已由数据资源 {found.hex()} 共享提供；请申请共享，不得重复收集（第19条，R07）",
        )
    print(told.of(language.value))


@app.command()
def check(config: Config, language: Language = Tongue.EN) -> None:
    """Read every table against its declaration, as a job would; nothing leaves this machine."""
    from mpc.node import config as node_config
    from mpc.tables.table import Table

    assets = node_config.load(config).assets
    if not assets:
        raise NotFound(f"{config}: no [[assets]] are declared")
    for asset in assets.values():
        of = _version(asset)
        with closing(Table(asset.file, asset.schema)) as table:
            told = Text(
                f"{asset.code}: {table.rows} rows, as declared{of}",
                f"{asset.code}：{table.rows} 行，与声明一致{of}",
            )
            print(told.of(language.value))


@app.command()
def snapshot(code: Code, config: Config, language: Language = Tongue.EN) -> None:
    """Take the table of a database as it is now; jobs use this version until the next one is taken."""
    import os
    from datetime import UTC, datetime

    from mpc.sources import snapshot as snapshots

    asset = _read(config, code).assets[code]
    if asset.source is None:
        raise InvalidRecord(f"asset {code}: it is a file, {asset.file.name}; only a [assets.source] has snapshots")
    found = snapshots.take(code, asset.source, asset.schema, asset.file, datetime.now(UTC), os.environ)
    told = Text(
        f"{code}: {found.rows} rows as of {found.taken_at}, sha256 {found.digest}",
        f"{code}：截至 {found.taken_at} 共 {found.rows} 行，sha256 {found.digest}",
    )
    print(told.of(language.value))


@app.command()
def publish(code: Code, config: Config, language: Language = Tongue.EN) -> None:
    """Publish the table as it is now: its row count, which everybody may then read, and a salted root over its rows."""
    from gateway.statute.sharing.entering import Entering

    read = _read(config, code)
    with officer_of(read) as officer:
        edition, receipt = Entering(officer).publish(read.assets[code])
        rows = edition.rows
        done = Text(f"{rows} rows published by {officer.party}", f"{officer.party} 已发布 {rows} 行")
        tell(code, done, receipt, language)


def _version(asset: AssetConfig) -> str:
    """Say which snapshot of a database is read; nothing of a file."""
    if asset.source is None:
        return ""
    from mpc.sources import snapshot as snapshots

    return f" ({snapshots.taken(asset.code, asset.file).taken_at})"


def _statement(read: NodeConfig, code: str, entry: Path) -> Statement:
    from gateway.statute.sharing import entering

    return entering.salted(read.entries, entering.read(entry, read.assets[code]))


def _explain(statement: Statement, language: Tongue) -> None:
    """Say what the head agrees to."""
    if language is Tongue.ZH:
        print("\n".join(_explained(statement)))
        return
    words = (*statement.texts.items(), *(("law", statement.law),) * bool(statement.law))
    for name, text in (*words, *(("condition", text) for text in statement.conditions)):
        print(f"  {name.replace('_', ' ')}: {text}")
    sharing = statement.category.name.lower().replace("_", " ")
    print(f"  sharing: {sharing}; grade {statement.grade.name.lower()}; secrecy {statement.secrecy.name.lower()}")
    for column in statement.columns:
        print(f"  column {column.name}: grade {column.grade}, personal information: {column.personal.name.lower()}")


def _read(config: Path, code: str) -> NodeConfig:
    from mpc.node import config as node_config

    read = node_config.load(config)
    if code not in read.assets:
        raise NotFound(f"{config}: no asset {code!r} here; it declares {', '.join(read.assets) or 'none'}")
    return read


def _explained(statement: Statement) -> Iterator[str]:
    for name, text in statement.texts.items():
        yield f"  {TEXTS[name]}：{text}"
    if statement.law:
        yield f"  不予共享的依据：{statement.law}"
    for text in statement.conditions:
        yield f"  共享条件：{text}"
    sharing, grade = CATEGORIES[statement.category.name], GRADES[statement.grade.name]
    yield f"  共享属性：{sharing}；级别：{grade}；保密审查：{SECRETS[statement.secrecy.name]}"
    for column in statement.columns:
        yield f"  字段 {column.name}：{column.grade} 级，个人信息：{PERSONAL[column.personal.name]}"
