# Everything a learner, a teacher or CI runs. `make` alone prints what there is.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV_VERSION := 0.13.9
BIN := .venv/bin
INSTALLED := .venv/.installed
# make lab WHEELS=.. installs from that folder and asks no index: a learner's part, without what only tests need.
WHEELS ?=
FROM_WHEELS := .venv/.installed-from-wheels
READY := $(if $(WHEELS)$(wildcard $(FROM_WHEELS)),$(FROM_WHEELS),$(INSTALLED))

.DEFAULT_GOAL := help
.PHONY: help lab wheelhouse classroom test notebooks tables simulator check proof coverage bench-simulator bench-verification bench-forms bench-notebooks pictures lock clean

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s  %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

define MAKE_VENV
	@test -n "$(PYTHON)" || { echo "No Python found. Install Python 3.11 or newer (Debian/Ubuntu: sudo apt install python3.11-venv; macOS: brew install python@3.11), or run: make PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than 3.11. Install Python 3.11 or newer, or run: make PYTHON=/path/to/python3.11"; exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) has no venv. On Debian or Ubuntu: sudo apt install python3-venv"; exit 1; }
	"$(PYTHON)" -m venv --clear .venv
endef

$(INSTALLED): requirements.txt pyproject.toml
	$(MAKE_VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@rm -f $(FROM_WHEELS)
	@touch $@

$(FROM_WHEELS): requirements.txt pyproject.toml
	@test -f "$(WHEELS)/requirements.txt" || { echo "No wheels in \"$(WHEELS)\". Make the folder on a good line with: make wheelhouse. Then, in its folder course: make lab WHEELS=.. With a network, make clean and make lab need no folder."; exit 1; }
	$(MAKE_VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-index --find-links "$(WHEELS)" uv==$(UV_VERSION)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-index --find-links "$(WHEELS)" --require-hashes -r "$(WHEELS)/requirements.txt"
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-index --find-links "$(WHEELS)" --no-deps -e .
	@touch $@

lab: $(READY)  ## open the course in JupyterLab
	$(BIN)/python -m jupyterlab --LabApp.default_url=/lab/tree/notebooks/00-start-here.ipynb

classroom: $(READY)  ## serve one phone network to a class (options: make classroom OPTIONS="--learners 40")
	$(BIN)/python -m helpers.classroom $(OPTIONS)

wheelhouse: $(INSTALLED)  ## put the course and all it needs into one folder, for a room without a network
	$(BIN)/python tools/fill_wheelhouse.py $(OPTIONS)

test: $(INSTALLED)  ## run every test: helpers, notebooks, browser (CI runs this)
	$(BIN)/python -m pytest -n 2

notebooks: $(INSTALLED)  ## run the notebooks again and store their outputs
	$(BIN)/python tools/run_notebooks.py

tables: $(INSTALLED)  ## write the simulator's tables in README.md and SIMULATOR.md again
	$(BIN)/python tools/simulator_tables.py

simulator: $(READY)  ## serve the practice Flowroute on this machine (options: make simulator OPTIONS="--port 0")
	$(BIN)/python -m helpers.simulator $(OPTIONS)

check: $(INSTALLED)  ## types and style only
	$(BIN)/mypy --strict helpers
	$(BIN)/ruff check .
	$(BIN)/lint-imports

proof: $(INSTALLED) coverage  ## long runs: fuzz, kills, sequences, timing, faults put into the engine (hours)
	$(BIN)/python tests/proof/fuzz_simulator.py --requests 100000
	$(BIN)/python tests/proof/crashes.py --rounds 500
	$(BIN)/python tests/proof/long_machine.py
	$(BIN)/python tests/proof/timing_alike.py
	$(BIN)/python tests/proof/mutation.py
	$(BIN)/python tests/proof/browser.py
	$(BIN)/python tests/proof/classroom_load.py
	$(BIN)/python tools/fill_wheelhouse.py --folder .bench/wheelhouse

coverage: $(INSTALLED)  ## every branch of both factors, the other ways and the webhooks is run by their tests, or this fails
	$(BIN)/python -m pytest -o addopts= -p no:nbval -p no:cacheprovider --allow-hosts=127.0.0.1,::1,localhost --allow-unix-socket --cov=helpers.verification --cov=helpers.alternatives --cov=helpers.accounts --cov=helpers.webhooks --cov-branch --cov-report=term-missing:skip-covered --cov-fail-under=100 tests/verification tests/alternatives tests/accounts tests/webhooks

bench-simulator: $(INSTALLED)  ## how fast the simulator is, beside two others of its kind
	$(BIN)/python tools/bench_simulator.py

bench-verification: $(INSTALLED)  ## what a code costs with few rows and with a million, beside django-otp
	$(BIN)/python tools/bench_verification.py

bench-forms: $(INSTALLED)  ## how quickly a form answers, beside a bare ipywidgets button; and the first code after make lab
	$(BIN)/python tools/bench_forms.py

bench-notebooks: $(INSTALLED)  ## how long Run All takes for each notebook; writes it into TEACHING.md
	$(BIN)/python tools/bench_notebooks.py

pictures: $(INSTALLED)  ## take README's pictures again, from the running course
	$(BIN)/python tools/pictures.py

lock: $(INSTALLED)  ## pin the newest versions that pyproject.toml allows
	$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 --extra dev --no-annotate --no-header pyproject.toml -o requirements.txt

clean:  ## remove what make made; .env stays
	rm -rf .venv .course .bench build *.egg-info
