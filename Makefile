# `make help` lists the targets. VENV=<folder> puts the environment into another folder.
VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 5000
KILLS ?= 200
BIN := $(if $(filter /%,$(VENV)),$(VENV),$(CURDIR)/$(VENV))/bin
READY := $(VENV)/.ready
DEMO := iris_perceptron digits_cnn diabetes_mlp
# An unpacked ZIP is no Git repository. DVC must be told so, or it stops.
DVC := $(if $(wildcard .git),,python -m dvc config --local core.no_scm true && )python -m dvc
PIP := "$(BIN)/python" -m pip install --disable-pip-version-check --require-hashes
export PATH := $(BIN):$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 3
export MLFLOW_DISABLE_TELEMETRY ?= true

.PHONY: help install demo ui repro claims experiment test check browser exports bench bench-start bench-gpu chaos certify mutants audit

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile

install: $(READY) ## create the environment .venv with the pinned packages

demo: $(READY) ## train, test and report three small experiments; downloads no data
	$(DVC) repro --quiet $(DEMO:%=evaluate@%)
	python -m pipeline.report $(DEMO)
	@echo "To see curves, figures, parameters and models: make ui, then open http://127.0.0.1:5000"

ui: $(READY) ## serve the MLflow UI on http://127.0.0.1:5000; PORT=<number> changes the port
	@echo "Curves of runs with tracking.tensorboard=true: $(BIN)/tensorboard --logdir mlruns/tensorboard"
	@python -m pipeline.ui $(PORT)

# The report runs even if an experiment failed. It names the failure and decides the exit code.
repro: $(READY) ## run all experiments of params.yaml; 1.5 GB of disk
	$(DVC) repro --keep-going || true
	python -m pipeline.report

claims: $(READY) ## compare each result with its claim; exit code 1 if one is not met
	@python -m pipeline.report --check

experiment: $(READY) ## run one experiment and the stages before it: make experiment NAME=mnist_cnn
	$(DVC) repro evaluate@$(NAME)
	python -m pipeline.report $(NAME)

test: $(READY) ## run the test suite and print the slowest tests and set-ups; no network
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(READY) ## run ruff, mypy and the tests of the architecture
	ruff check .
	ruff format --check .
	python -m mypy
	python -m pytest --quiet tests/test_architecture.py

browser: $(READY) ## test the report in headless Chromium, if it is installed with its driver
	python -m pytest tests/browser

exports: $(READY) ## install the packages of the export to ONNX, and test it
	python -m pip install --quiet --disable-pip-version-check --editable '.[onnx]'
	python -m pytest tests/exports

bench: $(READY) ## measure speed against model.fit; forty minutes on an idle machine
	$(DVC) repro --quiet prepare@mnist prepare@mnist_first_5000 prepare@mnist_first_10000 \
		prepare@california_ratios
	python -m tests.benchmarks.training
	python -m tests.benchmarks.sweeps
	python -m tests.benchmarks.serving

bench-start: $(READY) ## measure what people wait for around a training; five minutes, idle machine
	python -m tests.benchmarks.start

bench-gpu: $(READY) ## measure speed on an NVIDIA GPU against model.fit; ten minutes, with the extra gpu
	$(DVC) repro --quiet prepare@mnist prepare@cifar10_first_5000
	python -m tests.benchmarks.gpu

chaos: $(READY) ## kill at random and at every write, edit and damage files; over two hours
	python -m tests.chaos.training --kills $(KILLS)
	python -m tests.chaos.sweeps --kills 30
	python -m tests.chaos.large_sweep
	python -m tests.chaos.searches --kills 10
	python -m tests.chaos.bits
	python -m tests.chaos.cold_starts
	python -m tests.chaos.training --every-write-point
	python -m tests.chaos.stale --combinations 72
	python -m tests.chaos.chains --kills 60
	python -m tests.chaos.bit_flips --flips 200

certify: $(READY) ## make runs of all kinds again, forge records, measure in hindsight
	python -m tests.chaos.certificates
	python -m tests.chaos.forgeries
	python -m tests.chaos.hindsight

audit: $(READY) ## look the pinned packages up in PyPI's advisories; fails where they cannot be reached
	python -m uv tool run pip-audit@2 --strict --disable-pip --require-hashes -r requirements.lock

mutants: $(READY) ## change single lines and count the changes that tests notice; over an hour
	python -m tests.chaos.mutants

# uv installs in less than half of pip's time. Both check the same hashes.
$(READY): requirements.lock requirements-uv.lock
	"$(PYTHON)" -m venv "$(VENV)"
	@{ $(PIP) --quiet --requirement requirements-uv.lock && \
		"$(BIN)/python" -m uv --system-certs pip install --python "$(BIN)/python" \
		--compile-bytecode --require-hashes --requirement requirements.lock; } || \
		{ echo "uv cannot install the packages here, so pip does."; \
		$(PIP) --requirement requirements.lock; }
	@touch "$@"
