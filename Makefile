# A machine needs Python 3.11 or newer with pip, and make; every target sets up the rest in .venv.
PYTHON ?= python3

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
PROJECTS := $(wildcard pyproject.toml */pyproject.toml plugins/*/pyproject.toml)

# One stamp a requirements file: newer than all that it was made from, so that a second run installs nothing.
MADE := $(VENV)/made
DEMO := $(VENV)/installed-demo
DEV := $(VENV)/installed-dev
CHECK := $(VENV)/installed-check
BENCH := $(VENV)/installed-bench
OLDEST := $(VENV)/oldest

# The slow tests and those that need more tools than pytest are part of `make check`.
SLOW := tests/docs tests/packaging

# What touches redis-py: with the oldest that axon-redis may have, in an environment of its own; all else has the newest.
OF_REDIS_PY := $(addprefix tests/redis/test_,link.py link_tls.py link_outages.py link_refusals.py link_load.py link_ends.py endpoint.py failures.py sentinel.py cluster.py errors_of_others.py)

# Quiet unless something is wrong; mkdocs' own --quiet would overlook warnings and let them pass.
BUILD_DOCS = said=`NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict 2>&1` || { echo "$$said"; exit 1; }

.PHONY: help demo test check docs bench bench-full profile clean
.SUFFIXES:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(DEMO) ## See what Axon does: a conversation goes in, questions are answered from it
	@$(BIN)/axon demo

test: $(DEV) ## Run the tests, some classes at once: many wait for servers and for time more than they work
	@echo "Running the tests"
	@$(BIN)/python -m pytest -q -n 4 --dist loadscope -r fE $(SLOW:%=--ignore=%)

check: $(CHECK) $(OLDEST)/installed ## Run what must pass before a merge, after the tests: style, types, docs, packages
	@echo "Checking style: ruff"
	@$(BIN)/ruff check -q .
	@$(BIN)/ruff format -q --check . || { echo "Not formatted as above: $(BIN)/ruff format"; exit 1; }
	@echo "Checking types: mypy, pyright"
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/pyright
	@echo "Building the documentation"
	@$(BUILD_DOCS)
	@echo "Running the code blocks of the documentation, building the wheels and installing them"
	@$(BIN)/python -m pytest -q -n auto --dist loadfile $(SLOW)
	@echo "Running the tests of the way to Redis with the oldest redis-py"
	@$(OLDEST)/bin/python -m pytest -q -n auto --dist loadfile $(OF_REDIS_PY)

docs: $(CHECK) ## Build the documentation into site/
	@echo "Building the documentation"
	@$(BUILD_DOCS)
	@echo "Read it: site/index.html"

bench: $(BENCH) ## Measure all that has a bar, beside others, and write docs/benchmarks.md; parts alone: ONLY=verbs,recall
	@$(BIN)/python -m benchmarks --page $(if $(ONLY),--only "$(ONLY)")

bench-full: $(BENCH) ## The same with what takes an hour: a million entries, failovers, minutes of everything at once
	@$(BIN)/python -m benchmarks --full --page $(if $(ONLY),--only "$(ONLY)")

profile: $(BENCH) ## Profile the hot paths: where the time of a get, a save and a recall goes
	@$(BIN)/python -m benchmarks.profile

clean: ## Delete what the other targets made, also .venv
	@rm -rf $(VENV) site .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Axon needs Python 3.11 or newer; '$(PYTHON)' is" \
		"`$(PYTHON) --version 2>/dev/null || echo not there`. Name one that fits: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "'$(PYTHON)' has no venv module; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(DEMO): $(PROJECTS) $(MADE)
	@echo "Installing Axon"
	@$(INSTALL) -e "./axon_core[cli]" -e ./axon_inmemory
	@touch $@

$(DEV): requirements-dev.txt $(PROJECTS) $(MADE)
	@echo "Installing Axon and what its tests need"
	@$(INSTALL) -r requirements-dev.txt
	@touch $@

$(CHECK): requirements-check.txt $(DEV)
	@echo "Installing the tools for style, types and documentation"
	@$(INSTALL) -r requirements-check.txt
	@touch $@

$(OLDEST)/installed: requirements-dev.txt $(PROJECTS) $(MADE)
	@echo "Installing the oldest redis-py beside it"
	@$(PYTHON) -m venv $(OLDEST)
	@oldest=`sed -n 's/.*"redis>=\([0-9.]*\)".*/\1/p' axon_redis/pyproject.toml` && \
		$(OLDEST)/bin/python -m pip install -qq --disable-pip-version-check -r requirements-dev.txt "redis==$$oldest"
	@touch $@

$(BENCH): requirements-bench.txt $(DEV)
	@echo "Installing what the benchmarks compare with"
	@$(INSTALL) -r requirements-bench.txt
	@touch $@
