# What people type. Each recipe is one line of the product's own commands; `make setup` needs Python 3.12 or newer and pip only.
SHELL := /bin/bash
VENV := .venv
STAMP := $(VENV)/.set-up
# Every process that starts would compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test demo bench bench-full full faults lint screenshots pictures clean

setup: $(STAMP)

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@./setup.sh $(VENV)
	@touch $(STAMP)

run: $(STAMP)
	@$(VENV)/bin/lotone run

demo: $(STAMP)
	@$(VENV)/bin/lotone demo --orders 25 --seed 1

test: $(STAMP)
	@$(VENV)/bin/python -m pytest -n 2 --dist worksteal -m "not long"

full: $(STAMP) lint
	@LOTONE_TEST_PROFILE=long $(VENV)/bin/python -m pytest -n 2 --dist worksteal

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

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
