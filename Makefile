# gpux in two commands: `make demo` runs the exchange, `make test` checks everything.
# Both prepare .venv first (Python 3.11 or newer); it is rebuilt only when pyproject.toml or this file changes.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
SECONDS ?= 60
# Of `make differential`: how many commands, the first seed, processes.
COMMANDS ?= 1000000
SEEDS ?= 1
WORKERS ?= 1
# Of `make damage`: faults of each file, 0 for all; processes.
SAMPLE ?= 0
DAMAGE_WORKERS ?= 2
# Of `make test`: processes that tests run in.
TEST_WORKERS ?= 2
PYTHON ?= python3
# Of `make play`: the data folder.
PLAY ?= data
# The first of these that is new enough.
PYTHONS := $(PYTHON) python3.14 python3.13 python3.12 python3.11
# Python keeps compiled modules, whatever its surroundings say: without them a process of ours starts in 3.7 s of CPU,
# not 1.3, and `make test` starts more than a hundred.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo play test long checks kernels differential mutants damage bench format clean

help:
	@echo "make demo    set up, then run a venue with a living market for $(SECONDS) s (make demo SECONDS=10)"
	@echo "make play    set up, then serve a living market until Ctrl-C, to trade by hand in a browser or a terminal"
	@echo "make test    set up, then check format, lint, types and tests, in $(TEST_WORKERS) processes (TEST_WORKERS=4)"
	@echo "make long    set up, then run the trading programs on simulated markets over several seeds"
	@echo "make differential  set up, then compare engine and reference on $(COMMANDS) random commands (SEEDS=7 WORKERS=2)"
	@echo "make mutants set up, then plant known faults one at a time and show which test notices each"
	@echo "make damage  set up, then damage every bit and cut every byte of what a small venue keeps (SAMPLE=500 DAMAGE_WORKERS=4)"
	@echo "make bench   set up, then measure against other engines"
	@echo "make setup   make .venv and install gpux in it"
	@echo "make format  rewrite the sources in house format"
	@echo "make clean   remove .venv and caches"

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml Makefile .ci/make_venv.py
	@for name in $(PYTHONS); do \
		$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && python=$$name && break; \
	done; \
	test -n "$$python" || { echo "gpux needs Python 3.11 or newer: apt-get install python3 python3-venv" >&2; exit 2; }; \
	echo "setup: making $(VENV) with $$($$python --version)"; \
	rm -rf $(VENV); \
	$$python .ci/make_venv.py $(VENV) || { rm -rf $(VENV); exit 2; }
	@echo "setup: installing gpux, its tools and the engines it is compared with (a minute or two)"
	@$(PIP) -e '.[dev,bench]' >$(VENV)/install.log 2>&1 \
		|| { echo "setup: a peer of 'gpux bench' did not install (limit-order-book is built from source: g++, python3-dev)" >&2; \
		     echo "setup: going on without peers; $(VENV)/install.log says why, 'make clean setup' tries again" >&2; \
		     $(PIP) -e '.[dev]'; }
	@touch $@
	@echo "setup: done, $(BIN)/gpux is ready"

demo: setup
	$(BIN)/gpux demo --seconds $(SECONDS)

play: setup
	$(BIN)/gpux market $(PLAY)

# Checks and compiler run side by side; tests find their kernels compiled.
test: setup
	@$(MAKE) --no-print-directory --jobs=2 checks kernels
	$(BIN)/python -m pytest --numprocesses $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

long: setup kernels
	$(BIN)/python -m pytest --long --numprocesses $(TEST_WORKERS)

checks: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

kernels: setup
	$(BIN)/python -m tests.warm

differential: setup
	$(BIN)/python -m tests.properties.differential --commands $(COMMANDS) --seeds $(SEEDS) --workers $(WORKERS)

mutants: setup
	$(BIN)/python -m tests.mutants

damage: setup
	$(BIN)/python -m tests.journal.damage --sample $(SAMPLE) --workers $(DAMAGE_WORKERS)

bench: setup
	$(BIN)/gpux bench

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
