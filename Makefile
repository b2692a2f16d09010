# The door to everything; `make` alone lists it. What runs is tools/ (python3 -m tools).

PYTHON ?= python3
STACK ?= local
# For key, invoke, logs and status: ENDPOINT=, DEPLOYMENT=. For invoke: DATA='{…}' or
# DATA=@file.json. For a cloud stack's up and down: YES=1 to be asked nothing.
# For rehearse: SETTINGS="NAME=VALUE …" of the local Azure, KEEP=1 to look around before it ends;
# key, invoke, logs, status and env ask a rehearsal that stands with REHEARSED=1.

tools = @$(PYTHON) -m tools
stack = --stack "$(STACK)" --endpoint "$(ENDPOINT)" --deployment "$(DEPLOYMENT)"
yes = $(if $(YES),--yes)
rehearsed = $(if $(REHEARSED),--rehearsed)

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s%s\n", $$1, $$2}' Makefile
	@echo '  STACK=local is the default; ENDPOINT= and DEPLOYMENT= narrow things down'

up: ## deploy the stack, then ask the flow its sample question
	$(tools) up $(stack) $(yes)

preview: ## show what `up` would do
	$(tools) preview $(stack)

rehearse: ## deploy any STACK's own config into a local Azure for a moment
	$(tools) rehearse $(stack) --settings "$(SETTINGS)" $(if $(KEEP),--keep)

invoke: ## send the sample request, or DATA='{…}' or DATA=@file.json
	$(tools) invoke $(stack) $(rehearsed) --data "$${DATA:-}"

logs: ## the logs of both containers of each deployment
	$(tools) logs $(stack) $(rehearsed)

status: ## endpoints, deployments and traffic, as Azure has them now
	$(tools) status $(stack) $(rehearsed)

down: ## take the stack down; the local one leaves nothing behind
	$(tools) down $(stack) $(yes)

env: ## environment for the plain CLI: eval "$(make -s env)"; pulumi up
	$(tools) env $(stack) $(rehearsed)

key: ## print the endpoint's key and nothing else
	$(tools) key $(stack) $(rehearsed)

check: ## check the stack's files without deploying anything
	$(tools) check $(stack)

setup: ## get the tools: Python packages, Pulumi CLI, Azurite, prompt flow
	$(tools) setup

test: ## set up and run the tests; ARGS='-k traffic' narrows them down
	$(tools) setup
	@.venv/bin/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: ## ruff and pyright
	$(tools) setup --python-only
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/pyright

lock: ## pin the requirements anew (needs uv)
	@uv pip compile $(lock_options) requirements.in -o requirements.txt
	@uv pip compile $(lock_options) -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean: ## as down for all that is local, and remove .venv and .local
	@if [ -d .local ]; then $(MAKE) --no-print-directory down STACK=local; fi
	@for home in .local/rehearsal/*/azure; do \
		if [ -d "$$home" ]; then .venv/bin/python -m local_azure stop --home "$$home"; fi; done
	@rm -rf .venv .local .pytest_cache .ruff_cache .hypothesis

lock_options = --quiet --upgrade --universal --python-version 3.10 --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

.PHONY: help up preview rehearse invoke logs status down env key check setup test lint lock clean
