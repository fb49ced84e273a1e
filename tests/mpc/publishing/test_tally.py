"""Counting a file into a table: margins, respondents, hierarchies, and faults named by file, line and column."""

import gzip

import pytest

from ledger.errors import InvalidRecord, NotFound
from mpc.publishing import tally as tally_module
from mpc.publishing.tally import Columns, count

ROWS = "town,kind,fee,who\nA1,x,10.5,ann\nA1,x,2,ann\nA1,y,3,bob\nA2,x,4,cyd\nB1,y,5,dan\n"
TREE = "code,parent\nA1,A\nA2,A\nB1,B\n"


def silently(text):
    del text


@pytest.fixture
def files(tmp_path):
    (tmp_path / "t.csv").write_text(ROWS)
    (tmp_path / "towns.csv").write_text(TREE)
    return tmp_path


def tallied(files, columns=None, name="t.csv"):
    columns = columns or Columns(("town", "kind"), "fee", 1, "who")
    return count(files / name, columns, {"town": files / "towns.csv"}, silently)


def figure(tally, figures, *codes):
    at = [d.codes.index(code) for d, code in zip(tally.grid.dimensions, codes, strict=True)]
    return figures[tally.grid.number(at)]


def test_cells_margins_and_respondents_are_counted(files):
    tally = tallied(files)
    assert figure(tally, tally.counts, "*", "*") == 5
    assert figure(tally, tally.counts, "A", "x") == 3
    assert figure(tally, tally.sums, "A", "*") == 195
    assert figure(tally, tally.respondents, "A1", "x") == 1  # two rows, one respondent
    assert figure(tally, tally.respondents, "A", "*") == 3
    assert figure(tally, tally.counts, "B", "x") == 0


def test_a_frequency_table_adds_its_counts_up(files):
    (files / "f.csv").write_text("town,kind,n\nA1,x,7\nA1,x,5\nB1,y,30\n")
    tally = tallied(files, Columns(("town", "kind"), count="n"), "f.csv")
    assert figure(tally, tally.counts, "A", "x") == 12
    assert tally.sums is None
    assert list(tally.respondents) == list(tally.counts)


def test_a_byte_order_mark_before_the_header_is_no_part_of_a_name(files):
    (files / "t.csv").write_text(ROWS, encoding="utf-8-sig")
    assert tallied(files).counts[0] == 5


def test_a_compressed_file_and_flat_columns_need_no_hierarchy(files):
    with gzip.open(files / "t.csv.gz", "wt") as file:
        file.write(ROWS)
    tally = count(files / "t.csv.gz", Columns(("town",)), {}, silently)
    assert tally.grid.dimensions[0].codes == ("*", "A1", "A2", "B1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("town,kind,fee\nA1,x,1\n", "line 1: column 'who' is missing"),
        ("town,kind,fee,who,who\nA1,x,1,a,b\n", "line 1: column 'who' is missing or there twice"),
        ("town,kind,fee,who\nA1,x,1,ann\nA1,x\n", "line 3: 2 columns, the header has 4"),
        ("town,kind,fee,who\nA1,x,1,ann\nA1,x,dear,bob\n", "line 3: column 'fee' is not a number"),
        ("town,kind,fee,who\nA1,x,1.25,ann\n", "line 2: column 'fee' has more than 1 decimals"),
        ("town,kind,fee,who\nA1,x,-1,ann\n", r"line 2: column 'fee' lies outside 0\.\.2\^49"),
        ("town,kind,fee,who\nA1,x,NaN,ann\n", "line 2: column 'fee' has more"),
        ("town,kind,fee,who\nA1,x,1e999999,ann\n", "line 2: column 'fee' is not a number"),
        (f"town,kind,fee,who\nA1,x,1.{'0' * 60}1,ann\n", "line 2: column 'fee' is not a number"),
        ("town,kind,fee,who\nA1,,1,ann\n", "line 2: column 'kind' is empty"),
        ("town,kind,fee,who\nA1,*,1,ann\n", "line 2: column 'kind' is empty"),
        ('town,kind,fee,who\nA1,x,1,ann\n\nA9,"x",1,ann\n', "line 3: 0 columns"),
        ("town,kind,fee,who\nA1,x,1,ann\nA9,x,1,ann\n", "line 3: column 'town': 'A9' is no lowest category"),
        ("town,kind,fee,who\nA,x,1,ann\n", "line 2: column 'town': 'A' is no lowest category"),
        ("town,kind,fee,who\n", "no rows"),
        ("", "empty"),
    ],
)
def test_a_fault_is_named_by_file_line_and_column(files, text, said):
    (files / "t.csv").write_text(text)
    with pytest.raises(InvalidRecord, match=said) as fault:
        tallied(files)
    assert "t.csv" in str(fault.value)


def test_the_largest_total_is_exact_and_one_more_is_refused(files):
    half = tally_module.MAX_AMOUNT // 2
    (files / "big.csv").write_text(f"town,kind,n\nA1,x,{half}\nB1,y,{half}\n")
    columns = Columns(("town", "kind"), count="n")
    tally = tallied(files, columns, "big.csv")
    assert figure(tally, tally.counts, "*", "*") == 2 * half
    (files / "big.csv").write_text(f"town,kind,n\nA1,x,{half}\nB1,y,{half + 1}\n")
    with pytest.raises(InvalidRecord, match=r"the total exceeds 2\^49"):
        tallied(files, columns, "big.csv")


def test_a_total_that_only_its_decimals_make_too_large_is_refused(files):
    each = (1 << 48) // 1000
    (files / "money.csv").write_text("town,kind,fee,who\n" + "".join(f"A1,x,{each},w{n}\n" for n in range(3)))
    assert tallied(files, Columns(("town", "kind"), "fee", 2, "who"), "money.csv").sums[0] == 300 * each
    with pytest.raises(InvalidRecord, match="the total exceeds"):
        tallied(files, Columns(("town", "kind"), "fee", 3, "who"), "money.csv")


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_without_that_bound_machine_words_wrap(files, monkeypatch):
    monkeypatch.setattr(tally_module, "MAX_AMOUNT", 1 << 70)
    rows = "".join(f"A1,x,{(1 << 62) + n}\n" for n in range(2))
    (files / "big.csv").write_text("town,kind,n\n" + rows)
    tally = tallied(files, Columns(("town", "kind"), count="n"), "big.csv")
    assert figure(tally, tally.counts, "*", "*") < 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code\nA1\n", "column 'parent' is missing"),
        ("code,parent\nA1,A\nA1,B\n", "line 3: column 'code': 'A1'"),
        ("code,parent\n*,A\n", "line 2"),
        ("code,parent\nA,B\nB,A\n", "its own ancestor"),
    ],
)
def test_a_faulty_hierarchy_is_named(files, text, said):
    (files / "towns.csv").write_text(text)
    with pytest.raises(InvalidRecord, match=said):
        tallied(files)


def test_files_that_are_not_there_and_columns_that_contradict_are_refused(files):
    with pytest.raises(NotFound, match=r"none\.csv"):
        tallied(files, name="none.csv")
    with pytest.raises(InvalidRecord, match="hierarchy for 'town'"):
        count(files / "t.csv", Columns(("kind",)), {"town": files / "towns.csv"}, silently)
    for columns in ((("a", "a"),), ((),), (("a",), "a"), (("a",), "v", 7), (("a",), "v", 0, None, "n")):
        with pytest.raises(InvalidRecord, match="table"):
            Columns(*columns)
