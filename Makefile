# What people type. Each recipe is one line of the product's own commands; `make setup` needs Python 3.12 or newer and pip only.
SHELL := /bin/bash
VENV := .venv
STAMP := $(VENV)/.set-up
TOOLS := .venv-tools
# Every process that starts would compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE
# Where there is a folder in memory with room, the tests' installations live there: each of their commits would wait for the disk.
IN_MEMORY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 { print "TMPDIR=/dev/shm" }')

.PHONY: setup run test demo bench bench-full full faults lint screenshots pictures sbom audit lock clean

setup: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@./setup.sh $(VENV)
	@touch $(STAMP)

run: $(STAMP)
	@$(VENV)/bin/lotone run

demo: $(STAMP)
	@$(VENV)/bin/lotone demo --orders 25 --seed 1

test: $(STAMP)
	@$(IN_MEMORY) $(VENV)/bin/python -m pytest -n 2 --dist worksteal -m "not long"

full: $(STAMP) lint
	@$(IN_MEMORY) LOTONE_TEST_PROFILE=long $(VENV)/bin/python -m pytest -n 2 --dist worksteal

faults: $(STAMP)
	@$(VENV)/bin/python -m pytest tests/faults

lint: $(STAMP)
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/lint-imports --no-logo
	@$(VENV)/bin/mypy

screenshots: $(STAMP)
	@$(VENV)/bin/python -m tests.journeys.screenshots

pictures: $(STAMP)
	@$(VENV)/bin/python -m tests.journeys.screenshots --docs

bench: $(STAMP)
	@$(VENV)/bin/python -m benchmarks

bench-full: $(STAMP)
	@$(VENV)/bin/python -m benchmarks --long

$(TOOLS)/.set-up: requirements-tools.txt $(STAMP)
	@$(VENV)/bin/python -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-tools.txt
	@touch $@

sbom: $(TOOLS)/.set-up
	@$(TOOLS)/bin/python .ci/sbom.py build/sbom.json

# Asks PyPI for known faults of every pin: it needs the network, and fails when it cannot ask about one.
audit: $(TOOLS)/.set-up
	@$(TOOLS)/bin/pip-audit --strict --no-deps --disable-pip -r requirements.txt

lock: $(STAMP)
	@$(VENV)/bin/python .ci/lock.py

clean:
	@rm -rf $(VENV) $(TOOLS) .mypy_cache .ruff_cache .pytest_cache .hypothesis
