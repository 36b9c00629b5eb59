"""Builds muster_core, for colcon and for plain pip."""

from setuptools import find_packages, setup

setup(
    name="muster_core",
    version="0.1.0",
    description="The decisions of the Muster fleet orchestrator, without ROS.",
    license="Apache-2.0",
    packages=find_packages(exclude=["test", "test.*"]),
    package_data={"muster_core": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/muster_core"]),
        ("share/muster_core", ["package.xml"]),
    ],
    python_requires=">=3.10",
    install_requires=["numpy", "scipy", "msgspec", "PyYAML"],
    extras_require={"fast": ["numba"], "test": ["pytest", "hypothesis"]},
    zip_safe=False,
    entry_points={
        "muster.policies": [
            "nearest = muster_core.policy.nearest:NearestPolicy",
            "batch = muster_core.policy.batch:BatchPolicy",
        ],
    },
)
