# make demo     render two films of examples/ in the sandbox: no key, no money, no network
# make test     run the checks and the tests
# make bench    run the benchmarks, each figure against a baseline of the same run
# make editors  install the editors' language servers, for the tests in tests/editors (needs npm)
# make chaos    render a thousand takes under every fault, killing the render two hundred times
# make format   fix and format the code
# make schemas  regenerate the schemas and the reference

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test bench editors chaos format schemas clean

demo: $(VENV)/.demo
	$(BIN)/storyboard render examples/neon-harbor.yaml examples/last-ferry.yaml --sandbox

test: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/storyboard schema --check
	$(BIN)/pytest

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks

editors:
	npm install --prefix tests/editors --no-save --no-package-lock --no-audit --no-fund --loglevel=error

chaos: $(VENV)/.dev
	$(BIN)/python -m tests.chaos

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: $(VENV)/.dev
	$(BIN)/storyboard schema --write
	$(BIN)/python -m tests.reference

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "storyboard needs Python 3.10 or later; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/.demo: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[sandbox]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/.bench: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[bench]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis examples/renders
