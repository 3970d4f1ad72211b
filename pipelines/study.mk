# A whole study: pools, generator, synthetic sets at several levels, mixes, models, scores, report.
#
# Without HUMAN it runs on the built-in world, a made world whose truth is known.
# Every variable down to the line can be given on the command line of make; a value that changes
# makes again what depends on it, and nothing else.

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
# A column whose equal values stay in one pool, such as the document that questions are about.
GROUP ?=
# Test rows; empty: a pool of their own is cut from the human rows.
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
# Rows of every training set, and rows to generate for it, of which decontamination takes some.
TOTAL ?= 1000
OVERDRAWN ?= $(shell echo $$(( $(TOTAL) * 11 / 10 )))
# What learns downstream, and what embeds: hashed-ngrams, a sentence-transformers directory or hf://.
LEARNER ?= tfidf
LEARNER_FLAGS ?= $(if $(filter tfidf,$(LEARNER)),--C 10 --ngrams 2)
EMBEDDER ?= hashed-ngrams
# Rows of the built-in world.
WORLD_ROWS ?= 16000
# Not one of SEEDS, or the grammar would draw the human rows again.
WORLD_SEED ?= 1000
# How the built-in generator is trained, and how a generator is asked.
BASE_FLAGS ?= --condition label --num-train-epochs 5 --per-device-train-batch-size 32
GENERATE_FLAGS ?= --max-new-tokens 48
# What is measured on every training set; a synthetic set gets every measure.
ARM_METRICS ?= vendi_q1 distinct_2 self_bleu_4 mean_words
# ------------------------------------------------------------------------------------------------

P := $(BIN)/polyculture
GRAMMAR := data/world.grammar
quiet := -q
comma := ,

pools := $(OUT)/pools
sets := $(OUT)/sets
kept := $(OUT)/.settings

# $(call settings,NAME,VALUES): a file that is as old as its values, for rules to depend on. Values
# go through Make's own file function and never through a shell.
$(shell mkdir -p '$(kept)')
define settings
$(file >$(kept)/$(1).new,$(2))$(shell cd '$(kept)' && if cmp -s $(1).new $(1); then rm $(1).new; else mv $(1).new $(1); fi)
endef
$(call settings,human,$(HUMAN) $(HUMAN_FLAGS) $(WORLD_ROWS) $(WORLD_SEED))
$(call settings,pools,$(GROUP) $(if $(TEST),test) $(if $(SYNTHETIC),synthetic))
$(call settings,test,$(TEST) $(TEST_FLAGS))
$(call settings,generator,$(MODEL) $(BASE_FLAGS))
$(call settings,generated,$(SYNTHETIC) $(SYNTHETIC_FLAGS) $(METHOD) $(GENERATE_FLAGS) $(OVERDRAWN))
$(call settings,total,$(TOTAL) $(STUDY))
$(call settings,embedder,$(EMBEDDER))
$(call settings,learner,$(LEARNER) $(LEARNER_FLAGS))
$(call settings,metrics,$(ARM_METRICS))

# The pools: disjoint cuts of the human rows, for the generator, for what learns, for the test.
ifeq ($(HUMAN),)
$(OUT)/human.parquet: $(GRAMMAR) $(kept)/human $(BIN)/generate
	$(P) generate $(quiet) --grammar $(GRAMMAR) -n $(WORLD_ROWS) --seed $(WORLD_SEED) --source-name human --generation 0 -o $@
else
$(OUT)/human.parquet: $(wildcard $(HUMAN)) $(kept)/human $(BIN)/ingest
	$(P) ingest $(quiet) $(HUMAN) $(HUMAN_FLAGS) --source human --generation 0 -o $@
endif

cut_test := $(if $(TEST),,yes)
cut_generator := $(if $(SYNTHETIC),,yes)
split := $(if $(cut_generator),$(if $(cut_test),generator=0.5$(comma)downstream=0.3$(comma)test=0.2,generator=0.5$(comma)downstream=0.5),$(if $(cut_test),downstream=0.8$(comma)test=0.2,downstream=1))
cut := $(pools)/downstream.parquet $(if $(cut_generator),$(pools)/generator.parquet) $(if $(cut_test),$(pools)/test.parquet)

$(cut) &: $(OUT)/human.parquet $(kept)/pools $(BIN)/ingest
	$(P) ingest $(quiet) $< --split $(split) $(if $(GROUP),--group $(GROUP)) --seed 1 -o '$(pools)/{split}.parquet'

ifneq ($(TEST),)
$(pools)/test.parquet: $(wildcard $(TEST)) $(kept)/test $(BIN)/ingest
	$(P) ingest $(quiet) $(TEST) $(TEST_FLAGS) --source human --generation 0 -o $@
endif

$(sets)/test.parquet: $(pools)/test.parquet $(kept)/embedder $(BIN)/embed
	$(P) embed $(quiet) $< --embedder $(EMBEDDER) -o $@

# What anything learns from is decontaminated: of the human rows as of the synthetic ones.
$(sets)/human.parquet: $(pools)/downstream.parquet $(pools)/test.parquet $(kept)/embedder $(BIN)/filter $(BIN)/embed
	$(P) filter $(quiet) $< --against $(pools)/test.parquet \
	  | $(P) embed $(quiet) --embedder $(EMBEDDER) -o $@

$(sets)/generator.parquet: $(pools)/generator.parquet $(pools)/test.parquet $(BIN)/filter
	$(P) filter $(quiet) $< --against $(pools)/test.parquet -o $@

# The generator, trained from scratch on its own pool.
$(OUT)/base/manifest.json: $(sets)/generator.parquet $(kept)/generator $(BIN)/train
	$(P) train $< --method scratch --preset 1m --seed 1 $(BASE_FLAGS) -o $(OUT)/base
generator := $(if $(MODEL),$(MODEL),$(OUT)/base)
generator_file := $(if $(MODEL),$(wildcard $(MODEL)/config.json),$(OUT)/base/manifest.json)

# A ready-made set is every level and every seed.
$(OUT)/generated/given.parquet: $(wildcard $(SYNTHETIC)) $(kept)/generated $(BIN)/ingest
	$(P) ingest $(quiet) $(SYNTHETIC) $(SYNTHETIC_FLAGS) --source synthetic --generation 1 -o $@

$(sets)/given.parquet: $(OUT)/generated/given.parquet $(pools)/test.parquet $(kept)/embedder $(BIN)/filter $(BIN)/embed
	$(P) filter $(quiet) $< --against $(pools)/test.parquet --rejects $(OUT)/rejects/given.parquet \
	  | $(P) embed $(quiet) --embedder $(EMBEDDER) -o $@

# $(call synthetic,LEVEL,SEED): the synthetic set of a level and a seed.
synthetic = $(sets)/$(if $(SYNTHETIC),given,$(1)_$(2)).parquet

# $(call generate,LEVEL,SEED): rows of a level, then decontaminated and topped up to equal size.
define generate
ifeq ($(METHOD),grammar)
$(OUT)/generated/$(1)_$(2).parquet: $(GRAMMAR) $(kept)/generated $(BIN)/generate
	$$(P) generate $$(quiet) --grammar $$(GRAMMAR) --diversity $(1) -n $$(OVERDRAWN) --seed $(2) --level $(1) -o $$@
else
$(OUT)/generated/$(1)_$(2).parquet: $(generator_file) $(sets)/generator.parquet $(kept)/generated $(kept)/generator $(BIN)/generate
	$$(P) generate $$(quiet) $(if $(filter few-shot,$(METHOD)),$(sets)/generator.parquet --method few-shot,--method sample --condition own-label) \
	  --model $$(generator) --temperature $(1) -n $$(OVERDRAWN) --seed $(2) --level $(1) $$(GENERATE_FLAGS) -o $$@
endif

$(sets)/$(1)_$(2).parquet: $(OUT)/generated/$(1)_$(2).parquet $(pools)/test.parquet $(kept)/total $(kept)/embedder $(BIN)/filter $(BIN)/embed
	$$(P) filter $$(quiet) $$< --against $$(pools)/test.parquet --limit $(TOTAL) --rejects $(OUT)/rejects/$(1)_$(2).parquet \
	  | $$(P) embed $$(quiet) --embedder $$(EMBEDDER) -o $$@
endef

# $(call score,LEVEL,SEED): how varied a synthetic set is, how far from the human one, how right.
define score
$(OUT)/scores/$(1)_$(2).parquet: $(call synthetic,$(1),$(2)) $(sets)/human.parquet $(kept)/total $(BIN)/score-diversity
	$$(P) score-diversity $$(quiet) $$< --reference $(sets)/human.parquet --sample $(TOTAL) --seed $(2) \
	  --study $(STUDY) --arm $(1) --arm-seed $(2) --param level=$(1) -o $$@
results += $(OUT)/scores/$(1)_$(2).parquet

ifeq ($(HUMAN),)
$(OUT)/truth/$(1)_$(2).parquet: $(call synthetic,$(1),$(2)) $(GRAMMAR) $(kept)/total $(BIN)/evaluate
	$$(P) evaluate $$(quiet) grammar:$(GRAMMAR) --test $$< --study $(STUDY) --arm $(1) --arm-seed $(2) --param level=$(1) -o $$@
results += $(OUT)/truth/$(1)_$(2).parquet
endif
endef

# $(call arm,LEVEL,PROPORTION,SEED,SYNTHETIC SET): one training set, its model, its figures. The
# arm of human rows alone is called human/0; it has no level.
define arm
$(OUT)/arms/$(1)_$(2)_$(3)/mix.parquet: $(sets)/human.parquet $(4) $(kept)/total $(BIN)/mix
	$$(P) mix $$(quiet) --real $(sets)/human.parquet --synthetic $(4) \
	  --design fixed-total --total $(TOTAL) --proportion $(2) --seed $(3) -o $$@

$(OUT)/arms/$(1)_$(2)_$(3)/model/manifest.json: $(OUT)/arms/$(1)_$(2)_$(3)/mix.parquet $(kept)/learner $(BIN)/train
	$$(P) train $$(quiet) $$< --method $$(LEARNER) --seed $(3) $$(LEARNER_FLAGS) -o $$(@D)

$(OUT)/arms/$(1)_$(2)_$(3)/evaluation.parquet: $(OUT)/arms/$(1)_$(2)_$(3)/model/manifest.json $(sets)/test.parquet $(BIN)/evaluate
	$$(P) evaluate $$(quiet) $$(<D) --test $(sets)/test.parquet --seed $(3) \
	  --study $(STUDY) --arm $(1)/$(2) --arm-seed $(3) $(if $(filter human,$(1)),,--param level=$(1)) --param proportion=$(2) -o $$@

$(OUT)/arms/$(1)_$(2)_$(3)/diversity.parquet: $(OUT)/arms/$(1)_$(2)_$(3)/mix.parquet $(kept)/metrics $(BIN)/score-diversity
	$$(P) score-diversity $$(quiet) $$< $(foreach metric,$(ARM_METRICS),--metric $(metric)) --seed $(3) \
	  --study $(STUDY) --arm $(1)/$(2) --arm-seed $(3) $(if $(filter human,$(1)),,--param level=$(1)) --param proportion=$(2) -o $$@
results += $(OUT)/arms/$(1)_$(2)_$(3)/evaluation.parquet $(OUT)/arms/$(1)_$(2)_$(3)/diversity.parquet
endef

# The human rows at the size of the synthetic sets: what the levels are compared with.
$(OUT)/scores/human.parquet: $(sets)/human.parquet $(kept)/total $(BIN)/score-diversity
	$(P) score-diversity $(quiet) $< --sample $(TOTAL) --seed 1 --study $(STUDY) --arm human --arm-seed 1 --param level=human -o $@
results := $(OUT)/scores/human.parquet

first := $(firstword $(LEVELS))
mixed := $(filter-out 0,$(PROPORTIONS))
$(if $(SYNTHETIC),,$(foreach level,$(LEVELS),$(foreach seed,$(SEEDS),$(eval $(call generate,$(level),$(seed))))))
$(foreach level,$(LEVELS),$(foreach seed,$(SEEDS),$(eval $(call score,$(level),$(seed)))))
$(foreach seed,$(SEEDS),$(if $(filter 0,$(PROPORTIONS)),$(eval $(call arm,human,0,$(seed),$(call synthetic,$(first),$(seed))))))
$(foreach level,$(LEVELS),$(foreach proportion,$(mixed),$(foreach seed,$(SEEDS),$(eval $(call arm,$(level),$(proportion),$(seed),$(call synthetic,$(level),$(seed)))))))
$(call settings,results,$(results:$(OUT)/%=%))

# Texts to look at: the human rows, and each level as its first seed made it.
texts := $(sets)/human.parquet $(sort $(foreach level,$(LEVELS),$(call synthetic,$(level),$(firstword $(SEEDS)))))

$(OUT)/report.html $(OUT)/report.md $(OUT)/results.parquet $(OUT)/results.csv $(OUT)/pictures/manifest.json &: $(results) $(texts) $(kept)/results $(BIN)/report
	$(P) report $(results) $(texts:%=--texts %) --results $(OUT)/results.parquet --csv $(OUT)/results.csv \
	  --pictures $(OUT)/pictures --markdown $(OUT)/report.md -o $(OUT)/report.html

study: $(OUT)/report.html
	@sed -n '1,40p' $(OUT)/report.md
