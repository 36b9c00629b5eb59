"""The loop of every stateful node: callbacks put, one thread steps the core and performs effects.

Callbacks translate and enqueue; the thread takes all that waits as one batch, so that one disk
sync serves them all (group commit). An exception in the batch is fatal to the process by design:
state in memory may then be ahead of the disk, and the next start rebuilds it from the log.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from muster_ros.clock import real_s

Item = TypeVar("Item")

BATCH_MAX = 512
JOIN_TIMEOUT_S = 5.0


class CoreLoop(Generic[Item]):
    """Calls ``handle`` with a batch of what was put, at least every ``tick_s`` (then maybe empty).

    :param tick_s: a number, or what tells after each batch how long the next may take to come.
    :param inbox_max: items that may wait; ``put`` returns False beyond it.
    :param on_crash: called from the loop's thread with an exception that ``handle`` raised; the
        loop has ended then.
    """

    def __init__(
        self,
        name: str,
        handle: Callable[[list[Item]], None],
        *,
        tick_s: float | Callable[[], float],
        inbox_max: int,
        on_crash: Callable[[BaseException], None],
    ) -> None:
        self._handle = handle
        self._tick_s = tick_s if callable(tick_s) else lambda: tick_s
        self._inbox_max = inbox_max
        self._on_crash = on_crash
        self._inbox: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._is_stopping = False
        self.overflows = 0

    def put(self, item: Item) -> bool:
        """Add ``item`` to the inbox; False when the inbox is full (counted in ``overflows``)."""
        if self._inbox.qsize() >= self._inbox_max:
            self.overflows += 1
            return False
        self._inbox.put(item)
        return True

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Let the batch under way finish, then end the thread. What still waits is dropped."""
        self._is_stopping = True
        self._inbox.put(None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(JOIN_TIMEOUT_S)

    def _run(self) -> None:
        next_tick = time.monotonic()
        try:
            while not self._is_stopping:
                batch = self._take(max(0.0, next_tick - time.monotonic()))
                if self._is_stopping:
                    return
                now = time.monotonic()
                if not batch and now < next_tick:
                    continue
                self._handle(batch)
                # From the batch's beginning, so that its own length does not slow the ticks.
                tick = now + real_s(self._tick_s())
                next_tick = tick if now >= next_tick else min(tick, next_tick)
        except BaseException as error:
            self._on_crash(error)

    def _take(self, timeout_s: float) -> list[Item]:
        batch: list[Item] = []
        try:
            item = self._inbox.get(timeout=timeout_s) if timeout_s > 0 else self._inbox.get_nowait()
            while item is not None:
                batch.append(item)
                if len(batch) >= BATCH_MAX:
                    break
                item = self._inbox.get_nowait()
        except queue.Empty:
            pass
        return batch
