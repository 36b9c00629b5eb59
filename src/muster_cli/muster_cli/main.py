"""The `muster` command: its sub-commands, those that other packages plug in, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import typer

from muster_cli.commands.cancel import cancel
from muster_cli.commands.chaos import chaos
from muster_cli.commands.demo import demo
from muster_cli.commands.doctor import doctor
from muster_cli.commands.events import events
from muster_cli.commands.explain import explain
from muster_cli.commands.log import log
from muster_cli.commands.orders import orders
from muster_cli.commands.replay import replay
from muster_cli.commands.resolve import resolve
from muster_cli.commands.robots import robots
from muster_cli.commands.site import site
from muster_cli.commands.submit import submit
from muster_cli.commands.traffic import traffic
from muster_cli.commands.watch import watch
from muster_cli.commands.zone import zone
from muster_cli.console import print_error
from muster_cli.exits import CommandError, ExitCode
from muster_cli.options import DEFAULT_FLEET, Globals, parse_fleet
from muster_core.errors import MusterError

COMMAND_GROUP = "muster.commands"
INTERRUPTED_EXIT_CODE = 130
"""What shells expect of a command that Ctrl-C ended."""
_COMMANDS = (
    submit, orders, explain, cancel, resolve, robots, events, replay, watch, doctor, demo,
    chaos,
)  # fmt: skip
_EPILOG = (
    "Exit codes: 0 done; 1 refused, failed or not finished; 2 the command line is not right; "
    "3 no answer."
)
# Typer exports this much of click, which it has swallowed in newer versions.
_CLICK_ERROR: Any = typer.BadParameter.__mro__[2]


def make_app() -> typer.Typer:
    """The command with all its sub-commands, also those of other packages."""
    app = typer.Typer(
        name="muster",
        help="Give work to a fleet of robots, and see it through.",
        epilog=_EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_globals)
    for command in _COMMANDS:
        app.command()(command)
    app.add_typer(log)
    app.add_typer(site)
    app.add_typer(traffic)
    app.add_typer(zone)
    for point in sorted(entry_points(group=COMMAND_GROUP), key=lambda point: point.name):
        mount(app, point)
    return app


def mount(app: typer.Typer, point: EntryPoint) -> None:
    """Add another package's command, or its group of commands.

    One that cannot be loaded says why, in help and if called.
    """
    try:
        command = point.load()
        if not callable(command):
            raise TypeError(f"{point.value} is no function and no typer.Typer")
    except Exception as error:  # a plug-in's import may raise anything
        reason = f"cannot be loaded from {point.value}: {type(error).__name__}: {error}"
        app.command(
            point.name,
            help=f"({reason})",
            context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
            add_help_option=False,
        )(_unavailable(point.name, reason))
    else:
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=point.name)
        else:
            app.command(point.name)(command)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; errors are one sentence on stderr."""
    try:
        app = make_app()
        result = app(args=list(arguments), prog_name="muster", standalone_mode=False)
        return result if isinstance(result, int) else ExitCode.OK
    except CommandError as error:
        print_error(str(error))
        return error.exit_code
    except MusterError as error:
        print_error(str(error))
        return ExitCode.FAILED
    except _CLICK_ERROR as error:
        return _usage_error(error)
    except typer.Exit as error:
        return error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:
        # Whoever read the output, such as `head`, has seen enough.
        sys.stdout = None  # type: ignore[assignment]
        return ExitCode.OK


def main() -> None:
    """Run the command line of this process."""
    sys.exit(int(run(sys.argv[1:])))


def _globals(
    context: typer.Context,
    fleet: str = typer.Option(
        DEFAULT_FLEET, "--fleet", envvar="MUSTER_FLEET", help="The fleet's ROS namespace."
    ),
) -> None:
    context.obj = Globals(fleet=parse_fleet(fleet))


def _unavailable(name: str, reason: str) -> Any:
    def refuse() -> None:
        raise CommandError(f"the command {name!r} {reason}")

    return refuse


def _usage_error(error: Any) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return ExitCode.USAGE
    sentence = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "muster"
    print_error(f"{sentence[:1].lower()}{sentence[1:]}; see `{command} --help`")
    return ExitCode.USAGE


if __name__ == "__main__":
    main()
