# Tailor. `make help` lists what there is to do. Every target sets up what it needs; a second call is quick.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first Python that is new enough; `make run PYTHON=/path/to/python` says otherwise.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done || true)
VENV ?= .venv
OUT ?= out

# onnxruntime and onnxruntime-gpu shadow each other: an environment holds one of them. `make run GPU=1` takes the second.
RUNTIME := $(if $(GPU),gpu,cpu)
OTHER := $(if $(GPU),cpu,gpu)

# Exactly the version that training was measured with, installed before whatever depends on it.
TORCH := torch==2.13.0
RUN_EXTRAS := $(RUNTIME),tesseract,audit
DEV_EXTRAS := $(RUN_EXTRAS),labeling,training,layout,generative,serving,shared-queue,dev

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --root-user-action=ignore
CREATED := $(VENV)/.stamp-created
SYSTEM := $(VENV)/.stamp-system
DEVELOP := $(VENV)/.stamp-develop
RUN_READY := $(VENV)/.stamp-run-$(RUNTIME)
DEV_READY := $(VENV)/.stamp-dev-$(RUNTIME)

.PHONY: help run setup dev test test-slow test-all lint format typecheck goldens examples docs-picture clean distclean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-14s %s\n' "$$name" "$$text"; done

run: setup ## Set up, then read the receipts in examples/ into out/ (GPU=1 for CUDA)
	@mkdir -p $(OUT)
	@$(BIN)/tailor extract examples -o $(OUT)/receipts.jsonl --annotate $(OUT)/annotated
	@# The same again as a table for a spreadsheet: what OCR read is remembered, so this takes a moment.
	@$(BIN)/tailor extract examples -o $(OUT)/receipts.csv --quiet
	@COLUMNS=$${COLUMNS:-120} $(BIN)/python scripts/show_records.py $(OUT)/receipts.jsonl
	@echo "Written: $(OUT)/receipts.jsonl, $(OUT)/receipts.csv and pictures with the values marked in $(OUT)/annotated/"

test: dev lint typecheck ## Set up, then check style, types and behaviour
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

test-slow: dev ## Only the tests that take minutes
	@$(BIN)/python -m pytest -m slow $(PYTEST_ARGS)

test-all: dev lint typecheck ## Everything, the tests that take minutes too
	@$(BIN)/python -m pytest -m "slow or not slow" $(PYTEST_ARGS)

lint: dev ## Check style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }

typecheck: dev ## Check types
	@$(BIN)/mypy

format: dev ## Put code into its usual form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

goldens: dev ## Rewrite the golden files of the tests, to be read in the diff
	@$(BIN)/python -m pytest --update-goldens $(PYTEST_ARGS)

examples: dev ## Render the receipts in examples/ anew
	@$(BIN)/python examples/render.py

docs-picture: run ## Draw docs/result.png from what `make run` wrote
	@$(BIN)/python scripts/docs_picture.py $(OUT) docs/result.png

setup: $(RUN_READY) $(SYSTEM) ## Install what reading receipts needs

dev: $(DEV_READY) $(SYSTEM) $(DEVELOP) ## Install what working on Tailor needs

clean: ## Remove what runs and tests wrote
	@rm -rf $(OUT) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## Remove the virtual environment too
	@rm -rf $(VENV)

$(CREATED):
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "Tailor needs Python 3.11 or newer, and none was found. Install it, or name it: make run PYTHON=/path/to/python3.11" >&2; \
		exit 1; fi
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || { scripts/system-packages.sh python3-venv; $(PYTHON) -m venv --clear $(VENV); }
	@touch $@

$(SYSTEM): scripts/system-packages.sh | $(CREATED)
	@scripts/system-packages.sh
	@touch $@

$(DEVELOP): scripts/system-packages.sh | $(CREATED)
	@scripts/system-packages.sh --develop
	@touch $@

$(RUN_READY): pyproject.toml | $(CREATED)
	@echo "Setting up Tailor in $(VENV) (a minute or two, once)"
	@if [ -e $(VENV)/.stamp-run-$(OTHER) ]; then \
		$(BIN)/python -m pip uninstall -qq -y onnxruntime onnxruntime-gpu; \
		rm -f $(VENV)/.stamp-run-* $(VENV)/.stamp-dev-*; fi
	@$(PIP) -e '.[$(RUN_EXTRAS)]'
	@touch $@

$(DEV_READY): pyproject.toml $(RUN_READY)
	@echo "Setting up training and tests in $(VENV) (a few minutes, once)"
	@$(PIP) $(TORCH)
	@$(PIP) -e '.[$(DEV_EXTRAS)]'
	@touch $@
