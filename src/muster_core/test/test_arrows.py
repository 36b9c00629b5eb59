"""The arrows of the architecture: who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parents[2]
SHARED = {"muster_msgs", "muster_ros", "muster_core"}
ALLOWED = {
    "muster_core": {"muster_core"},
    "muster_ros": {"muster_ros", "muster_core", "muster_msgs"},
    **{
        name: SHARED | {name}
        for name in (
            "muster_scheduler",
            "muster_policy",
            "muster_traffic",
            "muster_agent",
            "muster_gateway",
            "muster_twin",
            "muster_cli",
            "muster_bringup",
        )
    },
}
IMPURE = {"rclpy", "muster_msgs", "confluent_kafka", "structlog", "time", "random", "socket"}


def imported(source: str) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def modules(package: str) -> list[Path]:
    return sorted((SOURCES / package / package).rglob("*.py"))


def test_every_package_is_in_the_table() -> None:
    if not (SOURCES / "muster_ros").exists():
        pytest.skip("the other packages are not beside this one")
    assert {path.name for path in SOURCES.iterdir() if (path / "package.xml").exists()} == set(
        ALLOWED
    )


@pytest.mark.parametrize("package", ALLOWED)
def test_package_imports_only_along_the_arrows(package: str) -> None:
    if not (SOURCES / package).exists():
        pytest.skip(f"{package} is not beside this package")
    assert modules(package)
    for module in modules(package):
        wrong = {
            name
            for name in imported(module.read_text())
            if name.startswith("muster_") and name not in ALLOWED[package]
        }
        assert not wrong, f"{module.relative_to(SOURCES)} imports {', '.join(sorted(wrong))}"


def test_core_reads_no_clock_draws_no_chance_and_knows_no_middleware() -> None:
    for module in modules("muster_core"):
        wrong = IMPURE & set(imported(module.read_text()))
        assert not wrong, f"{module.relative_to(SOURCES)} imports {', '.join(sorted(wrong))}"


def test_wrong_arrow_is_found() -> None:
    source = "def f():\n    from muster_agent.node import AgentNode\nimport rclpy.node as n\n"
    assert set(imported(source)) == {"muster_agent", "rclpy"}
