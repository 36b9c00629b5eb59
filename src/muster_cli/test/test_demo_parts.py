from __future__ import annotations

import io
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from muster_cli.demo.orders import make_orders
from muster_cli.demo.settings import DemoSettings
from muster_cli.demo.tally import Tally
from muster_cli.exits import CommandError
from muster_core.clock import Instant
from muster_core.intake import check_order, parse_order
from muster_core.kinds import KINDS
from muster_core.order import Order
from muster_core.site import Routes, Site, load_site, parse_site
from muster_ros.child import Child, ChildError, log_tails
from muster_ros.domain import DOMAINS, claim_domain

SITE = load_site(Path(__file__).parents[3] / "config" / "sites" / "small_warehouse.yaml")


def event(kind: str, order_id: str = "o-1", **data: Any) -> dict[str, Any]:
    time = data.pop("time", "2030-01-01T00:00:00.000Z")
    robot_id = data.get("robot_id", "")
    return {
        "seq": 1, "time": time, "epoch": 1, "type": kind, "order_id": order_id,
        "robot_id": robot_id, "traceparent": "", "data": data,
    }  # fmt: skip


def complete(tally: Tally, order_id: str) -> None:
    tally.on_event(event("order_accepted", order_id))
    tally.on_event(event("task_assigned", order_id, robot_id="robot_1"))
    tally.on_event(event("order_completed", order_id, time="2030-01-01T00:00:04.500Z"))


def test_same_seed_gives_the_same_orders_and_another_seed_others() -> None:
    first = make_orders(SITE, 30, prefix="d", seed=1)
    assert first == make_orders(SITE, 30, prefix="d", seed=1)
    assert first != make_orders(SITE, 30, prefix="d", seed=2)


def test_generated_orders_pass_intake_on_their_site() -> None:
    import msgspec

    routes = Routes(SITE)
    orders = make_orders(SITE, 200, prefix="d", seed=3)
    for wanted in orders:
        order = parse_order(msgspec.json.encode(wanted))
        assert isinstance(order, Order), order
        capabilities = {"go", "pick", "place", "scan"}
        refusal = check_order(
            order, site=SITE, routes=routes, kinds=KINDS,
            capabilities=capabilities, now=Instant(0, 0),
        )  # fmt: skip
        assert refusal is None, refusal
    kinds = [order["kind"] for order in orders]
    assert kinds[0] == "deliver" and kinds.count("deliver") > 100
    assert {"scan", "move"} < set(kinds)
    assert len({order["order_id"] for order in orders}) == 200
    assert len({order["priority"] for order in orders}) > 3


def test_site_without_shelves_is_refused_with_what_it_lacks() -> None:
    bare = parse_site("site: bare\nvertices: {a: [0, 0], b: [1, 0]}\nedges: [[a, b]]\n", "bare")
    with pytest.raises(CommandError, match="0 shelves and 0 stations"):
        make_orders(bare, 1, prefix="d", seed=1)


def test_run_is_a_success_only_when_all_orders_were_accepted_and_completed() -> None:
    tally = Tally(["o-1", "o-2"])
    complete(tally, "o-1")
    assert not tally.is_done and not tally.is_success
    complete(tally, "o-2")
    assert tally.is_done and tally.is_success
    assert tally.last_line() == "demo: 2 accepted, 2 completed, 0 failed, 0 cancelled"


def test_orders_of_others_are_not_counted() -> None:
    tally = Tally(["o-1"])
    complete(tally, "someone-elses")
    assert tally.last_line() == "demo: 0 accepted, 0 completed, 0 failed, 0 cancelled"


def test_failed_cancelled_and_refused_orders_end_the_run_without_success() -> None:
    tally = Tally(["o-1", "o-2", "o-3"])
    for order_id in ("o-1", "o-2"):
        tally.on_event(event("order_accepted", order_id))
    tally.on_event(event("order_failed", "o-1", reason="no robot can do it"))
    tally.on_event(event("order_cancelled", "o-2"))
    tally.on_refused("o-3", "no such place")
    assert tally.is_done and not tally.is_success
    assert tally.last_line() == "demo: 2 accepted, 0 completed, 1 failed, 1 cancelled"
    assert tally.reasons == {"o-1": "no robot can do it", "o-3": "no such place"}


def test_order_that_asks_a_person_is_not_done_until_it_was_answered() -> None:
    tally = Tally(["o-1"])
    tally.on_event(event("order_accepted"))
    tally.on_event(event("task_assigned", robot_id="robot_1"))
    tally.on_event(event("order_suspended", reason="a person is asked"))
    assert tally.counts() == {"suspended": 1} and not tally.is_done
    assert tally.reasons == {"o-1": "a person is asked"}
    tally.on_event(event("order_resumed", reason="put back"))
    assert tally.counts() == {"active": 1}
    tally.on_event(event("order_completed", reason="bay says: done"))
    assert tally.is_success and not tally.reasons


@pytest.mark.parametrize("kind", ["order_accepted", "order_completed"])
def test_order_done_twice_is_no_success(kind: str) -> None:
    tally = Tally(["o-1"])
    complete(tally, "o-1")
    tally.on_event(event(kind))
    assert tally.counts()["completed"] in (0, 1) and not tally.is_success
    assert len(tally.doubts) == 1


def test_scheduler_that_tells_another_state_than_kafka_is_a_doubt() -> None:
    tally = Tally(["o-1"])
    complete(tally, "o-1")
    tally.compare({"o-1": "completed"})
    assert tally.is_success
    tally.compare({"o-1": "failed"})
    assert tally.doubts == ["order 'o-1' is completed by Kafka and failed by the scheduler"]


def test_summary_tells_durations_and_who_did_the_work() -> None:
    tally = Tally(["o-1"])
    complete(tally, "o-1")
    assert "4.5 s at the median" in tally.summary(30.0) and "robot_1 1" in tally.summary(30.0)


def test_bounds_grow_with_orders_and_shrink_with_robots_and_speed() -> None:
    def settings(robots: int, orders: int, speed: float) -> DemoSettings:
        return DemoSettings(
            run="r", fleet="/muster", robots=robots, orders=orders, speed=speed, kafka="mock",
            site=Path("x"), seed=1,
        )  # fmt: skip

    assert settings(5, 20, 4).orders_total == 21
    assert settings(5, 100, 4).run_deadline_s > settings(5, 20, 4).run_deadline_s
    assert settings(10, 100, 4).run_deadline_s < settings(5, 100, 4).run_deadline_s
    assert settings(5, 100, 8).run_deadline_s < settings(5, 100, 4).run_deadline_s


def test_two_demos_never_share_a_domain() -> None:
    with ExitStack() as first, ExitStack() as second:
        domains = {claim_domain(first), claim_domain(second)}
        assert len(domains) == 2 and domains <= set(DOMAINS)
    with ExitStack() as again:
        assert claim_domain(again) in domains, "a domain is free again when its demo has ended"


@pytest.mark.process
def test_child_that_ends_is_told_with_its_status_and_log(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    child = Child("child", ["sh", "-c", "echo no luck; exit 7"], log=log, environment={})
    with pytest.raises(ChildError, match="child has ended by itself, with status 7"):
        child.wait_for_line("ready: ", 10.0)
    child.stop()
    assert log_tails(tmp_path).splitlines()[1:] == ["no luck"]


@pytest.mark.process
def test_stopping_a_child_ends_what_it_started(tmp_path: Path) -> None:
    script = "sleep 1000 & echo ready: $!; trap 'exit 0' TERM; wait"
    child = Child("child", ["sh", "-c", script], log=tmp_path / "child.log", environment={})
    grandchild = int(child.wait_for_line("ready: ", 10.0))
    assert Path(f"/proc/{grandchild}").exists()
    child.stop()
    state = Path(f"/proc/{grandchild}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_screen_fits_every_terminal_it_is_given() -> None:
    from muster_cli.dashboard import HEIGHT_MIN, draw_scene

    for width, height in ((80, 24), (100, 40), (160, 50), (200, 60)):
        for robots in (0, 1, 5, 40):
            for site in (None, SITE):
                lines = rendered(draw_scene(scene(robots, site), width=width, height=height), width)
                assert len(lines) <= max(height, HEIGHT_MIN), (width, height, robots)
                assert max(map(len, lines)) <= width


def scene(robots: int, site: Site | None) -> Any:
    from muster_msgs import msg

    from muster_cli.dashboard import Scene
    from muster_cli.records import robot_record

    records = []
    for number in range(robots):
        state = msg.RobotState(robot_id=f"robot_{number}", state=2, x=3.0, y=2.0, battery=0.5)
        records.append(robot_record(msg.RobotSummary(robot=state, alive=True)))
    events = [event("order_accepted", "o-" + "9" * 100) for _ in range(50)]
    return Scene(
        title=("muster " * 30,),
        counts={"waiting": 10_000},
        robots=records,
        events=events,
        site=site,
    )


def rendered(content: Any, width: int) -> list[str]:
    output = io.StringIO()
    Console(file=output, width=width).print(content)
    return output.getvalue().splitlines()
