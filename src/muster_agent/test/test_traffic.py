"""The agent node under traffic, with a stand-in for it that releases what the test says."""

from __future__ import annotations

import pytest
from muster_msgs import msg

from muster_core.site import Zone, ZoneLimits, load_site
from muster_ros.channels import RELEASES, TRAFFIC_REPORTS, TRAFFIC_ROLL, ZONES
from muster_ros.traffic_conversions import zones_message

pytestmark = pytest.mark.ros

FLEET, ROBOT = "/muster", "robot_1"


class Traffic:
    """Traffic's end of the channels."""

    def __init__(self, bench):
        self._bench = bench
        peer = bench.peer
        self.reports = []
        self._number = 0
        peer.create_subscription(
            TRAFFIC_REPORTS.type,
            TRAFFIC_REPORTS.path(FLEET),
            self.reports.append,
            TRAFFIC_REPORTS.qos,
        )
        self.roll = self._publisher(TRAFFIC_ROLL)
        self.zones = self._publisher(ZONES)
        self.releases = self._publisher(RELEASES)

    def _publisher(self, channel):
        path = channel.path(FLEET, ROBOT)
        return self._bench.peer.create_publisher(channel.type, path, channel.qos)

    def release(self, *vertices, epoch=7, first=0):
        """Release them, and again until the robot shows them, as traffic does."""
        self._bench.until(lambda: self.releases.get_subscription_count() == 1)
        self._number += 1
        release = msg.Release(
            robot_id=ROBOT,
            session=self.reports[-1].session,
            epoch=epoch,
            number=self._number,
            first=first,
            vertices=list(vertices),
        )
        self.releases.publish(release)
        return release

    def tell_zones(self, site, number):
        self.zones.publish(zones_message(site, frozenset(), epoch=7, number=number))

    def heard(self, is_true):
        """Wait for a report of which that is true; the report."""
        self._bench.until(lambda: any(map(is_true, self.reports)))
        return next(report for report in reversed(self.reports) if is_true(report))


@pytest.fixture(name="traffic")
def make_traffic(bench):
    return Traffic(bench)


def led_agent(bench, traffic, **parameters):
    agent = bench.active_agent(traffic=True, **parameters)
    traffic.roll.publish(msg.TrafficRoll(epoch=7))
    traffic.heard(lambda report: report.epoch == 7)
    return agent


def test_agent_answers_the_roll_with_what_it_holds(bench, traffic):
    led_agent(bench, traffic)
    report = traffic.reports[-1]
    assert (report.robot_id, list(report.held), report.at, report.goal) == (ROBOT, ["a"], 0, "")
    assert report.has_position and (report.x, report.y) == (0.0, 0.0)


def test_robot_drives_only_what_was_released_to_it(bench, traffic):
    led_agent(bench, traffic)
    bench.offer("o/0#1", "place")  # at pack_1, vertex c
    traffic.heard(lambda report: report.goal == "c")
    traffic.release("a", "b")
    report = traffic.heard(lambda report: list(report.held) == ["b"])
    assert report.at == 1 and bench.states[-1].step_index == 0
    told = len(traffic.reports)
    bench.until(lambda: len(traffic.reports) > told)
    assert list(traffic.reports[-1].held) == ["b"], "it stands at the end of its stretch"
    traffic.release("b", "c", first=1)
    bench.until(lambda: "o/0#1" in bench.owed())
    assert bench.states[-1].vertex == "c"


def test_release_of_an_older_traffic_is_not_obeyed(bench, traffic):
    led_agent(bench, traffic)
    traffic.release("a", "b", epoch=6)
    told = len(traffic.reports)
    bench.until(lambda: len(traffic.reports) >= told + 2)
    assert list(traffic.reports[-1].held) == ["a"]


def test_release_of_vertices_that_the_agents_site_does_not_have_is_not_obeyed(bench, traffic):
    led_agent(bench, traffic)
    traffic.release("a", "annex")
    traffic.release("a", "b")
    report = traffic.heard(lambda report: report.left == 1)
    assert list(report.held) == ["b"]


def test_speed_limit_of_a_zone_reaches_the_driver(bench, traffic):
    led_agent(bench, traffic, driver_settings__speed_factor=1.0)
    slow = Zone("all", ("a", "b", "c"), ZoneLimits(speed_mps_max=0.1))
    traffic.tell_zones(load_site(bench.site).with_zones(slow), 1)
    bench.until(lambda: traffic.zones.get_subscription_count() == 1)
    agent = bench.agents[-1]
    bench.until(lambda: agent._site.site.zones)
    bench.offer("o/0#1", "scan")  # at shelf_1, vertex b, 5 m away
    bench.until(lambda: bench.states[-1].busy_s > 40)


def test_changed_site_is_described_anew_and_an_unchanged_file_is_told(bench, traffic):
    agent = led_agent(bench, traffic)
    site = load_site(bench.site)
    text = bench.site.read_text()
    other = bench.directory / "other.yaml"
    other.write_text(text.replace("c: [5, 5]", "c: [5, 6]"))
    traffic.tell_zones(load_site(other), 1)
    bench.until(lambda: "install the same file everywhere" in agent.warning())
    assert bench.descriptions[-1].site_digest == site.digest
    bench.site.write_text(other.read_text())
    traffic.tell_zones(load_site(other), 2)
    bench.until(lambda: bench.descriptions[-1].site_digest == load_site(other).digest)
    assert not agent.warning()


def test_agent_that_ends_says_that_its_robot_stands(bench, traffic):
    agent = led_agent(bench, traffic)
    assert agent.trigger_deactivate().name == "SUCCESS"
    traffic.heard(lambda report: report.motion == msg.TrafficReport.STOPPED)


def test_robot_of_a_fleet_without_traffic_finds_its_own_way(bench, traffic):
    bench.active_agent()
    bench.offer("o/0#1", "scan")
    bench.until(lambda: "o/0#1" in bench.owed())
    assert not traffic.reports
