from pathlib import Path

import pytest

from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.tables.sensitivity import Dominance, Percent, Sensitivity
from mpc.node import config
from mpc.tables.schema import Integer, Text

GOOD = """
party = "finance"
state = "state"
terms = "terms"

[chain]
url = "https://127.0.0.1:8545"
certificate = "network/chain.pem"
trust = "network/trust.json"
parties = "network/parties"

[relay]
url = "https://127.0.0.1:8600"
certificate = "network/relay.pem"

[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
validator = "validator"

[limits]
minimum = 10
message_timeout_s = 30

[[assets]]
code = "sales-2019"
file = "sales.csv"

[assets.columns.bbl]
type = "text"
pattern = "[1-5][0-9]{9}"

[assets.columns.sale_price]
type = "integer"
minimum = 0
maximum = 4294967296
"""


def load(tmp_path, text):
    path = tmp_path / "dept.toml"
    path.write_text(text, encoding="utf-8")
    return config.load(path)


def test_a_configuration_is_read_with_paths_beside_the_file(tmp_path):
    read = load(tmp_path, GOOD)
    assert read.party == "finance"
    assert read.keys == tmp_path / "keys"
    assert read.key_names.validator == "validator"
    assert read.chain.certificate == tmp_path / "network/chain.pem"
    assert read.assets["sales-2019"].schema.columns == {
        "bbl": Text("[1-5][0-9]{9}"),
        "sale_price": Integer(0, 1 << 32),
    }
    assert (read.minimum, read.contributors, read.message_timeout_s) == (10, 3, 30.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('party = "finance"', "", "party is missing"),
        ('party = "finance"', "party = 7", "party must be a text"),
        ('state = "state"', 'state = "state"\nlangauge = "zh"', "unknown fields langauge"),
        ('type = "integer"', 'type = "float"', "type must be integer, date or text"),
        ("maximum = 4294967296", "", "maximum is missing"),
        ("minimum = 0", 'minimum = "0"', "minimum must be an integer"),
        ("minimum = 10", "minimum = 1", "minimum must be in 2..100"),
        ("minimum = 10", "contributors = 2", "contributors must be in 3..24"),
        ("minimum = 10", "contributors = 25", "contributors must be in 3..24"),
        ('certificate = "network/relay.pem"', "", "https needs the server's certificate"),
        (
            'url = "https://127.0.0.1:8545"\ncertificate = "network/chain.pem"',
            'url = "http://chain.example:8545"',
            "plain http",
        ),
        ('url = "https://127.0.0.1:8545"', 'url = "ftp://127.0.0.1"', "https needs"),
        ("[keys]", "[keyz]", "keys is missing"),
        ("party =", "party ==", "dept.toml"),
    ],
)
def test_a_faulty_configuration_names_the_field(tmp_path, old, new, said):
    with pytest.raises(InvalidRecord) as refused:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert said in str(refused.value)


def test_a_node_may_name_the_encryptions_it_takes_part_under(tmp_path):
    path = tmp_path / "node.toml"
    path.write_text(GOOD)
    assert config.load(path).noise.additive == ("okamoto-uchiyama", "paillier-djn", "paillier")
    path.write_text(GOOD.replace("[limits]", '[limits]\nadditive = ["paillier"]'))
    assert config.load(path).noise.additive == ("paillier",)
    path.write_text(GOOD.replace("[limits]", '[limits]\nadditive = ["rsa"]'))
    with pytest.raises(InvalidRecord, match="additive encryptions"):
        config.load(path)


def test_a_missing_configuration_is_not_found():
    with pytest.raises(NotFound, match="no such configuration"):
        config.load(Path("absent.toml"))


SENSITIVE = """
[assets.sensitivity]
respondent = "bbl"
percent = 10
largest = 2
share = 80
"""


def with_sensitivity(text):
    """Put the rules behind the first asset's columns."""
    return GOOD + text


def test_an_asset_may_declare_rules_against_dominated_cells(tmp_path):
    path = tmp_path / "node.toml"
    path.write_text(with_sensitivity(SENSITIVE))
    *_, last = config.load(path).assets.values()
    assert last.schema.sensitivity == Sensitivity("bbl", (Percent(10), Dominance(2, 80)))
    path.write_text(with_sensitivity("[assets.sensitivity]\npercent = 5\n"))
    *_, last = config.load(path).assets.values()
    assert last.schema.sensitivity == Sensitivity(None, (Percent(5),))


@pytest.mark.parametrize("text", [
    "[assets.sensitivity]\n", "[assets.sensitivity]\npercent = 101\n", "[assets.sensitivity]\nlargest = 2\n",
    "[assets.sensitivity]\npercent = 5\nrespondent = 'nobody'\n", "[assets.sensitivity]\npercent = 5\nmore = 1\n",
])  # fmt: skip
def test_rules_that_say_nothing_or_name_no_column_are_refused(tmp_path, text):
    path = tmp_path / "node.toml"
    path.write_text(with_sensitivity(text))
    with pytest.raises(InvalidRecord):
        config.load(path)


PRIVACY = (
    GOOD.replace('code = "sales-2019"', 'code = "sales-2019"\nperiod = "2019"')
    + """
[assets.privacy]
unit = "bbl"
neighbours = "add-or-remove-one-unit"
max_rows = 5
max_groups = 1
units_at = "one owner"
colluders = 2
nulls = "refused"
delta_log2 = -40

[assets.privacy.bounds.sale_price]
low = 0
high = 2000000

[assets.privacy.groups]
bbl = ["1"]
"""
)
UNGROUPED = PRIVACY.replace('bbl = ["1"]\n', "")


def test_a_declaration_for_private_questions_is_read_whole(tmp_path):
    declared = load(tmp_path, UNGROUPED).assets["sales-2019"].privacy
    assert declared is not None
    assert (declared.period, declared.bounds, declared.max_rows) == ("2019", {"sale_price": (0, 2_000_000)}, 5)
    assert load(tmp_path, GOOD).assets["sales-2019"].privacy is None


LINES = [line for line in UNGROUPED[UNGROUPED.index("[assets.privacy]") :].splitlines() if "=" in line]


@pytest.mark.parametrize("line", [*LINES, 'period = "2019"'])
def test_a_declaration_has_no_defaults(tmp_path, line):
    with pytest.raises(InvalidRecord, match=f"{line.split()[0]} is missing"):
        load(tmp_path, UNGROUPED.replace(line + "\n", "", 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "bbl"', 'unit = "sale_price"', "right type"),
        ("bounds.sale_price", "bounds.bbl", "right type"),
        ("bounds.sale_price", "bounds.area", "right type"),
        ('neighbours = "add-or-remove-one-unit"', 'neighbours = "replace"', "neighbours must be one of"),
        ('nulls = "refused"', 'nulls = "zero"', "nulls must be one of"),
        ('units_at = "one owner"', 'units_at = "two owners"', "one owner, several owners"),
        ("high = 2000000", "high = 0", "low < high"),
        ("delta_log2 = -40", "delta_log2 = -40\nepsilon = 1", "unknown fields epsilon"),
    ],
)
def test_a_faulty_declaration_is_refused(tmp_path, old, new, said):
    with pytest.raises(InvalidRecord, match=said):
        load(tmp_path, UNGROUPED.replace(old, new, 1))


def test_groups_are_not_the_unit(tmp_path):
    declared = load(tmp_path, PRIVACY).assets["sales-2019"].privacy
    with pytest.raises(InvalidRecord, match="not units"):
        declared.protection("sale_price", 0, "bbl")


RETIRED = """
[[keys.retired]]
seal = "seal-2025"

[[keys.retired]]
seal = "seal-2025"
statement = "statement-2024"
"""


def test_retired_keys_are_pairs_and_what_is_left_out_is_the_key_in_use(tmp_path):
    assert load(tmp_path, GOOD).key_names.retired == ()
    pairs = load(tmp_path, GOOD + RETIRED).key_names.retired
    assert pairs == (
        config.RetiredKeys("seal-2025", "statement"),
        config.RetiredKeys("seal-2025", "statement-2024"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[keys.retired]]\n", "names the keys in use"),
        ('[[keys.retired]]\nseal = "seal"\n', "names the keys in use"),
        ('[[keys.retired]]\nseals = "seal-2025"\n', "unknown fields seals"),
        ("[[keys.retired]]\nseal = 3\n", "seal must be a text"),
    ],
)
def test_retired_keys_that_make_no_sense_are_refused(tmp_path, text, said):
    with pytest.raises(InvalidRecord, match=said):
        load(tmp_path, GOOD + text)


ENGINE = """
[engine]
environment = "spu"
listen = "0.0.0.0:7100"
reached = "node.example:7100"
"""


def test_an_engine_is_named_by_where_it_is_and_how_it_is_reached(tmp_path):
    read = load(tmp_path, GOOD + ENGINE)
    assert read.engine is not None
    assert read.engine.directory == tmp_path / "spu"
    assert (str(read.engine.listen), str(read.engine.reached)) == ("0.0.0.0:7100", "node.example:7100")
    assert "install-spu" in (read.engine.fault() or "")
    assert load(tmp_path, GOOD).engine is None
    plain = load(tmp_path, GOOD + ENGINE.replace('reached = "node.example:7100"', ""))
    assert plain.engine is not None
    assert plain.engine.reached == plain.engine.listen


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('environment = "spu"', "", "environment is missing"),
        ("0.0.0.0:7100", "0.0.0.0", "host:port"),
        ("node.example:7100", "node.example:99999", "host:port"),
        ("[engine]", "[engine]\nprotocol = 'SEMI2K'", "unknown fields protocol"),
    ],
)
def test_a_faulty_engine_names_the_field(tmp_path, old, new, said):
    with pytest.raises(InvalidRecord) as refused:
        load(tmp_path, GOOD + ENGINE.replace(old, new, 1))
    assert said in str(refused.value)


def test_a_node_names_whom_it_takes_not_to_pool_and_nobody_unasked(tmp_path):
    path = tmp_path / "node.toml"
    path.write_text(GOOD)
    assert config.load(path).noise.apart == ()
    path.write_text(GOOD.replace("[limits]", '[limits]\napart = ["finance", "tax"]'))
    assert config.load(path).noise.apart == ("finance", "tax")
    path.write_text(GOOD.replace("[limits]", '[limits]\napart = ["The tax office"]'))
    with pytest.raises(InvalidRecord, match="by their codes"):
        config.load(path)
