# `make demo` and `make test` need this file, Python and make, and nothing else. `make help` lists the rest.

PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
PIP := PYTHONWARNINGS=ignore:Editable $(RUN) -m pip --quiet --disable-pip-version-check
REQUIREMENTS := setup.cfg pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-long lint constraints clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## Train a GAN on handwritten digits, show what it learnt, export it
	@$(RUN) examples/demo.py

test: $(VENV)/installed-dev ## Run the tests and the examples in the docstrings
	@$(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-long: $(VENV)/installed-dev ## Kill training again and again, and see it go on; run the benchmarks; takes half an hour
	@$(RUN) -m pytest -m long

lint: $(VENV)/installed-dev ## Check the style
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

clean: ## Remove the virtual environment and what building and testing leave; runs/ and saved_models/ stay
	@rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache

constraints: ## Renew constraints.txt with the newest versions that setup.cfg allows
	@$(require_python)
	@rm -rf build/constraints
	@$(PYTHON) -m venv build/constraints
	@build/constraints/bin/python -m pip install --quiet --upgrade pip setuptools
	@build/constraints/bin/python -m pip install --quiet '.[dev]'
	@{ sed -n '/^#/p' constraints.txt; \
	   build/constraints/bin/python -m pip freeze --all --exclude keras-gan; } > build/constraints.txt
	@mv build/constraints.txt constraints.txt
	@rm -rf build

# The stamps are written when all is in place, so an installation that was cut off is taken up again.
$(VENV)/installed: $(REQUIREMENTS)
	@$(call install,.)
	@touch $@

$(VENV)/installed-dev: $(REQUIREMENTS)
	@$(call install,'.[dev]')
	@touch $@ $(VENV)/installed

define require_python
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || \
	{ echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not one: make ... PYTHON=/path/to/python3.11" >&2; exit 1; }
endef

# An environment whose pip answers is kept: only what has changed is installed anew. setuptools comes first, to
# build the package at the pinned version instead of in an isolated environment with another one. Its warning at every
# editable installation, of folders that are named like the package, is kept back.
define install
$(RUN) -m pip --version > /dev/null 2>&1 || { $(require_python); $(PYTHON) -m venv --clear $(VENV); } && \
	echo "Installing into $(VENV), which takes some minutes the first time" && \
	$(PIP) install -c constraints.txt pip setuptools && \
	$(PIP) install -c constraints.txt --no-build-isolation -e $(1)
endef
