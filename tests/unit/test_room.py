"""The room for pixels: how much is in it at once, and who goes in."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from gallery.imaging.room import Room


def test_never_more_than_the_room_is_taken_by_all_threads_together() -> None:
    room, lock, now, seen = Room(10), threading.Lock(), [0], []

    def stay(amount: int) -> None:
        nonlocal now
        with room.taken(amount):
            with lock:
                now[0] += amount
                seen.append(now[0])
            time.sleep(0.002)
            with lock:
                now[0] -= amount

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(stay, [1, 3, 10, 4, 6, 2, 9, 5] * 5))
    assert max(seen) <= 10
    assert len(seen) == 40


def test_more_than_the_whole_room_goes_in_alone() -> None:
    room = Room(10)
    with ThreadPoolExecutor(1) as pool:
        with room.taken(1):
            waiting = pool.submit(lambda: room.taken(1000).__enter__())
            time.sleep(0.02)
            assert not waiting.done()
        waiting.result(timeout=5)


def test_a_failure_inside_gives_the_room_back() -> None:
    room = Room(10)
    with pytest.raises(ZeroDivisionError), room.taken(10):
        1 / 0  # noqa: B018
    with room.taken(10):
        pass


def test_small_ones_do_not_pass_one_that_waits() -> None:
    room, order = Room(10), []

    def stay(name: str, amount: int) -> None:
        with room.taken(amount):
            order.append(name)

    with ThreadPoolExecutor(2) as pool:
        with room.taken(5):
            large = pool.submit(stay, "large", 10)
            time.sleep(0.02)
            small = pool.submit(stay, "small", 1)
            time.sleep(0.02)
        large.result(timeout=5)
        small.result(timeout=5)
    assert order == ["large", "small"]
