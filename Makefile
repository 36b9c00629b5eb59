# Every target sets up and builds what it needs first; both cost nothing when nothing changed.
# With ROS 2 sourced the targets use that; elsewhere they make .venv from tools/requirements.lock.

SHELL := /bin/bash
PYTHON ?= python3

PYTEST_ARGS ?=
demo: ROBOTS ?= 5
demo: ORDERS ?= 20
demo: SPEED ?= 4
demo: KAFKA ?= mock
chaos: ROBOTS ?= 8
chaos: ORDERS ?= 200
chaos: SPEED ?= 10
chaos: KAFKA ?= auto
chaos: SEED ?= 0
simulate: SEEDS ?= 1..10000
simulate: JOBS ?= 0

.DEFAULT_GOAL := help
.PHONY: help setup build demo lint test simulate chaos bench clean

help: ## this list
	@echo "usage: make TARGET [NAME=value ...]"
	@sed -nE 's/^([a-z]+):.*## (.*)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12
	@echo "Then, in a shell of your own: source tools/env.sh && muster --help"

setup: ## make .venv, on a machine without ROS 2 (PYTHON=python3.12)
	@$(PYTHON) tools/setup.py

build: setup ## build the workspace with colcon
	@tools/build.sh

demo: build ## a simulated fleet at work (ROBOTS=5 ORDERS=20 SPEED=4 KAFKA=mock)
	@source tools/env.sh && exec muster demo --robots $(ROBOTS) --orders $(ORDERS) --speed $(SPEED) --kafka $(KAFKA)

lint: build ## check style and types
	@source tools/env.sh && python3 -m ruff check && python3 -m ruff format --check && python3 -m mypy

test: lint ## check style and types, then run the tests (PYTEST_ARGS="-k lease -x")
	@source tools/env.sh && exec python3 -m pytest $(PYTEST_ARGS)

simulate: build ## whole fleets from seeds, with everything failing (SEEDS=1..10000 JOBS=0, which is one a core)
	@source tools/env.sh && exec muster simulate --seeds $(SEEDS) --jobs $(JOBS)

chaos: build ## kill a fleet's processes at random, and judge (ROBOTS=8 ORDERS=200 SPEED=10 KAFKA=auto SEED=0)
	@tools/kafka/fetch.sh
	@source tools/env.sh && exec muster chaos --robots $(ROBOTS) --orders $(ORDERS) --speed $(SPEED) --kafka $(KAFKA) --seed $(SEED)

bench: build ## measure, as ratios against something measured in the same run
	@source tools/env.sh && exec python3 bench/run.py

clean: ## remove what was built and cached; .venv stays
	rm -rf build install log .mypy_cache .pytest_cache .ruff_cache .hypothesis
