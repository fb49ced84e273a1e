"""A stream against a plain list: append, reopen, crash, erase and prove in any order."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ledger import merkle
from ledger.errors import NotFound
from ledger.log.proof import verify
from ledger.log.stream import Stream, StreamWriter

DATA_FILES = ["salts", *(f"tiles/{level}" for level in range(7))]


class StreamMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.writer = StreamWriter(self.directory, "machine")
        self.model: list[bytes] = []
        self.roots = {0: merkle.EMPTY_ROOT}
        self.erased: set[int] = set()

    def teardown(self) -> None:
        self.writer.close()
        shutil.rmtree(self.directory)

    @rule(count=st.one_of(st.integers(0, 5), st.integers(250, 260)), mark=st.binary(max_size=4))
    def append(self, count: int, mark: bytes) -> None:
        records = [mark + b"%d" % n for n in range(count)]
        done = self.writer.append(records)
        self.model += records
        assert done.size == len(self.model)
        self.roots[done.size] = done.root

    @rule()
    def reopen(self) -> None:
        self.writer.close()
        self.writer = StreamWriter(self.directory)

    @rule(count=st.one_of(st.integers(1, 5), st.integers(250, 520)), data=st.data())
    def crash_before_the_checkpoint(self, count: int, data: st.DataObject) -> None:
        """Data files keep any prefix of what the torn append wrote; the checkpoint is the old one."""
        checkpoint = (self.directory / "checkpoint").read_bytes()
        durable = {name: (self.directory / name).stat().st_size for name in DATA_FILES}
        self.writer.append([b"torn"] * count)
        self.writer.close()
        (self.directory / "checkpoint").write_bytes(checkpoint)
        for name, low in durable.items():
            high = (self.directory / name).stat().st_size
            with (self.directory / name).open("r+b") as file:
                file.truncate(data.draw(st.integers(low, high), label=name))
        self.writer = StreamWriter(self.directory)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.model) - 1))
        self.writer.erase(index)
        self.erased.add(index)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def prove(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.model) - 1))
        stream = Stream(self.directory)
        if index in self.erased:
            with pytest.raises(NotFound):
                stream.prove(index)
        else:
            size = len(self.model)
            verify(self.model[index], stream.prove(index), size=size, root=self.roots[size])

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def grow_from_any_earlier_root(self, data: st.DataObject) -> None:
        old = data.draw(st.sampled_from(sorted(self.roots.keys() - {0})))
        stream = Stream(self.directory)
        path = stream.consistency(old)
        merkle.verify_consistency(old, len(self.model), self.roots[old], stream.checkpoint.root, path)

    @invariant()
    def checkpoint_is_the_model(self) -> None:
        checkpoint = Stream(self.directory).checkpoint
        assert checkpoint.size == len(self.model)
        assert checkpoint.root == self.roots[len(self.model)]


StreamMachine.TestCase.settings = settings(deadline=None, max_examples=50, stateful_step_count=20)
test_stream_behaves_as_a_list = StreamMachine.TestCase
