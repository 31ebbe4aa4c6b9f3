# Lectern. `make` alone says what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed

LESSON ?= examples/lesson-ko.md
FILM ?= out/lesson-ko.mp4
MINUTES ?= 4
TESTS ?= tests
WORKERS ?= 3
BREAK ?= chaos
AWAY ?= 600
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header $(if $(UPGRADE),--upgrade)

.PHONY: help setup setup-dev demo up test cover chaos soak outage crash-matrix lint schemas docs specs audit limits kafka topics bench lock clean

help: ## Show this list
	@echo "Lectern: training text to narrated video. Needs make and Python 3.11 or newer; start with: make demo"
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.12 chooses the interpreter (now: $(PYTHON)). For the lectern command itself:"
	@echo "  $(BIN)/lectern --help"

setup: $(RUNTIME) ## Install Lectern into .venv: what it needs to run, pinned with hashes
	@echo "Lectern is installed: $(BIN)/lectern --help"

setup-dev: $(DEV) ## The same, with what the tests need
	@echo "Lectern and its tests are installed."

demo: $(RUNTIME) ## Render LESSON= (the Korean example), MINUTES= long, to FILM=, with no Kafka, Docker or network
	@mkdir -p $(dir $(FILM))
	$(BIN)/lectern render $(LESSON) -o $(FILM) --style animated --voice kokoro --minutes $(MINUTES)

up: $(RUNTIME) ## Run the whole system in one process, with its HTTP interface, until Ctrl-C
	$(BIN)/lectern up

test: $(DEV) ## Run the tests on the best broker there is; TESTS=path for some, WORKERS= side by side (3)
	$(BIN)/pytest $(TESTS) -m "not chaos" --numprocesses $(WORKERS) --no-loadscope-reorder

cover: $(DEV) ## Run the tests (TESTS=path for some) and show, room by room, which branches they take
	@mkdir -p .cache
	$(BIN)/pytest $(TESTS) -m "not chaos and not packaging" --numprocesses $(WORKERS) --no-loadscope-reorder \
		--cov=contracts --cov=services --cov-branch --cov-report=json:.cache/coverage.json
	$(BIN)/python -m ops.tools.cover .cache/coverage.json

chaos: $(DEV) ## Run the tests that break things: faults, crash points, cancels, hangs (minutes)
	$(BIN)/pytest tests -m "$(BREAK)" --numprocesses 2 --no-loadscope-reorder

soak: $(DEV) ## Run JOBS= (1,000) jobs under faults chosen by SEED= (FAULTS=a,b: only these; DATABASE=postgres), then check that nothing is lost; an hour
	$(BIN)/python -m tests.chaos.soak $(if $(JOBS),--jobs $(JOBS)) $(if $(SEED),--seed $(SEED)) $(if $(KEEP),--keep $(KEEP)) $(if $(FAULTS),--faults $(FAULTS)) $(if $(DATABASE),--database $(DATABASE))

lint: $(DEV) ## Check style, types, the arrows between rooms, and that what is imported is declared
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --cache-dir .cache/imports
	$(BIN)/deptry contracts services
	$(BIN)/deptry contracts services ops tests --exclude '\.venv' --ignore DEP002,DEP004

schemas: $(DEV) ## Write the JSON Schemas and AsyncAPI anew from the models; FREEZE=1.1 keeps them as a release's, for good
	$(BIN)/python -m contracts.export $(if $(FREEZE),--freeze $(FREEZE))
	$(BIN)/python -m contracts.export --check

docs: $(DEV) ## Write ops/configuration.md anew from the settings: every variable, its default, what breaks
	$(BIN)/python -m ops.tools.configuration

specs: $(DEV) ## Check the API documents with the specifications' own tools, most of which need Node
	$(BIN)/python -m ops.tools.check_specs

outage: $(DEV) ## Take the ledger's database away for AWAY= seconds (600) in the middle of jobs, both databases in turn
	LECTERN_AWAY_SECONDS=$(AWAY) LECTERN_REQUIRE_KAFKA=1 $(BIN)/pytest tests/e2e/test_ledger_away.py -s

crash-matrix: $(DEV) ## Kill each process at each crash point, one crash a job (half an hour); make chaos has rows of it
	LECTERN_CRASH_MATRIX=full LECTERN_REQUIRE_KAFKA=1 $(BIN)/pytest tests/e2e/test_crash_matrix.py

audit: $(DEV) ## Report licenses and known vulnerabilities of what the locks pin; ADVISORIES=PyPI/all.zip of osv.dev
	$(BIN)/python -m ops.tools.audit $(if $(ADVISORIES),--advisories $(ADVISORIES))

limits: $(DEV) ## Write the table of limits in SECURITY.md anew from the code's constants
	$(BIN)/python -m ops.tools.limits

kafka: ## Run Apache Kafka on 127.0.0.1:9092 until Ctrl-C; needs Java 17 and Maven, no Docker
	@$(PYTHON) -m ops.kafka run

topics: $(RUNTIME) ## Create the topics on KAFKA_BOOTSTRAP_SERVERS
	$(BIN)/lectern topics create

bench: $(DEV) ## Run the benchmark NAME= of ops/bench
	@if [[ -z "$(NAME)" || ! -e "ops/bench/$(NAME).py" ]]; then \
		echo "make bench NAME=...; there are:"; \
		find ops/bench -maxdepth 1 -name '[a-z]*.py' -exec basename {} .py \; | sort | sed 's/^/  /'; exit 2; fi
	$(BIN)/python -m ops.bench.$(NAME)

lock: $(BIN)/uv ## Write the three lock files anew from pyproject.toml; UPGRADE=1 takes newer versions
	echo uv | $(COMPILE) --no-annotate - --output-file requirements-setup.lock
	$(COMPILE) pyproject.toml --extra all --extra build --output-file requirements.lock
	$(COMPILE) pyproject.toml --extra all --extra build --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock

clean: ## Remove what was built and fetched; keeps data and films
	rm -rf $(VENV) ops/kafka/libs .cache/specs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Lectern needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
			"Say which to use: make PYTHON=python3.12 setup" >&2; exit 2; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(BIN)/uv: requirements-setup.lock | $(BIN)/python
	@echo "Installing uv, which installs the rest"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.lock
	@touch $@

# An environment that has the tests' tools keeps them: the larger lock contains the smaller.
$(RUNTIME): requirements.lock pyproject.toml $(BIN)/uv
	@if [[ -e $(DEV) ]]; then $(MAKE) $(DEV); else $(call install,requirements.lock); fi
	@touch $@

$(DEV): requirements-dev.lock pyproject.toml $(BIN)/uv
	@$(call install,requirements-dev.lock)
	@touch $@ $(RUNTIME)

define install
echo "Installing what $(1) pins into $(VENV)" && \
$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(1) && \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endef
