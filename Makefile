# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
# Both make .venv from the lock. Needed beforehand: Python 3.11 or later with venv, and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
LOCKED := $(VENV)/.locked
READY  := $(VENV)/.ready
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help venv demo lint test test-all bench docs lock clean

help:
	@echo "make demo      make a world, trace its theft, compare with the truth, say where to look"
	@echo "make test      lint, types, import contract, and every test that is not slow"
	@echo "make test-all  the same with the slow tests"
	@echo "make lint      lint, types and import contract alone"
	@echo "make bench     the benches beside their peers, printed as ratios"
	@echo "make docs      write the generated reference again"
	@echo "make lock      resolve requirements.lock anew from pyproject.toml"
	@echo "make clean     remove what make and the tools made"

venv: $(READY)

# A new lock starts a fresh .venv, so that nothing lingers in it; a new pyproject only installs jindo again.
$(LOCKED): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "jindo needs Python 3.11 or later: make PYTHON=...")'
	$(PYTHON) -m venv --clear $(VENV)
	# Published as source alone, pinned by hash like all else, built here: cpe, which stix2-validator needs, and pyspark-client.
	$(PIP) --require-hashes --only-binary :all: --no-binary cpe,pyspark-client -r requirements.lock
	@touch $@

# --no-deps and --no-build-isolation: what is not in the lock is not fetched, the build backend included.
$(READY): $(LOCKED) pyproject.toml $(wildcard src/jindo/trace/kernel*.py src/jindo/ledger/bitcoin/kernel*.py src/jindo/ledger/kernel*.py)
	$(PIP) --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip check --disable-pip-version-check
	@echo "compiling the tracer and the block parser, once"
	@rm -f src/jindo/trace/__pycache__/*.nb? src/jindo/ledger/__pycache__/*.nb? src/jindo/ledger/bitcoin/__pycache__/*.nb?
	$(BIN)/python -m jindo.trace.warm
	$(BIN)/python -m jindo.ledger.bitcoin.warm
	$(BIN)/python -m jindo.ledger.warm
	@touch $@

demo: $(READY)
	$(BIN)/jindo demo

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The last line of pytest's report says how many were skipped, also when none was (tests/conftest.py).
test: lint
	HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest -m "not slow"

test-all: lint
	HYPOTHESIS_PROFILE=ci $(BIN)/python -m pytest

bench: $(READY)
	$(BIN)/jindo bench run --full --out bench/results
	$(BIN)/python bench/blocks.py

docs: $(READY)
	$(BIN)/python docs/generate.py

# pip-tools only resolves; it is no part of what we run, so it lives in a venv of its own.
# CUSTOM_COMPILE_COMMAND keeps the caller's own settings out of the lock's header.
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check pip-tools==7.6.2
	CUSTOM_COMPILE_COMMAND="make lock" .venv-lock/bin/pip-compile --quiet --upgrade --generate-hashes --extra bench --extra dev --extra spark --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .venv-lock build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench docs -name __pycache__ -prune -exec rm -rf {} +
