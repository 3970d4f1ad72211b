# polyculture: `make` builds everything and runs the built-in study; `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

CARGO ?= cargo

.PHONY: all build study test test-browser smoke lint bench-data bench-model bench-diversity clean help

all: study ## build, then run the study; ends with out/report.html and out/results.parquet

build: ## compile all stages
	$(CARGO) build --release --locked --workspace --bins

study: build ## the same as `make`; on your data: make study HUMAN=... TEST=... SYNTHETIC=... (see README)
	@$(MAKE) --no-print-directory -f pipelines/study.mk

test: build ## run all tests
	$(CARGO) test --release --locked --workspace

test-browser: build ## open reports in headless Chromium (which on Debian it installs)
	@command -v chromium > /dev/null || apt-get install --yes --no-install-recommends chromium
	@$(MAKE) --no-print-directory -f pipelines/smoke.mk
	@mkdir -p out/browser
	target/release/report -q tests/browser/hostile-results.jsonl --texts tests/browser/hostile-texts.jsonl -o out/browser/hostile.html
	python3 tests/browser/check.py out/smoke/report.html out/browser/hostile.html --screenshots out/browser

smoke: build ## run the smallest whole study, in seconds
	@$(MAKE) --no-print-directory -f pipelines/smoke.mk

lint: ## formatting, clippy, documentation
	$(CARGO) fmt --all --check
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --release --locked --workspace --no-deps

MODEL_PEERS ?= $(HOME)/.cache/polyculture/bench-model
# An encoder such as all-MiniLM-L6-v2; without one embedding is not measured.
MINILM ?=

bench-model: ## compare training, writing, scoring and embedding with torch and onnxruntime, installed into $(MODEL_PEERS)
	$(CARGO) build --release --locked -p model --bench throughput
	test -x $(MODEL_PEERS)/bin/python || python3 -m venv $(MODEL_PEERS)
	$(MODEL_PEERS)/bin/pip install --quiet --requirement benches/model/requirements.txt
	$(MODEL_PEERS)/bin/python benches/model/run.py target/release/deps $(MINILM)

# Where the peers of `filter` and `mix` are installed, outside of the repository.
DATA_PEERS ?= $(HOME)/.cache/polyculture/bench-data
DATA_ROWS ?= 100000

bench-data: ## compare filter and mix with rensa, polars and duckdb, installed into $(DATA_PEERS)
	$(CARGO) build --release --locked --bin filter --bin mix
	test -x $(DATA_PEERS)/bin/pip || python3 -m venv $(DATA_PEERS)
	$(DATA_PEERS)/bin/pip install --quiet --requirement benches/data/requirements.txt
	$(DATA_PEERS)/bin/python benches/data/bench.py --bin target/release --work $(DATA_PEERS)/rows --rows $(DATA_ROWS)

PEERS ?= $(HOME)/.cache/polyculture/bench-diversity

bench-diversity: build ## compare score-diversity with its peers, which are installed under ~/.cache
	python3 benches/diversity/bench.py --venv $(PEERS)

clean: ## remove what the studies made, not what was compiled
	rm -rf out

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 24
