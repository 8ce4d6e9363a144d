# Everything that is done with this checkout; each recipe does its own set-up.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/ready
# Tests wait for servers more than they compute.
WORKERS ?= $(shell echo $$(($$(nproc) * 3 / 2)))
# Packages of Debian and Ubuntu that bring the real servers and clients of the wire tests.
SERVERS := openssh-server openssh-client rsync sudo ngircd inspircd atheme-services ii irssi tmux

.PHONY: help demo practice test check bench docs pictures servers lock clean

help: ## Say what there is.
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(READY) ## Play a good deployment and a bad one on a practice range.
	@$(BIN)/swatbot demo

practice: $(READY) ## Leave a practice range running, to be joined with any IRC client (DIR=...: keep it there).
	@$(BIN)/swatbot practice $(if $(DIR),--directory "$(DIR)")

test: servers check ## Lint, types, import contracts, and all tests (SOAK=1: the long loops in full).
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(if $(SOAK),-o faulthandler_timeout=3600)

check: $(READY) ## Lint, types and import contracts only.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@echo "fleet/helper.py, which runs on every host, has $$(grep -c . swatbot/fleet/helper.py) lines"

bench: SERVERS := openssh-server openssh-client rsync
bench: $(READY) $(if $(filter fleet,$(or $(PART),fleet)),servers) ## Print the benchmarks, and write build/bench.json (make bench PART=chat: one part).
	@mkdir -p build
	$(BIN)/python -m bench $(PART)

docs: $(READY) ## Write anew what is generated from the code.
	$(BIN)/python -m tests.write_docs

pictures: docs ## Draw the pictures in docs/ anew, from the pages beside them (needs chromium).
	chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync \
		--hide-scrollbars --force-device-scale-factor=1 --window-size=1360,2480 --user-data-dir=build/chromium \
		--screenshot=docs/slack-cards.png docs/slack-cards.html

lock: ## Pin what is installed now; what a fresh install gives is what was tested.
	$(BIN)/pip freeze --exclude-editable | sort -f > constraints.txt

clean: ## Take away what the recipes have made.
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
		{ echo "swatbot needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory venv-package
	@echo "Setting up $(VENV), once ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

.PHONY: venv-package
venv-package:
	@test "$$(id -u)" = 0 || { echo "Python's venv is missing: apt install python3-venv"; exit 1; }
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv

# Where we are root, the servers are installed (and not started: RUNLEVEL=1); elsewhere their tests are skipped.
servers:
	@missing=""; for package in $(SERVERS); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing real servers:$$missing"; \
		apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
		echo "What is run against real servers is left out. To have it: apt install$$missing"; \
	fi
