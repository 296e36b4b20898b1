# Two commands: `make demo` and `make test`. Each sets up what it needs, once; `make help` lists the rest.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
SECONDS ?= 0
PYTEST ?=
JOBS ?= 4

bin := .venv/bin
stamps := .venv/stamps
web := api/web
fast := $(addprefix tests/,analytics common config contracts geometry pipeline) $(wildcard tests/test_*.py)

.PHONY: help setup demo test test-fast fuzz check docs docs-serve format lock wheel wheel-test system clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(stamps)/tool $(stamps)/data ## Set everything up; the tool is then .venv/bin/ngatu
	@$(bin)/python hatch_build.py --web

demo: setup ## Run the main job on two simulated cameras; SECONDS=60 ends it by itself
	@$(bin)/ngatu demo --seconds $(SECONDS)

test: setup ## Run the tests; PYTEST='-k words' picks some
	$(bin)/pytest -n $(JOBS) $(PYTEST)

test-fast: setup ## Run the tests of pure code, for the inner loop: about a minute
	$(bin)/pytest -n 2 -m "not slow and not shared" $(fast) $(PYTEST)

docs: setup ## Build the documentation into site/; a broken link fails the build
	$(bin)/python docs/tools/parameters.py docs/parameters.md
	$(bin)/zensical build --strict --clean

docs-serve: setup ## Show the documentation while you write it
	$(bin)/python docs/tools/parameters.py docs/parameters.md
	$(bin)/zensical serve

check: setup ## Lint, types, import rules, spelling
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports
	$(bin)/codespell
	cd $(web) && npm run --silent check

fuzz: setup ## Send thousands of odd requests to the service; takes minutes
	NGATU_FUZZ_EXAMPLES=500 $(bin)/python -m pytest tests/api/test_description.py

format: setup ## Put the code in its form
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

lock: ## Compile requirements.lock anew from pyproject.toml
	uv pip compile pyproject.toml --extra worker --extra service --extra embedded --group dev --group build --group docs \
	  --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --no-annotate --quiet -o requirements.lock

wheel: setup ## Build the wheel into dist/
	rm -rf dist && $(bin)/python -m hatchling build -t wheel -d dist

wheel-test: wheel ## Install the wheel in an environment of its own and use it
	$(bin)/python tests/wheel_smoke.py dist/*.whl

system: ## Install what the tests need of Debian (as root); without it those tests are skipped
	@packages=$$(grep -v '^#' .ci/debian-packages); \
	  dpkg -s $$packages >/dev/null 2>&1 || { apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$packages >/dev/null; }

clean: ## Remove what was set up here
	rm -rf .venv $(web)/node_modules $(web)/dist dist site var

$(stamps)/packages: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "ngatu needs Python 3.11 or newer; say which by PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setting up Python packages (about a minute the first time)"
	$(PYTHON) -m venv .venv
	$(bin)/python -m pip install --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@mkdir -p $(stamps) && touch $@

$(stamps)/tool: $(stamps)/packages pyproject.toml
	$(bin)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(stamps)/data: $(stamps)/tool $(wildcard sample_videos/*.yaml)
	$(bin)/ngatu samples pull
	@touch $@
