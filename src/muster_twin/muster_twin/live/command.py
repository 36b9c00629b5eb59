"""``muster twin live``: real nodes in a simulated world."""

from __future__ import annotations

from pathlib import Path

import typer

from muster_core.policy.loader import load_policy
from muster_twin.live.settings import RATE_MAX, ROBOTS_MAX

ORDERS_PER_ROBOT_H = 20.0
"""How many orders an hour come for each robot when no stream is given: what robots can just do."""


def live(
    site: str = typer.Option(..., "--site", metavar="FILE", help="A site file, of any format."),
    robots: int = typer.Option(8, "--robots", min=1, max=ROBOTS_MAX, help="Robots in the fleet."),
    orders: int = typer.Option(
        100, "--orders", min=0, help="Orders; of kept ones at most so many, 0 = all."
    ),
    stream: str = typer.Option(
        "", "--stream", metavar="STREAM", help="As for `muster twin run`, without log:PATH."
    ),
    policy: str = typer.Option("batch", "--policy", metavar="NAME", help="Who decides."),
    rate: float = typer.Option(
        5.0, "--rate", min=0.1, max=RATE_MAX, help="Simulated seconds in a second, if it can be."
    ),
    seed: int = typer.Option(1, "--seed", min=0, help="Draws all that chance decides."),
    pick: str = typer.Option("8:3", "--pick", metavar="S", help="Mean and deviation, s."),
    place: str = typer.Option("6:2", "--place", metavar="S", help="Mean and deviation, s."),
    breakdown_every_h: float = typer.Option(
        0.0,
        "--breakdown-every",
        min=0.0,
        max=1e6,
        metavar="H",
        help="Hours between breakdowns of a robot.",
    ),
    hours_max: float = typer.Option(
        4.0, "--hours", min=0.001, max=200.0, help="Give up after so long, simulated h."
    ),
) -> None:
    """Run orders through real nodes over DDS, with simulated robots on a simulated clock.

    Ends with 1 when robots bumped into each other, or orders were left when it was given up.
    """
    from rich.console import Console

    from muster_core.site import load_site
    from muster_twin.live.settings import LiveSettings, TwinSettings
    from muster_twin.live.table import make_table
    from muster_twin.live.twin import LiveTwin
    from muster_twin.streams.order_stream import StreamError
    from muster_twin.streams.spec import make_stream
    from muster_twin.warehouse.spans import parse_span

    if stream.startswith("log:"):
        raise StreamError(f"--stream is {stream!r}; a recorded log is for `muster twin run`")
    bodies = TwinSettings(
        seed=seed,
        pick=parse_span(pick, "--pick"),
        place=parse_span(place, "--place"),
        breakdown_every_h=breakdown_every_h,
    )
    settings = LiveSettings(
        robots=robots, policy=policy, rate=rate, bodies=bodies, duration_s_max=hours_max * 3600.0
    )
    asked = make_stream(
        stream or f"poisson:{ORDERS_PER_ROBOT_H * robots:g}",
        count=orders,
        site=load_site(site),
        seed=seed,
        start_wall_ns=0,
    )
    load_policy(policy)  # a wrong name is told now, and not when the fleet does not come up
    console = Console()
    with (
        console.status("starting the fleet ...") as status,
        LiveTwin(Path(site).resolve(), settings, tell=status.update) as live_twin,
    ):
        record = live_twin.run(asked)
        status.update("ending the fleet ...")
    console.print(make_table(record, f"{robots} robots, {len(asked)} orders, seed {seed}"))
    for bump in record.bumps[:10]:
        console.print(bump, style="red", soft_wrap=True)
    for sentence in sorted(set(record.refusals.values())):
        console.print(f"refused: {sentence}", style="yellow", soft_wrap=True)
    if record.bumps or record.unfinished:
        raise typer.Exit(1)
