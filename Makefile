# gpux in two commands: `make demo` runs the exchange, `make test` checks everything.
# Both prepare .venv first (Python 3.11 or newer); it is rebuilt only when pyproject.toml or this file changes.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SECONDS ?= 60
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))

.PHONY: help setup demo test bench format clean

help:
	@echo "make demo    set up, then run a venue with makers and takers for $(SECONDS) s (make demo SECONDS=10)"
	@echo "make test    set up, then check format, lint, types and tests"
	@echo "make bench   set up, then measure against other engines"
	@echo "make setup   make .venv and install gpux in it"
	@echo "make format  rewrite the sources in house format"
	@echo "make clean   remove .venv and caches"

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml Makefile
	@test -n "$(PYTHON)" || { echo "gpux needs Python 3.11 or newer: none found" >&2; exit 2; }
	@echo "setup: making $(VENV) with $$($(PYTHON) --version)"
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
		|| $(PYTHON) -m virtualenv -q $(VENV) 2>/dev/null \
		|| virtualenv -q -p $(PYTHON) $(VENV) 2>/dev/null \
		|| { rm -rf $(VENV); echo "gpux needs Python's venv module: apt-get install python3-venv" >&2; exit 2; }
	@echo "setup: installing gpux, its tools and the engines it is compared with (a minute or two)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev,bench]' >$(VENV)/install.log 2>&1 \
		|| { echo "setup: without the peers of 'gpux bench': one is built from source and needs g++ and python3-dev" >&2; \
		     echo "setup: (details in $(VENV)/install.log; 'make clean setup' tries again)" >&2; \
		     $(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'; }
	@touch $@
	@echo "setup: done, $(BIN)/gpux is ready"

demo: setup
	$(BIN)/gpux demo --seconds $(SECONDS)

test: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

bench: setup
	$(BIN)/gpux bench

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
