# Webkiln. `make` alone explains the targets.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests wait more than they compute. Those of a file share a server, and stay together.
SIDE_BY_SIDE := -n 3 --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all check format bench docs lock train corpus

help: ## Explain the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

setup: $(READY) ## Set up whatever is missing: environment and dependencies

# The script marks it as done itself: not while no page can be shown in a browser.
$(READY): requirements/dev.lock pyproject.toml scripts/setup
	@sh scripts/setup $(VENV)

run: setup ## Serve on http://127.0.0.1:3002 with SQLite in ./data
	$(BIN)/webkiln serve

test: setup ## Run the tests
	$(BIN)/python -m pytest -m "not slow" $(SIDE_BY_SIDE)

test-all: setup ## Run the tests, the long ones too
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

check: setup ## Check style, types, import floors and generated documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate_docs.py --check

format: setup ## Format the code
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: setup ## Measure against other scrapers, all in one run
	$(BIN)/python -m bench

docs: setup ## Write the generated documents anew
	$(BIN)/python scripts/generate_docs.py

lock: setup ## Resolve the dependencies anew, with hashes
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --upgrade pyproject.toml -o requirements/run.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --upgrade -c requirements/run.lock pyproject.toml --group dev -o requirements/dev.lock

train: setup ## Train the reader anew on a folder of marked pages: make train CORPUS=folder
	$(BIN)/uv pip install -q --python $(BIN)/python --group training
	$(BIN)/python -m training $(CORPUS) --write

corpus: setup ## Show what the reader makes of our own pages differently than their Markdown says
	$(BIN)/python -m pytest tests/corpus/test_pages.py -vv
