"""What three linked engines compute on shares, against numpy; needs the engine."""

from collections.abc import Iterator

import numpy as np
import pytest
from engines import DIRECTORY, Trio, needs_engine, trio

from ledger.errors import BackendError
from mpc.engine import environment
from mpc.engine.framing import Message
from mpc.engine.process import started
from mpc.engine.shares import Ring

pytestmark = [needs_engine, pytest.mark.slow]
PAD = 1000


@pytest.fixture(scope="module")
def engines() -> Iterator[Trio]:
    """One set of engines for the whole file: starting three takes some seconds."""
    with trio() as found:
        rng = np.random.default_rng(7)
        for name, rows in (("own0", 20), ("own1", 12), ("own2", 0)):
            found.take(name, [*rng.integers(0, 30, rows).tolist(), *[PAD] * (25 - rows)])
        yield found


OWNED = ["own0", "own1", "own2"]


def values() -> np.ndarray:
    rng = np.random.default_rng(7)
    return np.sort(np.concatenate([rng.integers(0, 30, 20), rng.integers(0, 30, 12)]))


def test_rows_are_counted_and_padding_is_not(engines: Trio) -> None:
    assert engines.run("count", OWNED, ["rows"], end=PAD, least=32, owners=2) == [32]


@pytest.mark.parametrize(("least", "owners"), [(33, 2), (32, 3)])
def test_too_few_rows_or_owners_give_nothing(engines: Trio, least: int, owners: int) -> None:
    assert engines.run("count", OWNED, ["rows"], end=PAD, least=least, owners=owners) == [0]


@pytest.mark.parametrize(("first", "last"), [(11, 21), (0, 31), (15, 15)])
def test_a_block_of_ranks_is_summed_as_numpy_sorts_with_ties(engines: Trio, first: int, last: int) -> None:
    engines.run("order", OWNED, ["low"], rank=first)
    engines.run("order", OWNED, ["high"], rank=last)
    rows, total = engines.run("block", ["low", "high", *OWNED], ["rows", "sum"], owners=1)
    assert (rows, total) == (last + 1 - first, int(values()[first : last + 1].sum()))


def test_a_block_of_one_owner_is_not_enough(engines: Trio) -> None:
    engines.run("order", OWNED, ["low"], rank=0)
    engines.run("order", OWNED, ["high"], rank=31)
    assert engines.run("block", ["low", "high", *OWNED], ["rows", "sum"], owners=3)[0] == 0


def test_an_unknown_computation_and_an_input_asked_back_are_refused(engines: Trio) -> None:
    with pytest.raises(BackendError, match="no such computation"):
        engines.run("sort", OWNED, ["all"])
    with pytest.raises(BackendError, match="no such result"):
        engines._engines[0].give("own0")


def test_covariance_of_data_in_0_to_100_is_that_of_numpy() -> None:
    rng = np.random.default_rng(3)
    left, right = rng.integers(0, 101, 1000), rng.integers(0, 101, 1000)
    with trio(Ring.FM128) as found:
        found.take("left", left.tolist())
        found.take("right", right.tolist())
        a, b, aa, bb, ab = found.run("moments", ["left", "right"], ["a", "b", "aa", "bb", "ab"])
        assert (a, b, aa, bb, ab) == tuple(
            map(int, (left.sum(), right.sum(), left @ left, right @ right, left @ right))
        )
        assert ab / 1000 - a / 1000 * b / 1000 == pytest.approx(np.cov(left, right, bias=True)[0, 1], rel=1e-9)
        large = [3 << 40] * 1000
        found.take("left", large)
        assert found.run("moments", ["left", "right"], ["a", "b", "aa", "bb", "ab"])[2] == 1000 * (3 << 40) ** 2


def test_a_protocol_whose_triples_come_from_the_first_party_cannot_be_asked_for() -> None:
    """SPU's default for SEMI2K is TrustedFirstParty, which could read everything; a link takes no protocol at all."""
    installed = environment.find(DIRECTORY)
    link = {"do": "link", "rank": 0, "addresses": ["127.0.0.1:1"] * 3, "ring": "FM64", "wait_s": 1}
    with started(installed, wait_s=60) as engine:
        for more in ({"protocol": "SEMI2K"}, {"beaver": "TrustedFirstParty"}):
            with pytest.raises(BackendError, match="its protocol is ABY3"):
                engine._ask(Message({**link, **more}))
        with pytest.raises(BackendError, match="addresses on this machine"):
            engine.link(0, ["10.0.0.1:1"] * 3, Ring.FM64)
