"""The network that the pages speak of, and what is run of them in it, in this order.

It is the one of the worked example in docs/node.md, founded by the page's own lines. Departments 1 to 3 hold further
tables, in the form that the pages of the analyst and the officer name. A stop of the story is a section of a page, run
in the directory of whoever reads it; ``before`` makes what the section takes for granted: a request that somebody else
has sent, a file that lies there.
"""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pageblocks import ROOT, Block, blocks, differs
from readyshell import ReadyShell
from smallnetwork import free_ports

OFFICER, ANALYST, REGISTRAR, COUNTY = (f"net/parties/department-{n}" for n in (1, 4, 3, 2))
YEAR = """
[[assets]]
code = "permits-2025-{n}"
file = "data/permits-2025.csv"
rows = 1000
groups = ["district", "granted"]
[assets.columns]
district = {{type = "text", pattern = "east|west"}}
granted = {{type = "text", pattern = "yes|no"}}
fee = {{type = "integer", minimum = 0, maximum = 100000, scale = 2}}
days = {{type = "integer", minimum = 0, maximum = 365}}
area = {{type = "integer", minimum = 0, maximum = 1000}}
late = {{type = "integer", minimum = 0, maximum = 1}}
closed = {{type = "integer", minimum = 0, maximum = 1}}
"""
PERSONS = """
[[assets]]
code = "{code}"
file = "data/{code}.csv"
rows = 1000
key = "id"
unique = "id"
[assets.columns]
id = {{type = "text", pattern = "[0-9]{{6}}"}}
{column} = {{type = "integer", minimum = 0, maximum = 100000}}
"""
ONLY_FIRST = """
[[assets]]
code = "sales-1"
file = "data/sales.csv"
rows = 1000
[assets.columns.price]
type = "integer"
minimum = 0
maximum = 100000
[[assets]]
code = "visits"
file = "data/visits.csv"
rows = 1000
groups = ["ward"]
[assets.columns.ward]
type = "text"
pattern = "[a-z]+"
"""
ASKED_TOGETHER = (("pays", "pay"), ("care-visits", "visits"))
ROWS = r"""
for n in 1 2 3; do
  { echo district,granted,fee,days,area,late,closed
    seq 1 60 | awk -v n=$n '{printf "%s,%s,%.2f,%d,%d,%d,%d\n", ($1%3 ? "east" : "west"), ($1%5 ? "yes" : "no"),
      30+n*$1, $1*5, 40+$1%17, $1%2, ($1%7>2)}'
  } > net/parties/department-$n/data/permits-2025.csv
done
{ echo price; seq 100 160; } > net/parties/department-1/data/sales.csv
{ echo ward; for n in $(seq 1 20); do echo east; echo west; done; } > net/parties/department-1/data/visits.csv
{ echo id,pay; seq 100001 100060 | awk '{print $1 "," 2000+$1%97}'; } > net/parties/department-1/data/pays.csv
{ echo id,visits; seq 100011 100070 | awk '{print $1 "," $1%31}'; } > net/parties/department-2/data/care-visits.csv
for home in net/parties/*; do cp net/trust.json $home; done
ln -s net/parties/department-1 owner
ln -s net/parties/department-4 office
"""
YEARS_TABLES = """
for n in 1 2 3; do
  owner=../department-$n/node.toml
  mkdir -p tables
  shuxin table describe permits-$n --config $owner -o tables/permits-$n.table.toml
  shuxin table describe permits-2025-$n --config $owner -o tables/permits-2025-$n.table.toml
  shuxin asset draft permits-2025-$n --name "Permits of 2025" --frequency yearly --condition "figures only" --grade 1 \
    --assessment "invented" -o entry-$n.toml --config $owner
  shuxin asset agree permits-2025-$n --entry entry-$n.toml --config $owner
  shuxin asset mount permits-2025-$n --entry entry-$n.toml --config $owner
  for step in draft request; do
    shuxin authorization request permits-2025-$n --owner department-$n -o terms-$n.json --purpose fee-survey \
      --words "Survey of fees" --basis "Statistics Law, article 21" \
      --columns area,closed,days,district,fee,granted,late \
      --operations count,sum,mean,variance,histogram --config node.toml
    [ $step = request ] || shuxin authorization agree terms-$n.json --owner department-$n --config node.toml
  done
  shuxin authorization agree terms-$n.json --config $owner
  shuxin authorization grant terms-$n.json --config $owner
done
shuxin table describe pays --config ../department-1/node.toml -o tables/pays.table.toml
shuxin table describe care-visits --config ../department-2/node.toml -o tables/care-visits.table.toml
printf 'version = 1\\n[joint]\\npermits = ["permits_2025_1", "permits_2025_2", "permits_2025_3"]\\n' > tables/joint.toml
"""
REQUEST = """
for step in draft request; do
  shuxin authorization request permits-1 --owner department-1 -o permits-1.json --purpose fee-outlook \
    --words "Outlook on fees" --basis "Statistics Law, article 21" --columns fee --operations count,sum \
    --config ../department-4/node.toml
  [ $step = request ] ||
    shuxin authorization agree permits-1.json --owner department-1 --config ../department-4/node.toml
done
cp ../../../fees.json spec.json
"""
SALE = """
code = "2026-0001"
type = "transfer"
unit = "2/2025800004"
papers = ["contract.pdf"]
acknowledged = false
[[holder]]
name = "Ann"
share = "1/3"
[[holder]]
name = "Bob"
share = "2/3"
"""
REGISTER = f"""
zcat {ROOT}/data/nyc_sales_5boroughs_2019.csv.gz | sed -n '1p;17600,17660p;20422p' > sales.csv
gzip -k sales.csv
for paper in contract id longer order release title paid-bill; do echo "$paper" > $paper.pdf; done
cat > sale.toml <<'END'{SALE}END
as() {{  # DEPARTMENT FILE NAME: its configuration, to be used from this directory
  sed "s#= \\"\\(state\\|terms\\|keys\\|passphrase\\|tls\\)\\"#= \\"../$1/\\1\\"#" ../$1/$2 > $3.toml
}}
as department-1 node.toml tax
as department-2 node.toml court
as department-2 node.toml housing
as department-2 node.toml county
as authority office.toml authority
"""
WINDOW = """
shuxin property case define one-window --party registrar=department-3 --party tax=department-1 \
  --party housing=department-2 --config authority.toml
"""
EXPLAINED = 'shuxin() { command shuxin "$@" --explain; }'
"""Jobs of every kind of study are run by tests/mpc/studies; here the jobs that a page's words ask for are planned."""
LINE = r"cp data/permits.csv .; sed -n 18p permits.csv | tr -d '\n' > record.txt"
SALES = """
shuxin asset draft sales-1 --name "Sales" --frequency yearly --condition "figures only" --grade 1 \
  --assessment "invented" -o sales.toml --config owner/node.toml
shuxin asset agree sales-1 --entry sales.toml --config owner/node.toml
shuxin asset mount sales-1 --entry sales.toml --config owner/node.toml
"""
SECOND = """
for n in 2 3; do
  sed "s/2026-0001/2026-000$n/" sale.toml > sale-$n.toml
  shuxin property apply sale-$n.toml --config node.toml
done
"""
PAPERS = """
cp ../../../fees/evidence.json ../../../opened.audit ../department-1/proof.json ../department-1/record.txt .
"""
GATEWAY = """
printf 'node = "node.toml"\\nport = 8700\\n' > gateway.toml
"""


@dataclass(frozen=True)
class Stop:
    """One section of a page.

    at: whose directory. files: names of its TOML and JSON blocks, "" for one only shown. first: how its shells begin.
    """

    page: str
    section: str
    at: str = "."
    before: str = ""
    files: tuple[str, ...] = ()
    first: str = ""


STORY = (
    Stop("docs/node.md", "shuxin job run"),
    Stop("docs/audit.md", "A worked example"),
    Stop("docs/node.md", "Streams: shuxin notary", OFFICER, LINE),
    Stop("docs/officer.md", "Each morning", OFFICER),
    Stop("docs/officer.md", "Put a table into the catalogue", OFFICER),
    Stop("docs/officer.md", "Answer a request", OFFICER, REQUEST),
    Stop("docs/officer.md", "How much privacy is left", OFFICER),
    Stop("docs/query.md", "Tables and their descriptions", files=("",)),
    Stop("docs/analyst.md", "What is there to ask", ANALYST, YEARS_TABLES),
    Stop("docs/analyst.md", "What would it cost, and would it be answered", ANALYST, "cp ../../../join.json spec.json"),
    Stop("docs/analyst.md", "Ask", ANALYST),
    Stop("docs/query.md", "In Python"),
    Stop("docs/analyst.md", "Attach the permission", ANALYST),
    Stop("docs/studies.md", "Asking", first=EXPLAINED),
    Stop("docs/budget.md", "Limits take two officers", before=SALES),
    Stop("docs/property.md", "The past: importing a register", REGISTRAR, REGISTER, files=("",)),
    Stop("docs/registrar.md", "Bring in the register as it is", REGISTRAR),
    Stop("docs/registrar.md", "Enter", REGISTRAR),
    Stop("docs/registrar.md", "One window", REGISTRAR, WINDOW),
    Stop("docs/registrar.md", "Answer who asks", REGISTRAR),
    Stop("docs/citizen.md", "At the registrar's page", REGISTRAR),
    Stop("docs/property.md", "Entering", REGISTRAR, SECOND, files=("",)),
    Stop("docs/property.md", "One window: cases", REGISTRAR, files=("",)),
    Stop("docs/property.md", "Queries", REGISTRAR),
    Stop("docs/certificates.md", "Using it", REGISTRAR),
    Stop("docs/citizen.md", "A certificate somebody shows you", REGISTRAR),
    Stop("docs/auditor.md", "One file", REGISTRAR, PAPERS),
    Stop("docs/evidence.md", "Evidence: the format and how to verify it", REGISTRAR),
    Stop("docs/auditor.md", "A folder of files", REGISTRAR, "mkdir folder; cp evidence.json title.json folder"),
    Stop("docs/auditor.md", "Who held this, and under which authorization", REGISTRAR, GATEWAY),
    Stop("docs/auditor.md", "Did a department compute what it signed", REGISTRAR),
    Stop("docs/gateway.md", "Start 启动", REGISTRAR, files=("",)),
    Stop("docs/operator.md", "The index is behind, or wrong", REGISTRAR),
    Stop("docs/officer.md", "Stop", OFFICER),
)


class World:
    """The network of the pages, up; a context manager that stops it."""

    def __init__(self, directory: Path) -> None:
        self.home = directory / "world"
        self.home.mkdir()
        self._shell = ReadyShell(directory / "shell")
        self._up: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._shell.__enter__()
        try:
            self._found()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._up is not None:
            self._up.terminate()
            self._up.wait(30)
        self._shell.__exit__()

    def visit(self, stop: Stop) -> None:
        """Run a section as it stands; a block that fails, or prints something else than is shown, fails the test."""
        at, files = self.home / stop.at, iter(stop.files)
        self._run(stop.before, at)
        printed = ""
        for block in (block for block in blocks(ROOT / stop.page) if block.section == stop.section):
            where = f"{block.page}:{block.line}"
            match block.language:
                case "bash" | "python" if not block.needs:
                    lines = block.text if block.language == "bash" else f"python <<'END'\n{block.text}END\n"
                    printed = self._run(f"{stop.first}\n{lines}", at, where, block.exit_code)
                case "output":
                    assert differs(block.text, printed) == "", where
                case "toml" | "json":
                    if name := next(files):
                        (at / name).write_text(block.text, encoding="utf-8")
        assert next(files, None) is None, f"{stop.page}: fewer files than were named"

    def _found(self) -> None:
        """Do what the worked example does: found, declare, start, enter, authorize, ask."""
        example = [block for block in blocks(ROOT / "docs/node.md") if block.section == "A worked example"]
        found, declared, listed, entered, *asked = example
        ports = free_ports()
        here = f"--chain-port {ports.chain} --relay-port {ports.relay} "
        assert "chain init net " in found.text
        self._run(found.text.replace("chain init net ", f"chain init net {here}"), self.home)
        self._run(ROWS, self.home)
        permits = declared.text[: declared.text.index("\n[[assets]]", 1)]
        pays, visits = (PERSONS.format(code=code, column=name) for code, name in ASKED_TOGETHER)
        tables = {1: declared.text + ONLY_FIRST + pays, 2: permits + listed.text + visits, 3: permits}
        for n, text in tables.items():
            with (self.home / f"net/parties/department-{n}/node.toml").open("a", encoding="utf-8") as file:
                file.write(text.replace("permits-1", f"permits-{n}") + YEAR.format(n=n))
        self._start()
        self._run(entered.text, self.home)
        self._asked(asked)

    def _start(self) -> None:
        log = self.home / "up.log"
        self._up = self._shell.start(["up", "net"], self.home, log)
        end = time.monotonic() + 120
        while "up; Ctrl-C" not in (said := log.read_text()):
            assert self._up.poll() is None, said
            assert time.monotonic() < end, said
            threading.Event().wait(0.2)

    def _asked(self, rest: list[Block]) -> None:
        names = iter(("fees.json", "join.json"))
        printed = ""
        for block in rest:
            where = f"{block.page}:{block.line}"
            match block.language:
                case "json":
                    (self.home / next(names)).write_text(block.text, encoding="utf-8")
                case "bash":
                    printed = self._run(block.text, self.home, where, block.exit_code)
                case "output":
                    assert differs(block.text, printed) == "", where

    def _run(self, lines: str, at: Path, where: str = "", code: int = 0) -> str:
        done = self._shell.run(lines, at)
        assert done.returncode == code, f"{where}: exit code {done.returncode}\n{lines}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, where
        return done.stdout + done.stderr
