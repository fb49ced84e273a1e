"""A network with budgets, and in it a job that all have accepted."""

from __future__ import annotations

import pytest
from budgetedjob import JOB, ONE, OWNERS, RHO
from budgeting import Budgeting
from sharing import OFFICE


@pytest.fixture
def town() -> Budgeting:
    town = Budgeting()
    for party in OWNERS:
        town.authorize(party)
    return town


@pytest.fixture
def accepted(town: Budgeting) -> Budgeting:
    """A job that all have accepted, and room for two of its reservations."""
    town.allow(ONE, 2 * RHO)
    town.must(OFFICE, town.propose(JOB, OWNERS))
    town.to_accepted(JOB)
    return town
