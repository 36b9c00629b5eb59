from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
import typer

from muster_cli import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("frob",), "no such command"),
        (("orders", "--frob"), "no such option"),
        (("orders", "--state", "lost"), "--state is 'lost'; it must be one of waiting, accepted"),
        (("submit", "--priority", "300"), "--priority"),
        (("submit", "--id", "o-1", "--pickup", "a\nb", "--dropoff", "c"), "pickup"),
        (("submit", "--json-file", "/nowhere.json"), "cannot be read"),
        (("events", "--trace", "xyz"), "--trace is 'xyz'; it must be 32 hexadecimal digits"),
        (("cancel",), "argument"),
        (("explain", "o-1", "--log", "/nowhere.log"), "'/nowhere.log' cannot be read: there is no"),
        (("resolve", "o-1"), "no answer given; give exactly one of --completed, --retry, --failed"),
        (("resolve", "o-1", "--retry", "--failed"), "--retry and --failed given; give exactly one"),
        (("demo", "--kafka", "somewhere"), "--kafka is 'somewhere'; it must be mock, or host:port"),
        (("demo", "--site", "moon"), "the installed sites are"),
        (("demo", "--robots", "0"), "--robots"),
        (("watch", "--site", "/nowhere.yaml"), "the installed sites are"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_bad_arguments_are_one_sentence_and_exit_code_2(
    run: Any, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = run(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("muster: ") and answer.err.count("\n") == 1
    assert sentence.lower() in answer.err.lower()


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{", "is not JSON"),
        ("[1]", "holds a JSON array; an order is a JSON object"),
        ('{"pickup": 5}', "pickup"),
        ('{"pikup": "shelf_1"}', "pikup"),
        ('{"priority": 256}', "256"),
    ],
)
def test_bad_json_is_one_sentence_and_nothing_is_sent(
    run: Any, tmp_path: Any, body: str, sentence: str
) -> None:
    path = tmp_path / "order.json"
    path.write_text(body)
    answer = run("submit", "--json-file", str(path))
    assert answer.code == 2
    assert answer.err.count("\n") == 1 and sentence in answer.err


def test_json_and_options_exclude_each_other(run: Any, tmp_path: Any) -> None:
    path = tmp_path / "order.json"
    path.write_text("{}")
    answer = run("submit", "--json-file", str(path), "--pickup", "shelf_1")
    assert answer.code == 2
    assert "--json-file and --pickup exclude each other" in answer.err


def test_bad_namespace_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--fleet", "9 lives", "orders"]) == 2
    assert "--fleet is '9 lives'; it must be a ROS namespace" in capsys.readouterr().err


def test_help_lists_every_command(run: Any) -> None:
    answer = run("--help")
    assert answer.code == 0
    for command in main._COMMANDS:
        assert command.__name__ in answer.out


def test_broken_command_of_another_package_is_listed_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = EntryPoint("fly", "no_such_package.fly:fly", main.COMMAND_GROUP)
    monkeypatch.setattr(main, "entry_points", lambda group: [broken])
    assert main.run(["--help"]) == 0
    out = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "fly" in out and "cannot be loaded from no_such_package.fly:fly" in out
    assert main.run(["fly", "--high", "5"]) == 1
    assert "the command 'fly' cannot be loaded" in capsys.readouterr().err


def test_command_of_another_package_is_mounted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def greet(name: str = "you", is_loud: bool = typer.Option(False, "--loud")) -> None:
        """Say hello."""
        print(f"hello {name}{'!' if is_loud else ''}")

    class Good:
        name = "greet"
        value = "somewhere:greet"

        def load(self) -> Any:
            return greet

    monkeypatch.setattr(main, "entry_points", lambda group: [Good()])
    assert main.run(["greet", "--name", "robot", "--loud"]) == 0
    assert capsys.readouterr().out == "hello robot!\n"


def test_group_of_commands_of_another_package_is_mounted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group = typer.Typer()

    @group.callback()
    def about() -> None:
        """Be polite."""

    @group.command()
    def greet(name: str = "you") -> None:
        """Say hello."""
        print(f"hello {name}")

    class Good:
        name = "polite"
        value = "somewhere:group"

        def load(self) -> Any:
            return group

    monkeypatch.setattr(main, "entry_points", lambda group: [Good()])
    assert main.run(["polite", "greet", "--name", "robot"]) == 0
    assert capsys.readouterr().out == "hello robot\n"
