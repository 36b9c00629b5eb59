"""`muster chaos`: a fleet whose processes are killed at random, and a judge."""

from __future__ import annotations

import secrets
from pathlib import Path

import typer

from muster_cli.commands.demo import ORDERS_MAX, ROBOTS_MAX, SITE_DEFAULT, check_kafka
from muster_cli.options import fleet_of

SEED_MAX = 2**31 - 1


def chaos(
    context: typer.Context,
    robots: int = typer.Option(8, min=1, max=ROBOTS_MAX, help="How many simulated robots."),
    robots_per_process: int = typer.Option(
        4, min=1, max=100, help="How many robots are hit by one blow at their agents' process."
    ),
    orders: int = typer.Option(200, min=1, max=ORDERS_MAX, help="How many orders through Kafka."),
    speed: float = typer.Option(10.0, min=0.1, max=1000.0, help="Times faster than real time."),
    kafka: str = typer.Option(
        "auto",
        help="real = an Apache Kafka of its own, which is killed, too; mock = one in memory, which "
        "only stands still; auto = real where Java and the jars are; host:port = one that is "
        "there, which is left alone.",
    ),
    kafka_jars: Path = typer.Option(
        Path("build/kafka"), help="Where Apache Kafka's jars are (tools/kafka/fetch.sh)."
    ),
    site: str = typer.Option(
        SITE_DEFAULT, metavar="FILE", help="A site file, or the name of an installed one."
    ),
    seed: int = typer.Option(
        0, min=0, max=SEED_MAX, help="Draws the orders and the blows; 0 = a new one, printed."
    ),
    kills: int = typer.Option(
        0, min=0, max=10_000, help="End after so many kills; 0 = when nearly all orders have ended."
    ),
    every: float = typer.Option(
        4.0, min=0.2, max=600.0, help="The mean pause between two blows, s."
    ),
    keep: bool = typer.Option(False, "--keep", help="Keep logs and data of a good run, too."),
    duration_max: float = typer.Option(
        900.0, min=1.0, max=86_400.0, help="How long blows may fall, s."
    ),
) -> None:
    """Kill a fleet's processes at random, and judge what became of its orders.

    A blow is a SIGKILL, or a SIGSTOP with a SIGCONT later, to scheduler, traffic, policy, gateway,
    agents, supervisor or Kafka. The judge reads nothing but Kafka's topics and the robots'
    journals. Ends with `chaos: N orders, N kills, N ended once, 0 lost, 0 twice`; exit code 0 only
    if that is so.
    """
    from muster_cli.chaos.brokers import choose
    from muster_cli.chaos.settings import AUTO, REAL

    if kafka not in (AUTO, REAL):
        check_kafka(kafka)
    chosen, untested = choose(kafka, kafka_jars)
    if untested:
        print(f"chaos: {untested}", flush=True)

    from muster_cli.chaos.run import Chaos
    from muster_cli.chaos.settings import ChaosSettings
    from muster_cli.floor import find_site_file, open_site

    path = find_site_file(site)
    settings = ChaosSettings(
        run=f"chaos-{secrets.token_hex(3)}",
        fleet=fleet_of(context),
        robots=robots,
        robots_per_process=robots_per_process,
        orders=orders,
        speed=speed,
        kafka=chosen,
        kafka_jars=kafka_jars.resolve(),
        site=path,
        seed=seed or 1 + secrets.randbelow(SEED_MAX),
        kills=kills,
        every_s=every,
        duration_s_max=duration_max,
        is_kept=keep,
    )
    raise typer.Exit(int(Chaos(settings, site=open_site(str(path))).run()))
