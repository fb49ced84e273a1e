"""The guard on what the catalogue states: grades of columns, terms of private questions, the statement in force."""

from dataclasses import replace

import granting
import pytest
from guardedjob import COLUMNS, Case

from contracts.authorizations.terms import identifier
from contracts.entries.statement import Graded, Statement
from mpc.node.guarding.guard import code
from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


def graded(**grades: int) -> Statement:
    """The statement of the sales with some grades raised."""
    plain = granting.stated("sales-2019", *COLUMNS)
    return replace(plain, columns=tuple(Graded(name, grades.get(name, 1)) for name in COLUMNS))


def test_a_column_above_the_recipients_level_is_not_read(case):
    case.state(graded(sale_price=2))
    case.refused(code("grade: recipient's level"), "sale_price has grade 2, audit-office level 1")
    case.facts.levels[identifier("audit-office")] = 2
    case.permitted()


def test_a_column_the_job_does_not_read_may_have_any_grade(case):
    columns = (*(Graded(name, 1) for name in COLUMNS), Graded("owner", 4))
    case.state(replace(graded(), columns=tuple(sorted(columns, key=lambda column: column.name))))
    case.permitted()


@pytest.mark.parametrize(
    ("column", "grade", "leaves"), [("borough", 2, True), ("borough", 3, False), ("sale_price", 4, True)]
)
def test_columns_that_are_computed_with_only_label_no_released_figure(case, column, grade, leaves):
    case.facts.levels[identifier("audit-office")] = 4
    case.state(graded(**{column: grade}))
    if leaves:
        case.permitted()
    else:
        case.refused(code("grade: compute only"), "borough is computed with only")


def test_a_node_without_the_statement_in_force_takes_no_part(case):
    case.state(graded(sale_price=2), is_in_force=False)
    case.refused(code("entry: not in force"), "another entry of sales-2019 in force")
    (case.guard.entries / "sales-2019.json").unlink()
    case.refused(code("entry: not in force"), "nothing is stated of asset sales-2019")
    case.state(graded())
    case.permitted()


def test_the_terms_of_private_questions_are_those_of_the_catalogue(case):
    asset = case.guard.assets["sales-2019"]
    bounds, keys = {"sale_price": (0, 2_000_000)}, {}
    terms = Declaration(
        "bbl", Neighbours.ONE_UNIT, 5, 1, bounds, keys, UnitsAt.ONE, 1, Nulls.REFUSED, asset.period, -40
    )
    case.guard.assets["sales-2019"] = replace(asset, privacy=terms)
    stated = "the terms of private questions on sales-2019 are not those of the catalogue"
    case.refused(code("entry: not in force"), stated)
    loosened = replace(terms, max_rows=4)
    case.state(granting.stated("sales-2019", *COLUMNS, privacy=loosened))
    case.refused(code("entry: not in force"), stated)
    case.state(granting.stated("sales-2019", *COLUMNS, privacy=terms))
    case.refused(code("job: privacy"), "the asset is declared private")


def test_every_term_of_private_questions_is_in_the_condition_of_the_catalogue() -> None:
    terms = Declaration(
        "bbl", Neighbours.ONE_UNIT, 5, 1, {"sale_price": (0, 9)}, {"borough": ("1",)}, UnitsAt.ONE, 1, Nulls.REFUSED,
        "2019", -40,
    )  # fmt: skip
    others = {
        "unit": "lot", "max_rows": 4, "max_groups": 2, "bounds": {"sale_price": (0, 10)}, "groups": {}, "colluders": 2,
        "units_at": UnitsAt.SEVERAL, "period": "2020", "delta_log2": -41,
    }  # fmt: skip
    conditions = {replace(terms, **{name: value}).condition for name, value in others.items()}
    assert len(conditions | {terms.condition}) == len(others) + 1


def test_an_ungraded_column_is_not_read(case):
    case.state(granting.stated("sales-2019", "bbl", "borough"))
    case.refused(code("entry: not in force"), "no graded column sale_price")
