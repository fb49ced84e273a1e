"""Bounds, declarations and codes of assets as a node's configuration gives them, and what it refuses to start with."""

import pytest
from townspecs import parcels_csv

from ledger.errors import InvalidRecord
from mpc.node import config
from mpc.node.guarding.limits import NoiseLimits
from mpc.node.guarding.probing import ProbingLimits
from mpc.node.messages.sealed_channel import Bounds

TARGET = "1000010001"


CONFIG = """
party = "finance"
state = "state"
terms = "terms"
[chain]
url = "http://127.0.0.1:8545"
trust = "trust.json"
parties = "parties"
[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
[limits]
epsilon_milli = 50
[[assets]]
code = "sales"
file = "sales.csv"
key = "bbl"
groups = ["borough"]
rows = 500
[assets.columns.bbl]
type = "text"
pattern = "[0-9]{10}"
[assets.columns.borough]
type = "text"
pattern = "[1-5]"
"""
SECOND = """
[[assets]]
code = "{code}"
file = "{file}"
[assets.columns.bbl]
type = "text"
pattern = "[0-9]{{10}}"
"""


def load(directory, text):
    path = directory / "node.toml"
    path.write_text(text)
    return config.load(path)


def test_key_groups_rows_and_noise_are_read_from_the_configuration(tmp_path):
    read = load(tmp_path, CONFIG)
    schema = read.assets["sales"].schema
    assert (schema.key, schema.groups, schema.rows) == ("bbl", ("borough",), 500)
    assert read.noise == NoiseLimits(50, -40)
    plain = load(tmp_path, CONFIG.replace("rows = 500\n", ""))
    assert plain.assets["sales"].schema.rows == 1 << 20
    for wrong in ('groups = "borough"', "groups = [1]"):
        with pytest.raises(InvalidRecord, match="list of texts"):
            load(tmp_path, CONFIG.replace('groups = ["borough"]', wrong))
    with pytest.raises(InvalidRecord, match="delta"):
        load(tmp_path, CONFIG.replace("epsilon_milli = 50", "epsilon_milli = 0"))


def test_the_data_period_of_an_asset_is_declared_or_all(tmp_path):
    assert load(tmp_path, CONFIG).assets["sales"].period == "all"
    declared = CONFIG.replace("rows = 500", 'rows = 500\nperiod = "2019"')
    assert load(tmp_path, declared).assets["sales"].period == "2019"
    for wrong in ("", "2019/1", "Ä", "x" * 64):
        with pytest.raises(InvalidRecord, match="data period"):
            load(tmp_path, CONFIG.replace("rows = 500", f'rows = 500\nperiod = "{wrong}"'))


@pytest.mark.parametrize("file", ["sales.csv", "./x/../sales.csv", "link.csv"])
def test_one_file_under_two_codes_is_refused(tmp_path, file):
    """Two codes are two unrelated things to the audit: the same rows answered under both subtract."""
    (tmp_path / "x").mkdir()
    (tmp_path / "sales.csv").write_text(parcels_csv([TARGET]))
    (tmp_path / "link.csv").symlink_to(tmp_path / "sales.csv")
    with pytest.raises(InvalidRecord, match="one file each"):
        load(tmp_path, CONFIG + SECOND.format(code="again", file=file))
    assert len(load(tmp_path, CONFIG + SECOND.format(code="other", file="other.csv")).assets) == 2
    with pytest.raises(InvalidRecord, match="one code"):
        load(tmp_path, CONFIG + SECOND.format(code="sales", file="other.csv"))


def test_bounds_on_probing_and_memory_are_read_from_the_configuration(tmp_path):
    asked = "daily_jobs = 5\ndaily_jobs_all = 6\njoins_of_pair = 7\nsizes_of_pair = 8\n"
    asked += "scores_daily = 9\nscores_of_person = 3\n"
    held = "message_mib = 2\nunread_mib = 3\nmessages = 44\n"
    read = load(tmp_path, CONFIG.replace("[limits]\n", f"[limits]\n{asked}{held}"))
    assert read.probing == ProbingLimits(5, 6, 7, 8, 9, 3)
    assert (read.bounds.body_bytes, read.bounds.unread_bytes, read.bounds.messages) == (2 << 20, 3 << 20, 44)
    assert (load(tmp_path, CONFIG).probing, load(tmp_path, CONFIG).bounds) == (ProbingLimits(), Bounds())
    for wrong in ("joins_of_pair = 0", "scores_daily = 0", "message_mib = 0", "messages = 0"):
        with pytest.raises(InvalidRecord):
            load(tmp_path, CONFIG.replace("[limits]\n", f"[limits]\n{wrong}\n"))


@pytest.mark.parametrize("minimum", [1, 101])
def test_a_node_asks_for_a_minimum_of_two_to_a_hundred(tmp_path, minimum):
    assert load(tmp_path, CONFIG.replace("[limits]\n", "[limits]\nminimum = 100\n")).minimum == 100
    with pytest.raises(InvalidRecord, match=r"2\.\.100"):
        load(tmp_path, CONFIG.replace("[limits]\n", f"[limits]\nminimum = {minimum}\n"))
