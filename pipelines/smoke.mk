# The smallest whole study, in seconds: the recipe of study.mk on little of the built-in world, with
# the grammar as its generator.

OUT ?= out/smoke
METHOD ?= grammar
LEVELS ?= 0.5 1
PROPORTIONS ?= 0 0.5 1
SEEDS ?= 1
TOTAL ?= 200
WORLD_ROWS ?= 1500

include pipelines/study.mk
