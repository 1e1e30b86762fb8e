# Two commands matter to a newcomer: `make run` and `make test`. The rest is listed by `make help`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
export PYTHONDONTWRITEBYTECODE ?=

.DEFAULT_GOAL := help
.PHONY: help run dev test check format demo bench docs services clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the Python packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.PHONY: assets
assets: $(VENV)/.run
	@$(BIN)/python -m reportmanager.assets

run: assets ## everything installed, a demo workspace, the server on http://127.0.0.1:8000
	@$(MANAGE) start

dev: $(VENV)/.dev assets ## the same, restarted whenever a file changes
	@$(MANAGE) start --reload

test: $(VENV)/.dev assets ## what the test suite needs, then the whole suite
	@$(BIN)/python -m pytest -n auto --dist loadgroup $(ARGS)

check: $(VENV)/.dev assets ## lint, types, import contracts, templates, migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/mypy .
	@$(MANAGE) check --fail-level WARNING
	@$(MANAGE) makemigrations --check --dry-run
	@$(MANAGE) check_templates

format: $(VENV)/.dev ## format and fix what can be fixed by itself
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

demo: assets ## the main job without a browser: spreadsheet → wizard → plan → dashboard
	@LOG_LEVEL=$${LOG_LEVEL:-ERROR} $(MANAGE) demo

bench: $(VENV)/.dev assets ## measure the paths that matter, as ratios in one run
	@$(MANAGE) bench

docs: $(VENV)/.run ## write what of the documentation is generated: the API's description
	@$(MANAGE) export_openapi_schema --api reportmanager.api.api --indent 2 --output docs/openapi.json

services: ## install and start what the full test suite needs (Debian, as root)
	@bash .ci/services

clean: ## remove what the other targets made, but not your data in ./var
	@rm -rf $(VENV) node_modules static/vendor staticfiles .tools .mypy_cache .ruff_cache .pytest_cache
