"""Claims about the loop that every stateful node has."""

from __future__ import annotations

import threading

from muster_ros.loop import CoreLoop

WAIT_S = 10.0


def no_crash(error: BaseException) -> None:
    raise AssertionError(error)


def test_what_waits_is_handled_as_one_batch_in_order() -> None:
    entered, release, done = threading.Event(), threading.Event(), threading.Event()
    batches: list[list[int]] = []

    def handle(batch: list[int]) -> None:
        if not batch:
            return
        batches.append(batch)
        if len(batches) == 1:
            entered.set()
            release.wait(WAIT_S)
        else:
            done.set()

    loop: CoreLoop[int] = CoreLoop("t", handle, tick_s=60, inbox_max=100, on_crash=no_crash)
    loop.start()
    loop.put(0)
    assert entered.wait(WAIT_S)
    for number in range(1, 6):
        loop.put(number)
    release.set()
    assert done.wait(WAIT_S)
    loop.stop()
    assert batches == [[0], [1, 2, 3, 4, 5]]


def test_full_inbox_turns_away_and_counts() -> None:
    loop: CoreLoop[int] = CoreLoop("t", lambda _: None, tick_s=1, inbox_max=2, on_crash=no_crash)
    assert [loop.put(number) for number in range(4)] == [True, True, False, False]
    assert loop.overflows == 2


def test_time_passes_without_anything_put() -> None:
    ticks = threading.Semaphore(0)
    loop: CoreLoop[int] = CoreLoop(
        "t", lambda _: ticks.release(), tick_s=0.01, inbox_max=1, on_crash=no_crash
    )
    loop.start()
    assert all(ticks.acquire(timeout=WAIT_S) for _ in range(3))
    loop.stop()


def test_a_batch_can_bring_the_next_tick_forward() -> None:
    ticks = threading.Semaphore(0)
    pause_s = [60.0]

    def handle(batch: list[int]) -> None:
        if batch:
            pause_s[0] = 0.01
        else:
            ticks.release()

    loop: CoreLoop[int] = CoreLoop(
        "t", handle, tick_s=lambda: pause_s[0], inbox_max=1, on_crash=no_crash
    )
    loop.start()
    assert ticks.acquire(timeout=WAIT_S)  # the first comes at once
    loop.put(1)
    assert all(ticks.acquire(timeout=WAIT_S) for _ in range(3))
    loop.stop()


def test_exception_in_a_batch_ends_the_loop_and_is_told() -> None:
    told = threading.Event()
    errors: list[BaseException] = []

    def on_crash(error: BaseException) -> None:
        errors.append(error)
        told.set()

    def handle(_: list[int]) -> None:
        raise RuntimeError("broken")

    loop: CoreLoop[int] = CoreLoop("t", handle, tick_s=60, inbox_max=1, on_crash=on_crash)
    loop.start()
    loop.put(1)
    assert told.wait(WAIT_S)
    assert str(errors[0]) == "broken"
    loop.stop()


def test_stopped_loop_handles_nothing_more() -> None:
    handled: list[int] = []
    loop: CoreLoop[int] = CoreLoop("t", handled.extend, tick_s=60, inbox_max=10, on_crash=no_crash)
    loop.start()
    loop.stop()
    loop.put(1)
    assert handled == []
