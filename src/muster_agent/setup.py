"""Builds muster_agent for colcon; its dependencies are in package.xml."""

from setuptools import find_packages, setup

setup(
    name="muster_agent",
    version="0.1.0",
    packages=find_packages(exclude=["test", "test.*"]),
    package_data={"muster_agent": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/muster_agent"]),
        ("share/muster_agent", ["package.xml"]),
    ],
    python_requires=">=3.10",
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": ["agent = muster_agent.main:main"],
    },
)
