# `make demo` and `make test` do all the set-up by themselves: a virtual environment in .venv, with the versions of
# constraints.txt. Needs Python 3.11 or newer with its venv module.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= 4

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench screenshots keys clean

help: ## Show what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 16

$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Lineside needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/.base ## The dashboard on a simulated GitLab and a local MLflow store
	@$(BIN)/lineside demo $(ARGS)

# Where every core is busy, a server or a terminal may answer later than a test waits. What fails is run once more, one
# by one; what fails then, too, is broken. Both outcomes stay on the screen.
test: $(VENV)/.dev ## All tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 4 $(ARGS) || { code=$$?; \
	  test $$code -eq 1 || exit $$code; \
	  echo "What failed, once more and one by one:"; \
	  $(BIN)/python -m pytest --last-failed --last-failed-no-failures none --exitfirst --snapshot-warn-unused; }

check: $(VENV)/.dev ## Linter, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Rewrite the sources in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Figures of the speed budgets, as ratios in one run
	$(BIN)/python -m tests.bench $(ARGS)
	$(BIN)/python -m tests.bench.bench_output
	$(BIN)/python -m tests.bench.bench_log --peers
	$(BIN)/python -m tests.bench.bench_tail
	$(BIN)/python -m tests.bench.bench_team

screenshots: $(VENV)/.dev ## The pictures of the README, made by the application itself
	$(BIN)/python -m tests.screenshots

keys: $(VENV)/.dev ## Write the key table of the README anew from the registry
	$(BIN)/python -m tests.keytable README.md

clean: ## Remove the virtual environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
