"""`muster demo`: a small warehouse at work, from nothing, with a count at the end."""

from __future__ import annotations

import re
import secrets

import typer

from muster_cli.console import make_console
from muster_cli.exits import UsageError
from muster_cli.options import fleet_of

MOCK_KAFKA = "mock"
ROBOTS_MAX = 300
ORDERS_MAX = 10_000
SITE_DEFAULT = "small_warehouse"
_SERVER = re.compile(r"[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*")


def demo(
    context: typer.Context,
    robots: int = typer.Option(5, min=1, max=ROBOTS_MAX, help="How many simulated robots."),
    orders: int = typer.Option(
        20, min=1, max=ORDERS_MAX, help="How many orders through Kafka; one more by action."
    ),
    speed: float = typer.Option(4.0, min=0.1, max=1000.0, help="Times faster than real time."),
    kafka: str = typer.Option(
        MOCK_KAFKA, help="mock = an in-memory one of its own, or host:port of a real one."
    ),
    site: str = typer.Option(
        SITE_DEFAULT, metavar="FILE", help="A site file, or the name of an installed one."
    ),
    seed: int = typer.Option(1, help="Draws the orders; the same seed, the same orders."),
) -> None:
    """See a small warehouse at work: a simulated fleet, a Kafka, orders, and a count.

    Ends with `demo: N accepted, N completed, ...`; exit code 0 only if all were completed.
    """
    check_kafka(kafka)
    from muster_cli.demo.run import Demo
    from muster_cli.demo.settings import DemoSettings
    from muster_cli.floor import find_site_file, open_site

    path = find_site_file(site)

    settings = DemoSettings(
        run=f"demo-{secrets.token_hex(3)}",
        fleet=fleet_of(context),
        robots=robots,
        orders=orders,
        speed=speed,
        kafka=kafka,
        site=path,
        seed=seed,
    )
    run = Demo(settings, site=open_site(str(path)), console=make_console())
    raise typer.Exit(int(run.run()))


def check_kafka(kafka: str) -> None:
    """Nothing, when it is ``mock`` or addresses.

    :raises UsageError: when it is neither.
    """
    if kafka != MOCK_KAFKA and not _SERVER.fullmatch(kafka):
        raise UsageError(f"--kafka is {kafka!r}; it must be mock, or host:port")
