"""`muster twin`: what a fleet would do, on a site that exists in the computer only."""

from __future__ import annotations

from pathlib import Path

import typer

from muster_twin.live.command import live

ORDERS_PER_ROBOT_H = 20.0
"""How many orders an hour come for each robot when no stream is given: what robots can just do."""
COMPARISONS_MAX = 8

twin = typer.Typer(name="twin", help="Try fleets on a simulated site.", no_args_is_help=True)


@twin.callback()
def _group() -> None:
    """Try fleets on a simulated site."""


twin.command()(live)


@twin.command()
def run(
    site: str = typer.Option(..., "--site", metavar="FILE", help="A site file, of any format."),
    robots: int = typer.Option(8, "--robots", min=1, max=1000, help="Robots in the fleet."),
    orders: int = typer.Option(
        200, "--orders", min=0, help="Orders; of kept ones at most so many, 0 = all."
    ),
    stream: str = typer.Option(
        "",
        "--stream",
        metavar="STREAM",
        help="poisson:PER_HOUR, profile:PER_HOUR, waves:SIZE:MINUTES, file:PATH or log:PATH.",
    ),
    policy: str = typer.Option("batch", "--policy", metavar="NAME", help="Who decides."),
    compare: list[str] = typer.Option(
        [],
        "--compare",
        metavar="WHAT",
        help="The same orders with another policy (nearest), robots=N, close=ZONE, "
        "traffic=quick; several joined by commas. May be given several times.",
    ),
    close: list[str] = typer.Option(
        [], "--close", metavar="ZONE", help="A zone, or vertices joined by +, nobody may enter."
    ),
    traffic: str = typer.Option(
        "full", "--traffic", metavar="KIND", help="full, or quick: an approximation of it."
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
        24.0, "--hours", min=0.001, max=2000.0, help="Give up after so long, simulated h."
    ),
    report: Path = typer.Option(
        Path("twin-report"), "--report", metavar="DIR", help="Where twin.json and twin.svg go."
    ),
) -> None:
    """Run orders through a simulated fleet of production's scheduler, agents and traffic.

    The same seed and options are the same run, as far as the policy keeps to that. Ends with 1
    when robots collided, or orders were left when it was given up.
    """
    from rich.console import Console

    from muster_core.site import load_site
    from muster_twin.report.file import write_report
    from muster_twin.report.table import make_table
    from muster_twin.streams.spec import make_stream
    from muster_twin.warehouse.run import run_variant
    from muster_twin.warehouse.settings import WarehouseSettings
    from muster_twin.warehouse.spans import parse_span
    from muster_twin.warehouse.variant import Variant
    from muster_twin.warehouse.world import START_WALL_NS

    if len(compare) > COMPARISONS_MAX:
        raise typer.BadParameter(f"--compare is given {len(compare)} times; at most 8")
    found = load_site(site)
    settings = WarehouseSettings(
        robots=robots,
        seed=seed,
        policy=policy,
        traffic=_traffic(traffic),
        pick=parse_span(pick, "--pick"),
        place=parse_span(place, "--place"),
        breakdown_every_h=breakdown_every_h,
        duration_s_max=hours_max * 3600.0,
    )
    base = Variant(policy, settings, tuple(close))
    variants = [base, *(base.changed(text) for text in compare)]
    for variant in variants:
        variant.site(found)  # what is wrong with one is told before the first is run
    asked = make_stream(
        stream or f"poisson:{ORDERS_PER_ROBOT_H * robots:g}",
        count=orders,
        site=base.site(found),
        seed=seed,
        start_wall_ns=START_WALL_NS,
    )
    console = Console()
    outcomes = []
    for variant in variants:
        with console.status(f"{variant.name}: {len(asked)} orders ..."):
            outcomes.append(run_variant(variant, found, asked))
    console.print(make_table(outcomes))
    for told in {told for outcome in outcomes for told in (*outcome.collisions_told,)}:
        console.print(told, style="red", soft_wrap=True)
    for sentence, times in {k: v for o in outcomes for k, v in o.refusals.items()}.items():
        console.print(f"refused {times} times: {sentence}", style="yellow", soft_wrap=True)
    for path in write_report(report, outcomes, found):
        console.print(f"written: {path}", style="dim", soft_wrap=True)
    if any(outcome.collisions or outcome.unfinished for outcome in outcomes):
        raise typer.Exit(1)


def _traffic(text: str):
    from muster_twin.warehouse.settings import TrafficKind

    try:
        return TrafficKind(text)
    except ValueError:
        raise typer.BadParameter(f"--traffic is {text!r}; it must be full or quick") from None
