"""The catalogues: the same keys and gaps in both, every key that the code names, and commands that there are."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from string import Formatter

import click
import pytest
import typer

from contracts.authorizations.record import Operations
from contracts.oversight.pending.steps import STEPS
from gateway.accounts.caller import Role, Scope
from gateway.command import app
from gateway.pages import markup, serving
from gateway.pages.faults import said
from gateway.pages.reading import STAGES
from gateway.pages.signing import commands, for_step
from gateway.pages.wording import LANGUAGES, Language, Words, catalogue
from gateway.provenance import derivation
from gateway.provenance.graph import Kind, Relation

CODE = Path(serving.__file__).parent
JOBS = CODE.parent.parent / "contracts" / "jobs" / "jobs.vy"
KEY = re.compile(r'\b(?:words|visit\.words)\(\s*"([a-z_-]+\.[a-z_-]+)"')
OPTION = re.compile(r"(?<!\S)--?[a-z-]+")


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_the_same_gaps() -> None:
    zh, en = (catalogue(language) for language in LANGUAGES)
    assert zh.keys() == en.keys()
    assert {key for key in zh if gaps(zh[key]) != gaps(en[key])} == set()


def test_no_words_are_left_in_the_other_language() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    allowed = {"page.brand", "page.other"}
    assert {key for key, text in catalogue("en").items() if han.search(text)} <= allowed
    sentences = {key for key, text in catalogue("zh").items() if len(text) > 30 and not han.search(text)}
    assert sentences <= {"provenance.check"}


@pytest.mark.parametrize(("language", "own", "others"), [("en", "Copy", "复制"), ("zh", "复制", "Copy")])
def test_the_button_of_a_command_is_named_in_the_page_s_language_alone(
    language: Language, own: str, others: str
) -> None:
    made = str(markup.commands("shuxin health", Words(language)("page.copy")))
    assert f'title="{own}" aria-label="{own}"' in made
    assert others not in made


def test_elements_have_no_words_of_their_own() -> None:
    assert re.findall(r"[\u4e00-\u9fff]", Path(markup.__file__).read_text(encoding="utf-8")) == []


def test_every_key_that_the_code_names_is_there() -> None:
    named = {key for path in CODE.rglob("*.py") for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 200
    assert named - catalogue("zh").keys() == set()


def test_every_value_that_is_said_by_its_name_has_words() -> None:
    words = Words("zh")
    wanted = [f"role.{one.value}" for one in Role] + [f"scope.{one.value}" for one in Scope]
    wanted += [f"kind.{one.code}" for one in Kind] + [f"relation.{one.name.lower()}" for one in Relation]
    roles = set(re.findall(r', "([a-z]+)"$', inspect.getsource(derivation), re.MULTILINE))
    roles |= {"contributions", "founding", "model", "release"}
    assert len(roles) > 40
    wanted += [f"edge.{role}" for role in roles]
    wanted += [f"runs.state_{one.name.lower()}" for one in STAGES]
    wanted += [f"runs.move_{name.lower()}" for name in re.findall(r"^event (\w+)", JOBS.read_text(), re.MULTILINE)]
    wanted += [f"asking.operation_{one.name.lower()}" for one in Operations if one.name]
    wanted += [f"{page.name}.{part}" for page in serving.PAGES for part in ("title", "lead")]
    assert [key for key in wanted if not words.has(key)] == []


@pytest.mark.parametrize(
    ("fault", "zh", "en"),
    [
        ("query: say what 请说明", "请说明", "query: say what"),
        ("query: no unit 鄂2/1 here", "query: no unit 鄂2/1 here", "query: no unit 鄂2/1 here"),
        ("account: inbox is not open to citizen", "此内容不向您的身份开放（citizen）。", None),
        ("no unit '鄂9/9' in the book; `shuxin property search` finds codes by a part", "登记簿中没有单元 鄂9/9", None),
        ("search: expected a digest", "请输入64位十六进制摘要", None),
    ],
)
def test_a_fault_is_said_in_the_page_s_language_alone(fault: str, zh: str, en: str | None) -> None:
    assert said(fault, "zh").startswith(zh)
    assert said(fault, "en") == (en or fault)


def test_a_key_that_is_not_there_is_a_bug_and_not_shown() -> None:
    with pytest.raises(KeyError):
        Words("zh")("verify.nonsense")
    with pytest.raises(KeyError):
        Words("zh")("page.block")


def _tree(words: list[str]) -> tuple[click.Command, list[str]]:
    at: click.Command = typer.main.get_command(app)
    while isinstance(at, click.Group) and words and words[0] in at.commands:
        at, words = at.commands[words[0]], words[1:]
    return at, words


@pytest.mark.parametrize("one", [one for one in commands()], ids=lambda one: one.line[:50])
def test_every_command_that_is_shown_is_there_with_its_options(one: object) -> None:
    line = re.sub(r"\{[a-z]+\}", "X", one.line)  # type: ignore[attr-defined]
    command, rest = _tree(line.split()[1:])
    assert not isinstance(command, click.Group), line
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    required = [p for p in command.params if p.required and isinstance(p, click.Option)]
    assert set(OPTION.findall(" ".join(rest))) <= options, line
    assert [p.name for p in required if not {*p.opts, *p.secondary_opts} & set(rest)] == [], line


def test_every_step_of_the_inbox_has_a_command() -> None:
    assert set(STEPS) - {one.of for one in commands()} == set()


def test_what_people_wrote_is_quoted_in_a_command() -> None:
    (stop, _) = for_step("stop-all", None, reason="x'; rm -rf /")
    assert stop.line == """shuxin stop-all --reason 'x'"'"'; rm -rf /' --config node.toml"""
    assert "CODE" in for_step("supply", None, code="0xabcdef")[0].line
