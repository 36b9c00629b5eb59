"""Builds muster_bringup for colcon, with the repository's launch and config files."""

import os
from collections.abc import Iterator
from pathlib import Path

from setuptools import find_packages, setup

# The source directory also when colcon runs a symlink to this file in its build directory.
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def shared_files(directory: str, pattern: str) -> Iterator[tuple[str, list[str]]]:
    """Pairs of where to install and what, for `data_files`; colcon wants the sources relative."""
    files = sorted(path for path in (ROOT / directory).glob(pattern) if path.is_file())
    for parent in sorted({path.parent for path in files}):
        sources = [os.path.relpath(path, HERE) for path in files if path.parent == parent]
        yield f"share/muster_bringup/{parent.relative_to(ROOT)}", sources


setup(
    name="muster_bringup",
    version="0.1.0",
    packages=find_packages(exclude=["test", "test.*"]),
    package_data={"muster_bringup": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/muster_bringup"]),
        ("share/muster_bringup", ["package.xml"]),
        *shared_files("launch", "*.launch.py"),
        *shared_files("config", "**/*"),
    ],
    python_requires=">=3.10",
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": ["supervisor = muster_bringup.main:main"],
        "muster.commands": ["up = muster_bringup.up:up"],
    },
)
