# `make demo` and `make test` set up all they need (scripts/setup) and are quick when it is there.
# KERNEL_TREE=dir: your own kernel, a git repository; it is only read. FAST=1: only what needs no engine, no browser.

PYTEST = .venv/bin/python -m pytest
# The tests that need no engine, no kernel tree and no browser.
ALONE = not docker and not kernel and not browser

.PHONY: help demo test check lint bench setup clean

help:
	@echo 'make demo    check six commits of a demo series in six cells on a real kernel'
	@echo 'make test    every test, with a real Docker engine, kernel and browser (FAST=1: as make check)'
	@echo 'make check   the tests that need none of these'
	@echo 'make lint    ruff and mypy --strict'
	@echo 'make bench   the benchmarks, against tuxmake, plain make and buildman too; writes docs/performance.md'
	@echo 'make clean   remove .venv and what runs here left; the caches stay (kmatrix gc)'

demo:
	@scripts/demo

# Those without an engine side by side; those with one alone, as they count containers and seconds.
ifeq ($(FAST),1)
test: check
else
test:
	@kernel="$$(KMATRIX_REQUIRE_PROGRAMS=1 scripts/setup)" && \
	export KMATRIX_REQUIRE_PROGRAMS=1 KMATRIX_REQUIRE_DOCKER=1 KMATRIX_TEST_KERNEL="$$kernel" && \
	$(PYTEST) -n auto -m '$(ALONE)' && $(PYTEST) -m 'not ($(ALONE))'
endif

check:
	@scripts/setup-venv
	@$(PYTEST) -n auto -m '$(ALONE)'

lint:
	@scripts/setup-venv
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

# Hours, and of use only on a machine that does nothing else. BENCH='--cells m68k --commits 6 --peers make,kmatrix': a piece.
bench:
	@scripts/setup > /dev/null
	@for bench in benchmarks/*.py; do echo "== $$bench"; .venv/bin/python "$$bench" || exit; done
	.venv/bin/python benchmarks/series $(BENCH)
	.venv/bin/python benchmarks/series/simulate_schedule.py

setup:
	@scripts/setup

clean:
	rm -rf .venv .kmatrix .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
