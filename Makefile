# `make help` says what there is. Everything runs in .venv, which is made when it is first needed.

PYTHON := .venv/bin/python
AUDITKIT := .venv/bin/auditkit

# One stamp for each set of packages; scripts/setup touches them when it has installed.
BASE := .venv/.installed-base
DEV := .venv/.installed-dev
DOCS := .venv/.installed-docs
INPUTS := pyproject.toml constraints.txt scripts/setup

# What the tests import is compiled once, and not anew in each of their processes.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: demo test check slow gpu docs reference catalogues bench golden clean help

demo: $(BASE) ## train a small model on patient notes and audit it; prints where the report is
	@rm -rf demo-out
	@$(AUDITKIT) demo --out demo-out

test: $(DEV) ## the tests, but for those that take long
	@$(PYTHON) -m pytest -q -n auto --dist loadfile -m "not slow and not gpu"

check: $(DEV) ## ruff, its formatter and mypy
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy

slow: $(DEV) ## the tests that take long: examples that train, simulations, the wheel in a clean environment
	@$(PYTHON) -m pytest -q -n 2 --dist loadfile -m "slow and not gpu"

gpu: $(DEV) ## the tests that need a CUDA device; they are skipped where torch sees none
	@$(PYTHON) -m pytest -q -m gpu tests/gpu

docs: $(DOCS) ## the documentation as web pages, in docs/_build
	@$(PYTHON) -m sphinx -W -q -b html docs docs/_build
	@echo "docs/_build/index.html"

reference: $(BASE) ## write docs/spec-reference.md and docs/audit.schema.json anew, from the schema
	@$(PYTHON) docs/from_code.py

catalogues: $(DEV) ## every text that a report can print into reports/templates/locale, and how far the translations are
	@$(PYTHON) -m auditkit.translating

bench: $(DEV) ## how fast the command line starts, and predictions beside a bare loop and transformers
	@$(PYTHON) -m benchmarks cold-start
	@$(PYTHON) -m benchmarks overhead
	@$(PYTHON) -m benchmarks adapters

golden: $(DEV) ## write the golden reports anew; read the diff before you commit it
	@AUDITKIT_UPDATE_GOLDEN=1 $(PYTHON) -m pytest -q tests/golden

clean: ## remove what the others made, .venv too
	@rm -rf .venv build dist demo-out docs/_build docs/reference .benchmarks .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

$(BASE): $(INPUTS)
	@scripts/setup base

$(DEV): $(INPUTS)
	@scripts/setup dev

$(DOCS): $(INPUTS)
	@scripts/setup docs
