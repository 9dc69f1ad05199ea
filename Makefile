# PYTHON must have the extra "dev": python3 -m venv .venv && .venv/bin/pip install -e '.[dev]'
PYTHON ?= $(firstword $(wildcard .venv/bin/python) python3)

.PHONY: check lint test quick format schema pages examples bench clean

check: lint test  ## everything that CI runs

lint:
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

test:
	$(PYTHON) -m pytest -n auto

quick:  ## the tests without the slow ones
	$(PYTHON) -m pytest -n auto -m "not slow"

format:
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

schema:  ## docs/report.schema.json from the types
	$(PYTHON) docs/make_schema.py

pages:  ## docs/elements from the pack, the templates of the letter, the pictures of the documentation
	$(PYTHON) docs/make_elements.py
	$(PYTHON) docs/make_letters.py
	$(PYTHON) docs/make_pictures.py

examples:  ## the PDFs in examples/; see examples/README.md for FONT
	$(PYTHON) examples/make_examples.py $(FONT)

bench:  ## docs/performance.md from the PDFs in FOLDERS
	$(PYTHON) -m benchmarks $(FOLDERS) --markdown docs/performance.md

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
