from pathlib import Path

import pytest

from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.sensitivity import Dominance, Percent, Sensitivity
from mpc.node import config
from mpc.tables import Integer, Text

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
    assert (read.minimum, read.message_timeout_s) == (10, 30.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('party = "finance"', "", "party is missing"),
        ('party = "finance"', "party = 7", "party must be a text"),
        ('state = "state"', 'state = "state"\nlangauge = "zh"', "unknown fields langauge"),
        ('type = "integer"', 'type = "float"', "type must be integer or text"),
        ("maximum = 4294967296", "", "maximum is missing"),
        ("minimum = 0", 'minimum = "0"', "minimum must be an integer"),
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
