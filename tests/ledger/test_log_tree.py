"""Subtree ranges and the tiles on disk, against the pure tree of ledger.merkle."""

from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle
from ledger.errors import BackendError
from ledger.log import ranges
from ledger.log.tiles import TILE_WIDTH, TileReader, TileWriter

LEAVES = [merkle.leaf_hash(n.to_bytes(4, "big")) for n in range(70_000)]
SIZES = st.one_of(st.integers(1, 600), st.sampled_from([65_535, 65_536, 65_537, 66_049, 70_000]))


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> TileReader:
    directory = tmp_path_factory.mktemp("tiles")
    write(directory, 0, LEAVES)
    return TileReader(directory)


def write(directory: Path, size: int, leaves: list[bytes]) -> bytes:
    with ExitStack() as files:
        writer = TileWriter(directory, size, files)
        writer.append(leaves)
        writer.sync()
        return writer.root()


@given(size=SIZES, data=st.data())
@settings(deadline=None, max_examples=60)
def test_each_inclusion_range_gives_a_path_that_verifies(big: TileReader, size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = tuple(big.root(*sibling) for sibling in ranges.inclusion(index, size))
    merkle.verify_inclusion(LEAVES[index], index, size, path, big.root(0, size))


@given(new=SIZES, data=st.data())
@settings(deadline=None, max_examples=60)
def test_each_consistency_range_gives_a_path_that_verifies(big: TileReader, new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    path = tuple(big.root(*subtree) for subtree in ranges.consistency(old, new))
    merkle.verify_consistency(old, new, big.root(0, old), big.root(0, new), path)


def test_a_proof_reads_only_the_tiles_on_its_way(big: TileReader) -> None:
    fresh = TileReader(big._directory)
    for sibling in ranges.inclusion(33_333, 70_000):
        fresh.root(*sibling)
    assert len(fresh._tiles) <= 6  # of 276: at three levels the tile of the path and that of the right edge


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 1000])
def test_roots_and_paths_equal_the_pure_tree(big: TileReader, size: int) -> None:
    assert big.root(0, size) == merkle.root(LEAVES[:size])
    index = size // 3
    path = [big.root(*sibling) for sibling in ranges.inclusion(index, size)]
    assert path == list(merkle.inclusion_path(LEAVES[:size], index))


@given(parts=st.lists(st.integers(0, 700), max_size=8))
@settings(deadline=None, max_examples=25)
def test_root_does_not_depend_on_how_leaves_were_batched(
    tmp_path_factory: pytest.TempPathFactory, parts: list[int]
) -> None:
    directory = tmp_path_factory.mktemp("tiles")
    size = 0
    root = merkle.EMPTY_ROOT
    for part in parts:
        root = write(directory, size, LEAVES[size : size + part])
        size += part
    assert root == merkle.root(LEAVES[:size])


def test_files_are_tiles_of_the_published_layout(tmp_path: Path) -> None:
    write(tmp_path, 0, LEAVES[:600])
    assert (tmp_path / "0").read_bytes() == b"".join(LEAVES[:600])
    full = [merkle.root(LEAVES[i : i + TILE_WIDTH]) for i in (0, TILE_WIDTH)]
    assert (tmp_path / "1").read_bytes() == b"".join(full)
    assert (tmp_path / "2").read_bytes() == b""


def test_opening_at_a_smaller_size_forgets_the_rest(tmp_path: Path) -> None:
    write(tmp_path, 0, LEAVES[:600])
    assert write(tmp_path, 300, LEAVES[300:310]) == merkle.root(LEAVES[:310])


def test_file_shorter_than_the_durable_size_is_refused(tmp_path: Path) -> None:
    write(tmp_path, 0, LEAVES[:600])
    with (tmp_path / "0").open("r+b") as file:
        file.truncate(600 * 32 - 1)
    with ExitStack() as files, pytest.raises(BackendError, match="shorter"):
        TileWriter(tmp_path, 600, files)
    with pytest.raises(BackendError, match="shorter"):
        TileReader(tmp_path).root(0, 600)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_index_outside_the_tree_is_a_bug(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        ranges.inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 3)])
def test_shrinking_sizes_are_a_bug(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="grow"):
        ranges.consistency(old, new)
