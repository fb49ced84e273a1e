"""Studies of one table of counts: two axes against each other, asked and read by ``Crossing``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from mpc.sql.answering.rows import Answer
from mpc.studies.axes import Axis, Crossing, Table
from mpc.studies.study import Study


class Crossed(Study):
    """A study whose figures all follow from the counts of two axes."""

    @property
    @abstractmethod
    def axes(self) -> tuple[Axis, Axis]:
        """Rows and columns of the table."""

    @property
    def queries(self) -> tuple[str, ...]:
        return self._crossing.queries

    def read(self, answers: Sequence[Answer]) -> Table:
        """Read the counts out of the answers to ``queries``."""
        return self._crossing.read(answers)

    @property
    def _crossing(self) -> Crossing:
        return Crossing(self.table, *self.axes, self.where)
