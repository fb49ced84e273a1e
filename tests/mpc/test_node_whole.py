import os
import threading

import pytest

from mpc.node.whole import write_whole


def test_readers_never_see_half_a_file_while_others_write(tmp_path):
    path, contents = tmp_path / "deep" / "file.json", [bytes([n]) * 200_000 for n in range(4)]
    write_whole(path, contents[0])
    writers = [threading.Thread(target=write_whole, args=(path, data)) for data in contents * 5]
    for writer in writers:
        writer.start()
    seen = {path.read_bytes() for _ in range(50)}
    for writer in writers:
        writer.join()
    assert seen <= set(contents)
    assert os.listdir(path.parent) == ["file.json"]


def test_only_its_owner_may_read_it(tmp_path):
    write_whole(tmp_path / "secret", b"x")
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0


def test_a_write_that_fails_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        write_whole(tmp_path / "taken", b"x")
    assert os.listdir(tmp_path) == ["taken"]
