# make demo: the main job on sample people. make test: the tests. Both set up .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test torture hostile fuzz lint load serving-test samples lock model ablations landmarks seed-model screenshots clean

demo: $(VENV)/.developer
	$(BIN)/gallery demo

test: $(VENV)/.developer
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# Killed with SIGKILL while it enrolls, removes and snapshots, N times; every acknowledgement counts.
N ?= 200
torture: $(VENV)/.developer
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python tests/torture/torture.py $(N)

# Hostile uploads at every endpoint of a real server, with many more mutations than in the tests.
MUTATIONS ?= 3000
SEED ?= 1
hostile: $(VENV)/.developer
	$(BIN)/python tests/hostile/attack.py --mutations $(MUTATIONS) --seed $(SEED) --every-door

# Sixteen searching threads in two programs while a third enrolls and removes, for half a minute.
load: $(VENV)/.developer
	GALLERY_LOAD_SECONDS=30 $(BIN)/pytest tests/integration/test_index_under_load.py

# schemathesis and a server: REQUESTS of all kinds, none may be answered with 5xx or off the contract.
REQUESTS ?= 5000
fuzz: $(VENV)/.developer
	folder=$$(mktemp -d) && $(BIN)/python tests/fuzz/fuzz.py $(REQUESTS) $$folder

lint: $(VENV)/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The serving install, as a user gets it: no TensorFlow in it, and the main job runs.
serving-test: .venv-serving/.serving
	@if .venv-serving/bin/python -c "import tensorflow" 2>/dev/null; then echo "tensorflow is in the serving install"; exit 1; fi
	.venv-serving/bin/gallery demo

# Synthetic people, drawn anew from ../shared/faces (tests and demo use the committed ones).
samples: $(VENV)/.developer
	$(BIN)/python data/make_samples.py

# The pictures of the page in this README, from a real browser.
screenshots: $(VENV)/.developer
	$(BIN)/python docs/screenshots.py

# Both lock files, anew from pyproject.toml.
lock: $(VENV)/.developer
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --extra train --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock

$(VENV)/.developer: requirements-dev.lock pyproject.toml
	$(call environment,$(VENV))
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv-serving/.serving: requirements.lock pyproject.toml $(VENV)/.developer
	$(call environment,.venv-serving)
	.venv-serving/bin/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir .venv-serving/wheel .
	.venv-serving/bin/pip install --quiet --no-deps --force-reinstall .venv-serving/wheel/*.whl
	@touch $@

define environment
$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
$(PYTHON) -m venv $(1) || $(PYTHON) -m virtualenv $(1) || { echo "cannot make a virtual environment; install python3-venv"; exit 1; }
endef

clean:
	rm -rf $(VENV) .venv-serving

# The shipped model, trained anew: hours on two cores; a stopped run goes on where it was.
TRAIN = $(BIN)/gallery train ../shared/faces/train --precision mixed_bfloat16 --batch-size 64 --learning-rate 0.0005
CYCLE = $(TRAIN) --optimizer muon --epochs 0
model: $(VENV)/.developer
	$(TRAIN) --output runs/residual-48-v3 --architecture narrow --distil-epochs 23 --distil-epochs 24 --epochs 3
	$(TRAIN) --output runs/residual-48-v4-int8 --grow-from runs/residual-48-v3/model.keras \
	    --optimizer muon --distil-learning-rate 0.001 --distil-epochs 17 --learning-rate 0.0002 --epochs 1
	$(CYCLE) --output runs/residual-48-v5 --grow-from runs/residual-48-v4-int8/model.keras --grow-resolutions 2 \
	    --ensemble-with runs/residual-48-v4-int8/model.keras \
	    --seed 11 --distil-learning-rate 0.002 --distil-epochs 10
	$(CYCLE) --output runs/residual-48-v6 --grow-from runs/residual-48-v5/model.keras \
	    --ensemble-with runs/residual-48-v4-int8/model.keras \
	    --seed 19 --distil-learning-rate 0.002 --distil-epochs 10
	$(CYCLE) --output runs/residual-48-v4-longer --grow-from runs/residual-48-v4-int8/model.keras \
	    --seed 23 --distil-learning-rate 0.002 --distil-epochs 10
	$(CYCLE) --output runs/residual-48-v7-first --grow-from runs/residual-48-v6/model.keras --unchanged 0.5 \
	    --seed 41 --distil-learning-rate 0.001 --distil-epochs 4
	$(CYCLE) --output runs/residual-48-v7 --grow-from runs/residual-48-v4-longer/model.keras --unchanged 0.5 \
	    --ensemble-with runs/residual-48-v7-first/model.keras \
	    --seed 43 --distil-learning-rate 0.0007 --distil-epochs 2
	$(CYCLE) --output runs/residual-48-v8-first-half --grow-from runs/residual-48-v7-first/model.keras --unchanged 0.5 \
	    --seed 31 --distil-learning-rate 0.0015 --distil-epochs 8
	$(CYCLE) --output runs/residual-48-v8-first --grow-from runs/residual-48-v8-first-half/model.keras --unchanged 1 \
	    --seed 41 --distil-learning-rate 0.0005 --distil-epochs 1
	$(CYCLE) --output runs/residual-48-v8-second-half --grow-from runs/residual-48-v7/model.keras --unchanged 0.5 \
	    --seed 32 --distil-learning-rate 0.0015 --distil-epochs 9
	$(CYCLE) --output runs/residual-48-v8 --grow-from runs/residual-48-v8-second-half/model.keras --unchanged 1 \
	    --ensemble-with runs/residual-48-v8-first/model.keras \
	    --seed 42 --distil-learning-rate 0.0005 --distil-epochs 1

# What dlib's face network says of the prepared crops: a quarter of an hour; fetches its weights (6 MB) from npm.
runs/dlib.npy: | $(VENV)/.developer
	$(BIN)/python -m gallery.training.dlib_teacher ../shared/faces/train $@

# What each part of the recipe is worth: short trainings, some hours on two cores.
ablations: $(VENV)/.developer
	$(BIN)/python -m gallery.training.ablations ../shared/faces/train runs/ablations networks
	$(BIN)/python -m gallery.training.ablations ../shared/faces/train runs/ablations losses

# The landmarks of Haar's faces: an hour and a half on two cores.
landmarks: $(VENV)/.developer
	$(BIN)/python -m gallery.training.landmarks ../shared/faces/train gallery/detector/landmark_network

# The seed project's own network, by the seed's own loss alone.
seed-model: $(VENV)/.developer
	$(BIN)/gallery train ../shared/faces/train --output runs/seed --architecture seed \
	    --epochs 5 --batch-size 64 --learning-rate 0.001
