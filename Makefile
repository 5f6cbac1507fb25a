# The kiosk: `make` lists what there is. Every target does its own set-up in .venv; the second time that is quick.
SHELL := /bin/bash
PY := .venv/bin/python
unexport PYTHONDONTWRITEBYTECODE  # tests start a thousand programs: what they import is compiled once
.DEFAULT_GOAL := help

.PHONY: help run test test-long test-os lint bench lock docs clean

help:  ## List the commands
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## Start a kiosk on a simulated machine, with its broker and staff pages (CONFIG=file for another one)
	@tools/setup.sh run
	@$(PY) -m tools.run $(if $(CONFIG),--config "$(CONFIG)")

test:  ## Check style, types and imports, then run every test (minutes; TESTS=tests/folder for some of them)
	@tools/setup.sh test
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest -n 4 $(TESTS)

test-long:  ## The same, and the tests that take long
	@tools/setup.sh test
	@$(MAKE) --no-print-directory lint
	@$(PY) -m pytest -n 4 -m "not debian"

test-os:  ## Install, run and test on fresh Debians 12 and 13 (as root; hours, TESTS=tests/folder for less)
	@tools/setup.sh os
	@TESTS="$(TESTS)" $(PY) -m pytest -v --capture=no -m debian tests/debian

lint:  ## Check style, types and which way imports point
	@tools/setup.sh test
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench:  ## Measure, print the figures and write bench/results.json
	@tools/setup.sh test
	@$(PY) -m bench

lock:  ## Take the newest versions that pyproject.toml allows, with hashes, into the lock files
	@tools/lock.sh

docs:  ## Write the pages about settings, drivers and wiring anew from the code
	@tools/setup.sh run
	@$(PY) -m tools.config_docs
	@$(PY) -m tools.wiring_docs

clean:  ## Remove what was built: .venv, build and caches
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
