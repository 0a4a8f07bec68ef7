"""Spares: nobody shares one, and there are no more than were needed at once."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest

from gallery.spares import Spares


def test_one_after_another_get_the_same() -> None:
    spares = Spares(count().__next__)
    for _ in range(3):
        with spares.lent() as spare:
            assert spare == 0


def test_the_one_used_last_is_lent_first() -> None:
    spares = Spares(count().__next__)
    with spares.lent(), spares.lent() as inner:
        pass
    with spares.lent() as first, spares.lent() as second:
        assert (first, second) == (0, 1)  # the outer block gave its one back last
    assert inner == 1


def test_threads_at_the_same_time_get_different_ones() -> None:
    spares, together = Spares(count().__next__), Barrier(4)

    def use(_: int) -> int:
        with spares.lent() as spare:
            together.wait(timeout=10)
            return spare

    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert sorted(pool.map(use, range(4))) == [0, 1, 2, 3]


def test_a_block_that_fails_gives_back_what_it_had() -> None:
    spares = Spares(count().__next__)
    with pytest.raises(ZeroDivisionError), spares.lent():
        1 / 0  # noqa: B018
    with spares.lent() as spare:
        assert spare == 0


def test_what_cannot_be_made_is_tried_again_the_next_time() -> None:
    answers = iter([OSError("not yet"), 7])

    def make() -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    spares = Spares(make)
    with pytest.raises(OSError, match="not yet"), spares.lent():
        pass
    with spares.lent() as spare:
        assert spare == 7
