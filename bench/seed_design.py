"""Muster beside the design that it began from, rebuilt on Ray: the same orders, the same robots.

Each side takes orders from Kafka and gives results to Kafka, and has 100 robots, each of which
takes a time of its own for an order, drawn once for both. Ours is all of ``muster up``: gateway,
scheduler with its log synced to disk, policy, supervisor, a hundred agents with journals. The
design: an actor for each robot, and a scheduler that asks all of them whether they are idle and
sends the order to the first that is (``peers/ray_fleet.py``). Beside it, without a target: the same
actors under a scheduler that asks nobody and awaits results.

The sides are started and measured in turns, for a second one would take the CPU from the first.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

from figure import Better, Figure, SkippedError, percentile, spread
from seed_load import S_PER_MIN, draw_robot_times, rate_max
from seed_sides import (
    AWAITED,
    ORDERS,
    POLLED,
    RAY_PYTHON,
    RAY_PYTHON_DEFAULT,
    Side,
    open_muster,
    open_ray,
    ray_python,
)
from seed_trial import Line, Span, Trial

ROBOTS = 100
SEED = 1
LOAD = 0.4
"""The share of what the robots can do at most that comes where time and CPU are measured."""
ORDERS_OPEN = 2 * ROBOTS
"""In saturation as many orders wait as robots work."""
ROUNDS, ROUNDS_QUICK = 2, 1
SPAN, SPAN_QUICK = Span(warm_up_s=8.0, measured_s=25.0), Span(warm_up_s=8.0, measured_s=10.0)

NO_RAY = (
    "it needs Ray in an environment of its own; `python3 -m venv {0} && {0}/bin/pip install "
    f"-r bench/requirements-ray.txt` makes it, or {RAY_PYTHON} names the interpreter of one"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One round of one scheduler: orders that come by chance, then more than can be done."""

    streamed: Trial
    saturated: Trial

    def wait_ms(self, percent: float) -> float:
        """From order to robot, ms, at a load that leaves robots idle."""
        return percentile(self.streamed.waits_ms, percent)


Samples = list[Sample]


def measure(is_quick: bool) -> list[Figure]:
    """Orders a minute, time from order to robot, and CPU.

    :raises SkippedError: when there is no Ray.
    """
    python = ray_python()
    if python is None:
        raise SkippedError(NO_RAY.format(RAY_PYTHON_DEFAULT.parent.parent))
    robot_times_s = draw_robot_times(ROBOTS, seed=SEED)
    sample = partial(_sample, rate=rate_max(robot_times_s), span=SPAN_QUICK if is_quick else SPAN)
    ours: Samples = []
    polled: Samples = []
    awaited: Samples = []
    for number in range(ROUNDS_QUICK if is_quick else ROUNDS):
        with open_muster(robot_times_s) as side:
            ours.append(sample(side, ORDERS, seed=number))
        with open_ray(python, robot_times_s) as side:
            polled.append(sample(side, POLLED, seed=number))
            awaited.append(sample(side, AWAITED, seed=number))
    most = rate_max(robot_times_s) * S_PER_MIN
    return [
        *_figures("seed_design", ours, polled, most=most, target=1.0),
        *_figures("seed_design_awaited", ours, awaited, most=most, target=None),
    ]


def _sample(side: Side, topic: str, *, rate: float, span: Span, seed: int) -> Sample:
    line = Line(side, topic, bays=ROBOTS)
    try:
        sample = Sample(line.stream(LOAD * rate, span, seed=seed), line.saturate(ORDERS_OPEN, span))
    finally:
        line.close()
    print(f"  {topic}: {_words(sample)}; load {os.getloadavg()[0]:.0f}", flush=True)
    return sample


def _words(sample: Sample) -> str:
    return (
        f"{sample.saturated.orders_per_min:.0f} orders/min, "
        f"{sample.wait_ms(50):.0f} ms (p99 {sample.wait_ms(99):.0f} ms) to the robot, "
        f"{sample.streamed.cpu_ms_per_order:.0f} ms of CPU an order "
        f"({sample.saturated.cpu_ms_per_order:.0f} ms in saturation)"
    )


def _figures(
    name: str, ours: Samples, theirs: Samples, *, most: float, target: float | None
) -> list[Figure]:
    """The figures of one comparison.

    :param most: orders a minute that the robots can do at most.
    """

    def figure(
        what: str, unit: str, read: Callable[[Sample], float], better: Better, note: str
    ) -> Figure:
        own, other = [read(sample) for sample in ours], [read(sample) for sample in theirs]
        return Figure(
            name=f"{name}_{what}",
            value=median(own),
            unit=unit,
            baseline=median(other),
            better=better,
            target=target,
            note=f"{note}; {spread(own, 0)}, beside {spread(other, 0)}",
        )

    higher, lower = Better.HIGHER, Better.LOWER
    at_load = f"at {LOAD:.0%} of that"
    return [
        figure(
            "rate",
            "orders/min",
            lambda sample: sample.saturated.orders_per_min,
            higher,
            f"in saturation; {most:.0f} is the most",
        ),
        figure("wait_p50", "ms", lambda sample: sample.wait_ms(50), lower, at_load),
        figure("wait_p99", "ms", lambda sample: sample.wait_ms(99), lower, at_load),
        figure("cpu", "ms/order", lambda sample: sample.streamed.cpu_ms_per_order, lower, at_load),
        figure(
            "cpu_saturated",
            "ms/order",
            lambda sample: sample.saturated.cpu_ms_per_order,
            lower,
            "in saturation",
        ),
    ]
