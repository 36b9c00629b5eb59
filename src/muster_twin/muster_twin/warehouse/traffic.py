"""Traffic in the twin: production's core, and the links to the bodies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from muster_core.ids import RobotId
from muster_core.traffic.config import TrafficConfig
from muster_core.traffic.core import TrafficCore
from muster_core.traffic.effects import CallRoll, Release, TellTrouble
from muster_core.traffic.inputs import RobotReported, TrafficReport
from muster_twin.simulation.clock import Clock
from muster_twin.simulation.timeline import Timeline
from muster_twin.warehouse.body import Body
from muster_twin.warehouse.ground import Ground
from muster_twin.warehouse.stopwatch import Stopwatch
from muster_twin.warehouse.turns import Turns

DELAY_S = 0.05
TICK_S = 1.0
REPORT_PERIOD_S = 20.0
TRAFFIC_CONFIG = TrafficConfig(
    # Messages are not lost here, so they need not be repeated often.
    silence_s_max=3 * REPORT_PERIOD_S,
    hearing_s_min=0.0,
    repeat_s=5.0,
    round_s=TICK_S,
)


class Traffic:
    """Gives each body its next stretch."""

    def __init__(
        self,
        ground: Ground,
        bodies: Mapping[RobotId, Body],
        *,
        timeline: Timeline,
        clock: Clock,
        stopwatch: Stopwatch,
    ) -> None:
        self.troubles: Counter[str] = Counter()
        self._bodies = bodies
        self._timeline = timeline
        self._clock = clock
        self._stopwatch = stopwatch
        self.core = TrafficCore(TRAFFIC_CONFIG, ground.map, epoch=1, now=clock.now())
        self._turns = Turns(timeline, self._handle, delay_s=DELAY_S, tick_s=TICK_S)
        for body in bodies.values():
            body.report = self._turns.put
            self._report_for_ever(body)

    def _report_for_ever(self, body: Body) -> None:
        body.tell_traffic()
        self._timeline.after(REPORT_PERIOD_S, lambda: self._report_for_ever(body))

    def _handle(self, batch: Sequence[TrafficReport]) -> None:
        with self._stopwatch.measure("traffic"):
            now = self._clock.now()
            # Of several reports of a robot, the newest says it all.
            for report in {report.robot_id: report for report in batch}.values():
                self.core.step(RobotReported(report), now)
            ready = self.core.ready(now)
        for effect in ready.effects:
            if isinstance(effect, Release):
                self._bodies[effect.robot_id].accept(effect)
            elif isinstance(effect, CallRoll):
                for body in self._bodies.values():
                    body.call_roll(effect.epoch)
            elif isinstance(effect, TellTrouble) and not effect.is_over:
                self.troubles[effect.kind.value] += 1
