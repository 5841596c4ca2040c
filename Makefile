# The two commands of README.md, and those that they rest on. A machine needs python3 (3.11+) and make, no more.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
OPENAPI := ../shared/spec/telnyx-openapi-siprec.yml

.PHONY: run venv check format test coverage bench fuzz screenshots build clean

run: venv
	$(BIN)/siprec-emulator demo

venv: $(STAMP)

# made again whenever the dependencies change
$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

check: venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/siprec-emulator validate scenarios/*.yaml
	@if [ -e $(OPENAPI) ]; then $(BIN)/siprec-emulator schema diff $(OPENAPI); \
	else echo "schema diff: skipped, $(OPENAPI) is not here"; fi

format: venv
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: venv
	$(BIN)/pytest -n auto

# every branch of the core is covered
coverage: venv
	$(BIN)/pytest -n auto tests/core --cov=emulator.core --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100

bench: venv
	$(BIN)/python -m benchmarks

# 200,000 messages made worse, and inputs that would choke a parser of quadratic time
fuzz: venv
	$(BIN)/python -m benchmarks.fuzz

# the pictures of docs/inspector.md; port 12111 has to be free
screenshots: venv
	$(BIN)/python -m tests.inspector.screenshots

build: venv
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
