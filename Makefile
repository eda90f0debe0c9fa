# make demo   runs the main job on the embedded default and opens the dashboard (SERVE=0 stops before that)
# make test   lint, types, unit tests, doctests, notebooks in the quick profile, dashboard in a real browser
# make notebooks opens them in JupyterLab
# make screenshots draws every page of the dashboard, light and dark, into build/screenshots
# make report executes every notebook in the full profile and writes HTML to build/
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS ?= runs
SERVE ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Else pip before 23.1, as Debian's, builds seqeval in a way that fails with what it needs today.
export PIP_USE_PEP517 = 1

.PHONY: demo test lint notebooks screenshots report clean

# Each stamp is an install of its own, so that the demo does not wait for the developers' tools.
$(VENV)/demo.stamp: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[demo,dashboard]"
	@touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt $(VENV)/demo.stamp
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[demo,dashboard,cluster,notebooks,parsing,dev]"
	@touch $@

$(VENV)/lab.stamp: pyproject.toml constraints.txt $(VENV)/demo.stamp
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[demo,notebooks]" "jupyterlab>=4.5"
	@touch $@

demo: $(VENV)/demo.stamp
	$(BIN)/mosecrot run experiments/demo.yaml --runs $(RUNS)
ifneq ($(SERVE),0)
	$(BIN)/mosecrot dashboard $(RUNS)
endif

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/mypy

test: lint
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --dist loadfile

notebooks: $(VENV)/lab.stamp
	JUPYTER_PREFER_ENV_PATH=1 $(BIN)/jupyter lab notebooks

screenshots: $(VENV)/test.stamp
	$(BIN)/python -m pytest -q tests/e2e/screenshots.py

report: $(VENV)/test.stamp
	HF_HUB_OFFLINE=1 JUPYTER_PREFER_ENV_PATH=1 OMP_WAIT_POLICY=PASSIVE \
	  $(BIN)/python -m nbconvert --execute --to html --output-dir build \
	  --ExecutePreprocessor.timeout=-1 --HTMLExporter.mathjax_url= --HTMLExporter.require_js_url= notebooks/*.ipynb

clean:
	rm -rf $(VENV) build
