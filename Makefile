# make play   plays (sets up .venv first: no torch, no sudo, no system package)
# make test   sets up .venv-dev, with tests, training and system packages, and runs ./check
# make help   says what else there is

ARGS ?=
EXTRA ?=
RECIPE ?=

ifneq ($(filter-out gpu,$(EXTRA)),)
$(error EXTRA=$(EXTRA) is not known; there is EXTRA=gpu)
endif
STAGE := .venv$(if $(EXTRA),-$(EXTRA))
DEV := .venv-dev$(if $(EXTRA),-$(EXTRA))
PIP_ENV := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
PINNED := constraints.txt pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help play test dev system train clean

help:
	@echo 'make play                     play with the model that ships; Ctrl-C ends it'
	@echo 'make play ARGS="--for 20"     ARGS go to `extempo play`; ARGS="--help" lists them'
	@echo 'make play ARGS="--voice piano-wavenet"'
	@echo '                              hear a piano whose every sample a network makes'
	@echo 'make play EXTRA=gpu           the same on an NVIDIA GPU, in an environment of its own'
	@echo 'make test                     set up tests and training, then run every check'
	@echo 'make train RECIPE=NAME        train a model; ARGS go to `extempo train`'
	@echo 'make dev                      only set up .venv-dev, with torch'
	@echo 'make train EXTRA=gpu RECIPE=NAME'
	@echo '                              the same on an NVIDIA GPU; test and dev know EXTRA=gpu too'
	@echo 'make clean                    remove the environments and caches (takes/ stays)'

play: $(STAGE)/.stamp
	@$(STAGE)/bin/extempo play $(ARGS)

train: $(DEV)/.stamp
	@test -n '$(RECIPE)' || { echo 'Which one? make train RECIPE=NAME, of:'; ls models/recipes | sed -n 's/\.toml$$//p'; exit 2; }
	@$(DEV)/bin/extempo train $(RECIPE) $(ARGS)

test: system $(DEV)/.stamp
	@VENV=$${VENV:-$(DEV)} ./check

dev: $(DEV)/.stamp

system:
	@scripts/system-packages

.venv/.stamp: $(PINNED) scripts/setup
	@$(PIP_ENV) scripts/setup $(@D) stage

.venv-gpu/.stamp: $(PINNED) scripts/setup
	@$(PIP_ENV) scripts/setup $(@D) gpu

.venv-dev/.stamp: $(PINNED) scripts/setup
	@$(PIP_ENV) scripts/setup $(@D) dev

.venv-dev-gpu/.stamp: $(PINNED) scripts/setup
	@$(PIP_ENV) scripts/setup $(@D) dev-gpu

clean:
	rm -rf .venv .venv-gpu .venv-dev .venv-dev-gpu build *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
