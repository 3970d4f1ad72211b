# A whole study: pools, generator, synthetic sets at several levels, mixes, models, scores, report.
#
# Without HUMAN it runs on the built-in world, a made world whose truth is known.
# Every variable in the first block can be given on the command line of make.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: study
study:

# Where binaries are and where everything is written.
BIN ?= target/release
OUT ?= out
STUDY ?= $(if $(HUMAN),study,built-in)

# Human rows (file, folder, glob or hf://); empty: the built-in world.
HUMAN ?=
HUMAN_FLAGS ?=
# Test rows; empty: a third pool is cut from the human rows.
TEST ?=
TEST_FLAGS ?= $(HUMAN_FLAGS)
# A ready-made synthetic set to use instead of generating one.
SYNTHETIC ?=
SYNTHETIC_FLAGS ?=
# A generator (model directory or hf://); empty: a decoder is trained from scratch on its own pool.
MODEL ?=
# How rows are asked for: sample (a generator that writes `label: text`), few-shot (any model), both
# with temperatures as levels; or grammar, with its diversity knob.
METHOD ?= $(if $(MODEL),few-shot,sample)
LEVELS ?= $(if $(SYNTHETIC),given,0.5 0.8 1.0 1.3)
PROPORTIONS ?= 0 0.25 0.5 0.75 1
SEEDS ?= 1 2 3
# Rows of every training set.
TOTAL ?= 1000
# What learns downstream, and what embeds: hashed-ngrams, a sentence-transformers directory or hf://.
LEARNER ?= tfidf
EMBEDDER ?= hashed-ngrams
# Rows of the built-in world, and how its generator is trained and asked.
WORLD_ROWS ?= 16000
# Not one of SEEDS, or the grammar would draw the human rows again.
WORLD_SEED ?= 1000
BASE_FLAGS ?= --condition label --num-train-epochs 5 --per-device-train-batch-size 32
GENERATE_FLAGS ?= --max-new-tokens 48
# What is measured on every training set; a generated set gets every measure.
ARM_METRICS ?= vendi_q1 distinct_2 self_bleu_4 mean_words
LEARNER_FLAGS ?= $(if $(filter tfidf,$(LEARNER)),--C 10 --ngrams 2)

comma := ,
P := $(BIN)/polyculture
GRAMMAR := data/world.grammar
quiet := -q

pools := $(OUT)/pools
sets := $(OUT)/sets

# The pools: three disjoint cuts of the human rows.
ifeq ($(HUMAN),)
$(OUT)/world.parquet: $(GRAMMAR) $(BIN)/generate
	$(P) generate $(quiet) --grammar $(GRAMMAR) -n $(WORLD_ROWS) --seed $(WORLD_SEED) --source-name human --generation 0 -o $@
human := $(OUT)/world.parquet
else
$(OUT)/human.parquet: $(wildcard $(HUMAN)) $(BIN)/ingest
	$(P) ingest $(quiet) $(HUMAN) $(HUMAN_FLAGS) --source human --generation 0 -o $@
human := $(OUT)/human.parquet
endif

ifneq ($(SYNTHETIC),)
$(pools)/downstream.parquet: $(human) $(BIN)/ingest
	$(P) ingest $(quiet) $< -o $@
else ifneq ($(TEST),)
$(pools)/generator.parquet $(pools)/downstream.parquet &: $(human) $(BIN)/ingest
	$(P) ingest $(quiet) $< --split generator=0.5,downstream=0.5 --seed 1 -o '$(pools)/{split}.parquet'
else
$(pools)/generator.parquet $(pools)/downstream.parquet $(pools)/test.parquet &: $(human) $(BIN)/ingest
	$(P) ingest $(quiet) $< --split generator=0.5,downstream=0.3,test=0.2 --seed 1 -o '$(pools)/{split}.parquet'
endif

ifneq ($(TEST),)
$(pools)/test.parquet: $(wildcard $(TEST)) $(BIN)/ingest
	$(P) ingest $(quiet) $(TEST) $(TEST_FLAGS) --source human --generation 0 -o $@
endif

$(sets)/test.parquet: $(pools)/test.parquet $(BIN)/embed
	$(P) embed $(quiet) $< --embedder $(EMBEDDER) -o $@

# The human set is decontaminated as every training set is.
$(sets)/human.parquet: $(pools)/downstream.parquet $(pools)/test.parquet $(BIN)/filter $(BIN)/embed
	$(P) filter $(quiet) $< --against $(pools)/test.parquet \
	  | $(P) embed $(quiet) --embedder $(EMBEDDER) -o $@

# The generator, trained from scratch on its own pool.
$(OUT)/base/manifest.json: $(pools)/generator.parquet $(BIN)/train
	$(P) train $< --method scratch --preset 1m --seed 1 $(BASE_FLAGS) -o $(OUT)/base
generator := $(if $(MODEL),$(MODEL),$(OUT)/base)
generator_file := $(if $(MODEL),$(wildcard $(MODEL)/config.json),$(OUT)/base/manifest.json)

# $(call pool,LEVEL,SEED): one synthetic set, decontaminated and topped up to equal size.
define pool
ifneq ($(SYNTHETIC),)
$(OUT)/generated/$(1)_$(2).parquet: $(wildcard $(SYNTHETIC)) $(BIN)/ingest
	$$(P) ingest $$(quiet) $$(SYNTHETIC) $$(SYNTHETIC_FLAGS) --source synthetic --generation 1 -o $$@
else ifeq ($(METHOD),grammar)
$(OUT)/generated/$(1)_$(2).parquet: $(GRAMMAR) $(BIN)/generate
	$$(P) generate $$(quiet) --grammar $$(GRAMMAR) --diversity $(1) -n $$(OVERDRAWN) --seed $(2) --level $(1) -o $$@
else
$(OUT)/generated/$(1)_$(2).parquet: $(generator_file) $(pools)/generator.parquet $(BIN)/generate
	$$(P) generate $$(quiet) $(if $(filter few-shot,$(METHOD)),$(pools)/generator.parquet --method few-shot,--method sample --condition own-label) \
	  --model $$(generator) --temperature $(1) -n $$(OVERDRAWN) --seed $(2) --level $(1) $$(GENERATE_FLAGS) -o $$@
endif

$(sets)/$(1)_$(2).parquet: $(OUT)/generated/$(1)_$(2).parquet $(pools)/test.parquet $(BIN)/filter $(BIN)/embed
	$$(P) filter $$(quiet) $$< --against $$(pools)/test.parquet $(if $(SYNTHETIC),,--limit $(TOTAL)) \
	    --rejects $(OUT)/rejects/$(1)_$(2).parquet \
	  | $$(P) embed $$(quiet) --embedder $$(EMBEDDER) -o $$@

$(OUT)/scores/$(1)_$(2).parquet: $(sets)/$(1)_$(2).parquet $(sets)/human.parquet $(BIN)/score-diversity
	$$(P) score-diversity $$(quiet) $$< --reference $(sets)/human.parquet --sample $(TOTAL) --seed $(2) \
	  --study $(STUDY) --arm $(1) --arm-seed $(2) --param level=$(1) -o $$@
results += $(OUT)/scores/$(1)_$(2).parquet

ifeq ($(HUMAN),)
$(OUT)/truth/$(1)_$(2).parquet: $(sets)/$(1)_$(2).parquet $(GRAMMAR) $(BIN)/evaluate
	$$(P) evaluate $$(quiet) grammar:$(GRAMMAR) --test $$< --study $(STUDY) --arm $(1) --arm-seed $(2) --param level=$(1) -o $$@
results += $(OUT)/truth/$(1)_$(2).parquet
endif
endef

# A tenth more than is needed, for what the decontamination takes away.
OVERDRAWN := $(shell echo $$(( $(TOTAL) * 11 / 10 )))

# $(call arm,LEVEL,PROPORTION,SEED): one training set, its model, its figures.
define arm
$(OUT)/arms/$(1)_$(2)_$(3)/mix.parquet: $(sets)/human.parquet $(sets)/$(1)_$(3).parquet $(BIN)/mix
	$$(P) mix $$(quiet) --real $(sets)/human.parquet --synthetic $(sets)/$(1)_$(3).parquet \
	  --design fixed-total --total $(TOTAL) --proportion $(2) --seed $(3) -o $$@

$(OUT)/arms/$(1)_$(2)_$(3)/model/manifest.json: $(OUT)/arms/$(1)_$(2)_$(3)/mix.parquet $(BIN)/train
	$$(P) train $$(quiet) $$< --method $$(LEARNER) --seed $(3) $$(LEARNER_FLAGS) -o $$(@D)

$(OUT)/arms/$(1)_$(2)_$(3)/evaluation.parquet: $(OUT)/arms/$(1)_$(2)_$(3)/model/manifest.json $(sets)/test.parquet $(BIN)/evaluate
	$$(P) evaluate $$(quiet) $$(<D) --test $(sets)/test.parquet \
	  --study $(STUDY) --arm $(1)/$(2) --arm-seed $(3) --param level=$(1) --param proportion=$(2) -o $$@

$(OUT)/arms/$(1)_$(2)_$(3)/diversity.parquet: $(OUT)/arms/$(1)_$(2)_$(3)/mix.parquet $(BIN)/score-diversity
	$$(P) score-diversity $$(quiet) $$< $(foreach metric,$(ARM_METRICS),--metric $(metric)) --seed $(3) \
	  --study $(STUDY) --arm $(1)/$(2) --arm-seed $(3) --param level=$(1) --param proportion=$(2) -o $$@
results += $(OUT)/arms/$(1)_$(2)_$(3)/evaluation.parquet $(OUT)/arms/$(1)_$(2)_$(3)/diversity.parquet
endef

# The human pool at the size of the synthetic ones: what the levels are compared with.
$(OUT)/scores/human.parquet: $(sets)/human.parquet $(BIN)/score-diversity
	$(P) score-diversity $(quiet) $< --sample $(TOTAL) --seed 1 --study $(STUDY) --arm human --arm-seed 1 --param level=human -o $@
results := $(OUT)/scores/human.parquet

$(foreach level,$(LEVELS),$(foreach seed,$(SEEDS),$(eval $(call pool,$(level),$(seed)))))
$(foreach level,$(LEVELS),$(foreach proportion,$(PROPORTIONS),$(foreach seed,$(SEEDS),$(eval $(call arm,$(level),$(proportion),$(seed))))))

$(OUT)/report.html $(OUT)/report.md $(OUT)/results.parquet &: $(results) $(BIN)/report
	$(P) report $(results) --results $(OUT)/results.parquet --markdown $(OUT)/report.md -o $(OUT)/report.html

study: $(OUT)/report.html
	@sed -n '1,40p' $(OUT)/report.md
