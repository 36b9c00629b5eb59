"""Measures Muster beside its baselines, prints a table and writes ``bench/results.json``.

``python3 bench/run.py`` takes all figures, ``python3 bench/run.py intake_rate`` the named ones. A
missed target is told and is no failure; a figure that could not be measured is (exit 1). One whose
data are absent is skipped, with the reason.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import signal
import sys
import traceback
from pathlib import Path

RESULTS = Path(__file__).with_name("results.json")
MODULES = (
    "order_to_robot_latency",
    "intake_rate",
    "heartbeat_cpu",
    "failover",
    "replay_rate",
    "simulation_rate",
    "traffic_step",
    "twin_speed",
    "twin_speed_live",
    "mapd",
    "league",
    "assignment_quality",
    "assignment_time",
    "seed_design",
)
DOMAINS = range(50, 100)
"""DDS domains whose ports no other program of the machine is likely to use."""


def main() -> int:
    """Measure what the command line names; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", choices=(*MODULES, []), metavar="figure")
    parser.add_argument("--quick", action="store_true", help="fewer samples: to see that it works")
    options = parser.parse_args()
    _isolate()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))

    from figure import SkippedError, make_table, write_results
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 140)
    figures, broken, skipped = [], [], []
    for name in options.figures or MODULES:
        console.print(f"measuring {name} ...")
        try:
            figures.extend(importlib.import_module(name).measure(options.quick))
        except SkippedError as reason:
            skipped.append(f"{name} is skipped: {reason}")
        except Exception:
            traceback.print_exc()
            broken.append(name)
        if not options.quick:
            write_results(RESULTS, figures)
    console.print(make_table(figures, _machine(options.quick)))
    for sentence in skipped:
        console.print(sentence, markup=False)
    for name in broken:
        console.print(f"[red]{name} could not be measured[/], see above")
    return 1 if broken else 0


def _isolate() -> None:
    """Keep out of everybody else's traffic, and out of a live fleet's above all."""
    os.environ.setdefault("ROS_DOMAIN_ID", str(DOMAINS[os.getpid() % len(DOMAINS)]))
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"


def _machine(is_quick: bool) -> str:
    load = os.getloadavg()[0]
    words = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    quick = "; --quick, so roughly" if is_quick else ""
    return f"{words}; load {load:.1f} when it ended{quick}"


if __name__ == "__main__":
    sys.exit(main())
