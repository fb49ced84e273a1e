"""Exhibits: what the chain shows of an item of a standard, with the numbers it rests on, from acts and proven words.

Each can be met and can be not met: a verdict follows from counts of what was done, never from what a contract ought to
have refused. A MET says nothing of what a standard asks beyond what its evidence states. Which item has which exhibit
stands in the standards' files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.oversight.selfchecks.conduct import CONDUCT
from contracts.oversight.selfchecks.exhibit import Exhibit
from contracts.oversight.selfchecks.holdings import HOLDINGS

EXHIBITS: Final[Mapping[str, Exhibit]] = {**CONDUCT, **HOLDINGS}
