"""Builds muster_twin for colcon; its dependencies are in package.xml."""

from setuptools import find_packages, setup

setup(
    name="muster_twin",
    version="0.1.0",
    packages=find_packages(exclude=["test", "test.*"]),
    package_data={"muster_twin": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/muster_twin"]),
        ("share/muster_twin", ["package.xml"]),
    ],
    python_requires=">=3.10",
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "muster.commands": [
            "simulate = muster_twin.simulation.command:simulate",
            "twin = muster_twin.command:twin",
        ],
        "muster.drivers": [
            "sim = muster_twin.sim_driver:SimDriver",
            "twin = muster_twin.live.driver:TwinDriver",
        ],
        "console_scripts": ["clock = muster_twin.live.clock_program:main"],
    },
)
