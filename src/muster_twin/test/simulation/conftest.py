"""An option of these tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Only known when pytest is given this directory, or a file in it."""
    parser.addoption(
        "--rewrite", action="store_true", help="write what the scenarios print now into their files"
    )
