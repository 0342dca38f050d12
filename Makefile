# Two commands are all a newcomer needs: `make report` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help report test lint typecheck docs bench lock clean licences sbom fuzz

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

report: $(VENV)/run.stamp  ## run the embedded demo: map, report, tables
	$(BIN)/sozialraum run demo

test: $(VENV)/dev.stamp  ## run all tests
	$(BIN)/python -m pytest

lint: $(VENV)/dev.stamp  ## format check and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

typecheck: $(VENV)/dev.stamp  ## check the types
	$(BIN)/mypy

docs: $(VENV)/dev.stamp  ## write the reference, run the notebooks, build the site
	$(BIN)/python docs/build.py site

bench: $(VENV)/dev.stamp  ## run the benchmarks: peers and sozialraum in the same run
	for f in benchmarks/[a-z]*.py; do echo "== $$f"; $(BIN)/python $$f || exit 1; done

licences: $(VENV)/run.stamp  ## list the licence of every package of the environment
	$(BIN)/sozialraum licences

# With licences and the tree of dependencies; the hashes of all files are in requirements.lock.
sbom: $(VENV)/dev.stamp  ## write the bill of materials (CycloneDX) to dist/sbom.json
	mkdir -p dist
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --of JSON -o dist/sbom.json $(BIN)/python

fuzz: $(VENV)/dev.stamp  ## feed every reader with damaged inputs, about 105,000 of them
	nice -n 19 $(BIN)/python benchmarks/fuzz/run.py

lock:  ## resolve all dependencies anew (needs uv)
	$(PYTHON) .ci/lock.py

clean:  ## remove the environment and everything that was made
	rm -rf $(VENV) build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find data/processed -mindepth 1 -maxdepth 1 ! -name README.md -exec rm -rf {} +

# The lock file lists what a run needs first and what development needs after a marker line.
# Hashes are checked, bytecode is compiled at install.
$(VENV)/run.stamp: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sozialraum needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	sed '/^# --- development/,$$d' requirements.lock > $(VENV)/run.txt
	$(PIP) install --require-hashes -r $(VENV)/run.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(PIP) install --require-hashes -r requirements.lock
	touch $@
