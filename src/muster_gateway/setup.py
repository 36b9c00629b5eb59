"""Builds muster_gateway for colcon; its dependencies are in package.xml."""

from setuptools import find_packages, setup

setup(
    name="muster_gateway",
    version="0.1.0",
    packages=find_packages(exclude=["test", "test.*"]),
    package_data={"muster_gateway": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/muster_gateway"]),
        ("share/muster_gateway", ["package.xml"]),
    ],
    python_requires=">=3.10",
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "gateway = muster_gateway.main:main",
            "mock_kafka = muster_gateway.mock_kafka:main",
            "real_kafka = muster_gateway.real_kafka:main",
        ],
    },
)
