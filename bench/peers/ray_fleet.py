"""The reference design: Ray actors as robots, a scheduler that hands each order to an idle one.

``ray_fleet.py BOOTSTRAP SECONDS,SECONDS,...`` makes a robot for each number, which takes so long
for an order, and two schedulers, each with an orders topic of its own:

- ``orders.polled``: while orders wait it asks all robots at once whether they are idle; whoever
  says so first has the first order. A round of questions follows the other while orders wait,
  with no pause between. This is the design.
- ``orders.awaited``: it asks nobody, and remembers which robots' results are still to come.

Nothing blocks: Kafka is read by a thread, and all else awaits on one loop. Results go to the topic
``results``. Nothing is durable; no robot is watched, and none is sent an order again.

This file runs in an environment with Ray, without Muster.
"""

from __future__ import annotations

import asyncio
import collections
import json
import signal
import sys
import tempfile
import threading
import time
from typing import Any

import ray
from confluent_kafka import Consumer, Producer

POLLED, AWAITED, RESULTS = "orders.polled", "orders.awaited", "results"
KAFKA_POLL_S = 0.1
FETCH_WAIT_MS = 10
"""A mock Kafka answers a question for orders that finds none only when this time is over."""
FLUSH_S = 5.0


@ray.remote(num_cpus=0)
class Robot:
    """A robot that takes ``order_s`` for any order, and can be asked meanwhile."""

    def __init__(self, name: str, order_s: float) -> None:
        self._name = name
        self._order_s = order_s
        self._is_idle = True

    async def is_idle(self) -> bool:
        """Whether it has nothing to do."""
        return self._is_idle

    async def execute(self, order: dict[str, Any]) -> dict[str, Any] | None:
        """Do the order; what became of it. None = it has another.

        Ray promises no order in which an actor's calls begin, so it may have said that it was idle
        after an order was sent to it.
        """
        if not self._is_idle:
            return None
        started_ns = time.time_ns()
        self._is_idle = False
        await asyncio.sleep(self._order_s)
        self._is_idle = True
        return {"order_id": order["order_id"], "robot_id": self._name, "started_ns": started_ns}


class Scheduler:
    """Hands orders to idle robots, first come first served, and results to Kafka."""

    def __init__(self, robots: list[Any], producer: Producer) -> None:
        self._robots = robots
        self._producer = producer
        self._waiting: collections.deque[dict[str, Any]] = collections.deque()
        self._running: set[asyncio.Task[None]] = set()

    def take(self, order: dict[str, Any]) -> None:
        """An order has come."""
        self._waiting.append(order)

    def send(self, robot: Any) -> None:
        """Send the first order to ``robot``, and its result to Kafka when it comes."""
        task = asyncio.ensure_future(self._execute(robot, self._waiting.popleft()))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _execute(self, robot: Any, order: dict[str, Any]) -> None:
        result = await robot.execute.remote(order)
        if result is None:
            self._waiting.appendleft(order)
            return
        self._producer.produce(RESULTS, json.dumps(result).encode(), key=result["order_id"])
        self._producer.poll(0)
        self.on_idle(robot)

    def on_idle(self, robot: Any) -> None:
        """``robot`` has sent its result."""


class PollingScheduler(Scheduler):
    """Asks all robots whether they are idle, as long as orders wait."""

    def __init__(self, robots: list[Any], producer: Producer) -> None:
        super().__init__(robots, producer)
        self._has_orders = asyncio.Event()

    def take(self, order: dict[str, Any]) -> None:
        """See :class:`Scheduler`."""
        super().take(order)
        self._has_orders.set()

    async def run(self) -> None:
        """Poll for ever."""
        while await self._has_orders.wait():
            await asyncio.gather(*(self._ask(robot) for robot in self._robots))
            if not self._waiting:
                self._has_orders.clear()

    async def _ask(self, robot: Any) -> None:
        if await robot.is_idle.remote() and self._waiting:
            self.send(robot)


class AwaitingScheduler(Scheduler):
    """Knows who is idle from the results."""

    def __init__(self, robots: list[Any], producer: Producer) -> None:
        super().__init__(robots, producer)
        self._idle = collections.deque(robots)

    def take(self, order: dict[str, Any]) -> None:
        """See :class:`Scheduler`."""
        super().take(order)
        if self._idle:
            self.send(self._idle.popleft())

    def on_idle(self, robot: Any) -> None:
        """See :class:`Scheduler`."""
        if self._waiting:
            self.send(robot)
        else:
            self._idle.append(robot)


def read_orders(bootstrap: str, on_order: Any, is_ending: threading.Event) -> None:
    """Read both topics until the end; ``on_order`` is told the topic and the order."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "ray",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": FETCH_WAIT_MS,
        }
    )
    consumer.subscribe([POLLED, AWAITED])
    while not is_ending.is_set():
        message = consumer.poll(KAFKA_POLL_S)
        if message is not None and message.error() is None:
            on_order(message.topic(), json.loads(message.value()))
    consumer.close()


async def serve(bootstrap: str, robot_times_s: list[float]) -> None:
    """Make the robots, say ``@ready``, and schedule until told to end."""
    robots = [
        Robot.remote(f"robot_{number}", order_s) for number, order_s in enumerate(robot_times_s, 1)
    ]
    await asyncio.gather(*(robot.is_idle.remote() for robot in robots))
    producer = Producer({"bootstrap.servers": bootstrap})
    polling, awaiting = PollingScheduler(robots, producer), AwaitingScheduler(robots, producer)
    takers = {POLLED: polling.take, AWAITED: awaiting.take}
    loop, end, is_ending = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    poll = asyncio.ensure_future(polling.run())

    def on_order(topic: str, order: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(takers[topic], order)

    reader = threading.Thread(target=read_orders, args=(bootstrap, on_order, is_ending))
    reader.start()
    print("@ready", flush=True)
    await end.wait()
    is_ending.set()
    reader.join()
    poll.cancel()
    producer.flush(FLUSH_S)


def main() -> None:
    bootstrap, times = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as directory:
        ray.init(include_dashboard=False, log_to_driver=False, num_cpus=1, _temp_dir=directory)
        try:
            asyncio.run(serve(bootstrap, [float(text) for text in times.split(",")]))
        finally:
            ray.shutdown()


if __name__ == "__main__":
    main()
