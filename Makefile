# The commands of README.md. VENV=<folder> names another folder for the environment.
VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PORT ?= 5000
KILLS ?= 200
BIN := $(abspath $(VENV))/bin
READY := $(VENV)/.ready
DEMO := iris_perceptron digits_cnn diabetes_mlp
export PATH := $(BIN):$(PATH)
export TF_CPP_MIN_LOG_LEVEL ?= 3
export MLFLOW_DISABLE_TELEMETRY ?= true

.PHONY: demo test browser repro claims experiment bench chaos ui check

demo: $(READY)
	dvc repro --quiet $(DEMO:%=evaluate@%)
	python -m pipeline.report $(DEMO)
	@echo "Curves, figures, parameters and models: make ui, then http://127.0.0.1:5000"

test: $(READY)
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# The report in headless Chromium, which must be installed with its driver.
browser: $(READY)
	python -m pytest tests/browser

# The report comes last and by itself: it says what could not be reached, and its exit code is that of the target.
repro: $(READY)
	dvc repro --keep-going || true
	python -m pipeline.report

# Each claim of conf/experiment/ with the value in outputs/; its exit code says whether all are met.
claims: $(READY)
	@python -m pipeline.report --check

# One experiment with all it needs: make experiment NAME=mnist_cnn
experiment: $(READY)
	dvc repro evaluate@$(NAME)
	python -m pipeline.report $(NAME)

# Takes about half an hour; nothing else should run meanwhile.
bench: $(READY)
	dvc repro --quiet prepare@mnist prepare@mnist_first_5000 prepare@mnist_first_10000 prepare@california_ratios
	python -m tests.benchmarks.training
	python -m tests.benchmarks.sweeps

# Kills trainings, sweeps and searches at random moments, then trainings at each write point; the last takes about an hour.
chaos: $(READY)
	python -m tests.chaos.training --kills $(KILLS)
	python -m tests.chaos.sweeps --kills 30
	python -m tests.chaos.searches --kills 10
	python -m tests.chaos.cold_starts
	python -m tests.chaos.training --every-write-point

ui: $(READY)
	@echo "TensorBoard, of runs with tracking.tensorboard=true: $(BIN)/tensorboard --logdir mlruns/tensorboard"
	mlflow ui --backend-store-uri $${MLFLOW_TRACKING_URI:-sqlite:///mlruns/mlflow.db} --host 127.0.0.1 --port $(PORT) \
		--allowed-hosts localhost:$(PORT),127.0.0.1:$(PORT)

check: $(READY)
	ruff check .
	ruff format --check .
	mypy
	python -m pytest --quiet tests/test_architecture.py

$(READY): requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@touch $@
