# Two promises: `make demo` and `make test`. Both need only Python 3.11+ and a package registry.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: help demo test bench check docs coverage-map lock install clean

help:
	@echo "make demo          install, build the sample company, serve it, print address and sign-ins"
	@echo "make test          install, run all tests on SQLite and, where one answers, on PostgreSQL"
	@echo "make check         linters, types, import contract, documentation"
	@echo "make bench         measure against limits taken in the same run (BENCH=small for a short one)"
	@echo "make docs          write the generated reference pages anew"
	@echo "make coverage-map  which requirements, rules, traps and invariants have no test"

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Dunlin needs Python 3.11 or later; set PYTHON=/path/to/python3.11")'
	@echo "Installing into .venv ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(INSTALLED)

demo: $(INSTALLED)
	@$(BIN)/dunlin demo $(DEMO)

test: $(INSTALLED)
	@$(BIN)/python -m tests.run $(TESTS)

bench: $(INSTALLED)
	@$(BIN)/dunlin bench --size $(or $(BENCH),full)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src/dunlin
	$(BIN)/lint-imports
	$(BIN)/pytest tests/docs_test.py tests/tidy_test.py

docs: $(INSTALLED)
	$(BIN)/python -m tests.write_reference

coverage-map: $(INSTALLED)
	@$(BIN)/python -m tests.coverage_map

lock: $(INSTALLED)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev --quiet -o requirements.lock pyproject.toml

clean:
	rm -rf .venv var build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
