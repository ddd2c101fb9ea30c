# `make demo` and `make test` need this file, Python and make, and nothing else. `make help` lists the rest.

PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
PIP := PYTHONWARNINGS=ignore:Editable $(RUN) -m pip --quiet --disable-pip-version-check
REQUIREMENTS := setup.cfg pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-long lint docs release-check constraints clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/installed ## Train a GAN on handwritten digits, show its samples, export and serve it
	@$(RUN) examples/demo.py

test: $(VENV)/installed-dev ## Run the tests and the examples in the docstrings
	@$(RUN) -m pytest -n 3 --dist loadfile --no-loadscope-reorder

test-long: $(VENV)/installed-dev $(VENV)/installed-docs ## Run the long tests: kill training and resume it, run the benchmarks; takes half an hour
	@$(RUN) -m pytest -m long

lint: $(VENV)/installed-dev ## Check the style
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .

docs: $(VENV)/installed-docs ## Build the documentation in build/site; a warning is an error
	@NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --quiet --strict
	@echo "Open build/site/index.html. With the search: $(RUN) -m http.server --directory build/site"

release-check: ## Build the wheel and the sdist, and try both in empty environments; PYTHONS= lists the interpreters
	@scripts/release_check.sh $(PYTHONS)

clean: ## Remove the virtual environment and the files of builds and tests; keep runs/ and saved_models/
	@rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache

constraints: ## Update constraints.txt to the newest versions that setup.cfg allows
	@$(require_python)
	@rm -rf build/constraints
	@$(PYTHON) -m venv build/constraints
	@build/constraints/bin/python -m pip install --quiet --upgrade pip setuptools
	@build/constraints/bin/python -m pip install --quiet '.[dev,docs]'
	@{ sed -n '/^#/p' constraints.txt; \
	   build/constraints/bin/python -m pip freeze --all --exclude keras-gan; } > build/constraints.txt
	@mv build/constraints.txt constraints.txt
	@rm -rf build

# The stamps are written at the end, so an interrupted installation is repeated.
$(VENV)/installed: $(REQUIREMENTS)
	@$(call install,.)
	@touch $@

$(VENV)/installed-dev: $(REQUIREMENTS)
	@$(call install,'.[dev]')
	@touch $@ $(VENV)/installed

$(VENV)/installed-docs: $(REQUIREMENTS)
	@$(call install,'.[docs]')
	@touch $@ $(VENV)/installed

define require_python
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || \
	{ echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not one: make ... PYTHON=/path/to/python3.11" >&2; exit 1; }
endef

# An environment with a working pip is kept, and only changed packages are installed again. setuptools comes first,
# so that its pinned version builds the package, not another one in an isolated environment. At every editable
# installation it warns of folders with the name of the package; this warning is suppressed.
define install
$(RUN) -m pip --version > /dev/null 2>&1 || { $(require_python); $(PYTHON) -m venv --clear $(VENV); } && \
	echo "Installing into $(VENV), which takes some minutes the first time" && \
	$(PIP) install -c constraints.txt pip setuptools && \
	$(PIP) install -c constraints.txt --no-build-isolation -e $(1)
endef
