# Everything runs from a virtual environment in .venv, synced from the committed lock.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.uv/bin/uv)
# What the API's image holds: all but what the workers alone need.
API_EXTRAS := --extra rabbitmq --extra otel
SYNCED := .venv/.synced
CLIENTS := .clients/.synced
INFRA := .infra/.synced
SCANNERS := .scanners/.synced
PEERS := .bench/.synced .bench-arq/.synced
LOCK = $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11
NPM = PATH="$(CURDIR)/.clients/bin:$$PATH" npm --loglevel=error --ignore-scripts --no-audit --no-fund
# npm also records where its authors take donations.
WITHOUT_ADDRESSES = import json, pathlib, sys; file = pathlib.Path(sys.argv[1]); lock = json.loads(file.read_text()); \
	[package.pop("funding", None) for package in lock["packages"].values()]; \
	file.write_text(json.dumps(lock, indent=2) + "\n")

export UV_PYTHON_DOWNLOADS := never

.PHONY: help up test faults soak scan containers screenshots bench bench-quick check format lock

help: ## List what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: $(SYNCED) ## Start everything: Postgres, Valkey, the API on port 6400, workers
	@exec .venv/bin/taskoverflow up

test: $(SYNCED) ## Run every test, or some: make test TESTS=tests/unit
	.venv/bin/python -m pytest $(TESTS)

faults: $(SYNCED) ## Inject every fault on every broker, and print what became of the jobs
	.venv/bin/python -m tests.faults

soak: $(SYNCED) ## Inject random faults into steady load: make soak MINUTES=30 SEED=7 BROKER=redis
	.venv/bin/python -m tests.faults.soak $(if $(MINUTES),--minutes=$(MINUTES)) $(if $(SEED),--seed=$(SEED)) $(if $(BROKER),--broker=$(BROKER))

scan: $(SYNCED) $(SCANNERS) ## Lint the Containerfile and compose.yaml, and write what is in the images to reports/
	.venv/bin/python -m tests.containers.scan

containers: $(SYNCED) ## Build the images, bring the stack up, break it, take it down: docs/containers.md
	.venv/bin/python -m tests.containers

.PHONY: scaling scaling-costs
scaling: $(SYNCED) ## Run the model of docs/scaling.md, print its tables and write them there
	.venv/bin/python -m benchmarks.scaling

scaling-costs: $(SYNCED) ## Measure what that model is fed with: benchmarks/scaling/costs.toml
	.venv/bin/python -m benchmarks.scaling.measure

screenshots: $(SYNCED) ## Draw the pictures of the page in docs/images anew
	.venv/bin/python -m tests.browser.screenshots

bench: $(SYNCED) $(PEERS) ## Measure the service beside its peers, and draw docs/performance.md anew: make bench ROUNDS=5 CELLS="accepted seen"
	.venv/bin/python -m benchmarks $(if $(ROUNDS),--rounds=$(ROUNDS)) $(CELLS)

bench-quick: $(SYNCED) $(PEERS) ## See in three minutes that no ratio to the peers has collapsed
	.venv/bin/python -m benchmarks --quick $(CELLS)

check: $(SYNCED) ## Check style, types and layers
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

format: $(SYNCED) ## Format the code
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

lock: $(UV) ## Write the locks anew from pyproject.toml, and those of the tools of tests and benchmarks
	$(LOCK) pyproject.toml --group dev --all-extras -o requirements-dev.lock
	$(LOCK) pyproject.toml --all-extras -c requirements-dev.lock -o requirements.lock # what is shipped is what was tested
	$(LOCK) pyproject.toml $(API_EXTRAS) -c requirements-dev.lock -o requirements-api.lock
	$(LOCK) --group build -o requirements-build.lock
	$(LOCK) tests/clients/requirements.in -o tests/clients/requirements.lock
	$(LOCK) tests/containers/requirements.in -o tests/containers/requirements.lock
	$(LOCK) tests/infra/requirements.in -o tests/infra/requirements.lock
	$(LOCK) benchmarks/requirements.in -o benchmarks/requirements.lock
	$(LOCK) benchmarks/peers/arq/requirements.in -o benchmarks/peers/arq/requirements.lock
	$(MAKE) .clients/.python-synced
	$(NPM) install --prefix tests/clients --package-lock-only --omit-lockfile-registry-resolved
	.clients/bin/python -c '$(WITHOUT_ADDRESSES)' tests/clients/package-lock.json

.PHONY: python
python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is %d.%d: make PYTHON=python3.x up" % sys.version_info[:2])'

.uv/bin/uv: | python
	@$(PYTHON) -m venv .uv || { echo "Python's venv module is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(SYNCED): requirements-dev.lock pyproject.toml | python $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements-dev.lock
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --editable .
	@touch $@

# What generates clients from the schema, checks and runs them: an environment with a Node of its own.
.clients/.python-synced: tests/clients/requirements.lock | python $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .clients
	@$(UV) pip sync --quiet --python .clients/bin/python --require-hashes tests/clients/requirements.lock
	@touch $@

$(CLIENTS): tests/clients/package-lock.json .clients/.python-synced
	@cp tests/clients/package.json tests/clients/package-lock.json .clients
	@$(NPM) ci --prefix .clients >/dev/null
	@touch $@

# What checks infra/ and stands in for AWS: moto and checkov want other libraries than the service.
$(INFRA): tests/infra/requirements.lock | python $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .infra
	@$(UV) pip sync --quiet --python .infra/bin/python --require-hashes tests/infra/requirements.lock
	@touch $@

# What the service is measured beside, and what measures and draws.
.bench/.synced: benchmarks/requirements.lock | python $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .bench
	@$(UV) pip sync --quiet --compile-bytecode --python .bench/bin/python --require-hashes benchmarks/requirements.lock
	@touch $@

.bench-arq/.synced: benchmarks/peers/arq/requirements.lock | python $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .bench-arq
	@$(UV) pip sync --quiet --compile-bytecode --python .bench-arq/bin/python --require-hashes benchmarks/peers/arq/requirements.lock
	@touch $@

# What looks at the images' files and packages.
$(SCANNERS): tests/containers/requirements.lock | python $(UV)
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .scanners
	@$(UV) pip sync --quiet --python .scanners/bin/python --require-hashes tests/containers/requirements.lock
	@touch $@
