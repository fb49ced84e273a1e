"""The feature table is that of its data, and what it names exists."""

from __future__ import annotations

import pytest
from features import PAGE, Feature, missing, page, read

from mpc.studies.catalogue import ENTRIES

SOURCES, FEATURES = read()


def test_the_page_is_made_of_its_data() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_test_that_is_named_exists() -> None:
    assert list(missing(FEATURES)) == []
    invented = Feature(
        "sql", "a", "甲", (), tests=("mpc/studies/test_features.py::test_that_nobody_wrote", "none.py::*")
    )
    assert list(missing((invented,))) == list(invented.tests)


def test_every_study_is_a_feature_and_every_peer_has_a_source() -> None:
    assert {name for feature in FEATURES for name in feature.studies} == {entry.name for entry in ENTRIES}
    assert {name for feature in FEATURES for name in feature.peers} <= {source.name for source in SOURCES}


def test_a_feature_without_tests_and_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="either tests or a reason"):
        Feature("sql", "a", "甲", ("SCQL",))
