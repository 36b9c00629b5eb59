"""Builds muster_traffic for colcon; its dependencies are in package.xml."""

from setuptools import find_packages, setup

setup(
    name="muster_traffic",
    version="0.1.0",
    packages=find_packages(exclude=["test", "test.*"]),
    package_data={"muster_traffic": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/muster_traffic"]),
        ("share/muster_traffic", ["package.xml"]),
    ],
    python_requires=">=3.10",
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": ["traffic = muster_traffic.main:main"],
    },
)
