# Two commands: `make run` serves the sample district, `make test` proves everything. Logic is in tools/.
PYTHON ?= python3
BIN := .venv/bin
TOOLS := $(PYTHON) -m tools
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run stop doctor test nightly lint types unit real bench-locate bench-gridding bench-gridding-real lock clean ready pictures

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "make %-19s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing, make the environment, start and upgrade the database
	@$(TOOLS) setup

run: ## set up, load the sample district, serve it (make run WANGGE_PORT=8001 for another port)
	@$(TOOLS) run

stop: ## stop the private database
	@$(BIN)/wangge database stop

doctor: ## what is there, what is missing, how to get it
	@$(TOOLS) doctor

test: ready lint types unit ## set up, then every check and test but the nightly ones

nightly: ready ## the long tests
	$(PYTEST) -m nightly

ready:
	@$(TOOLS) ready

lint: ## rules of style and of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: ## strict types
	$(BIN)/mypy
	$(BIN)/mypy tools

unit:
	$(PYTEST) -m "not nightly" -n 2 --dist worksteal

real: ready ## real data from outside: make real DATA=folder
	$(BIN)/python -m benchmarks.real $(DATA)

bench-locate: ready ## locating against geopandas, PostGIS and others, with every figure (about 15 minutes)
	$(BIN)/python -m benchmarks.locate

bench-gridding: ready ## checking and repairing against shapely, maup, geoplanar and mapshaper (about 15 minutes)
	$(BIN)/python -m benchmarks.gridding

bench-gridding-real: ready ## the same on real data from outside: make bench-gridding-real DATA=folder
	$(BIN)/python -m benchmarks.gridding_real $(DATA)

lock: ## write both lock files anew (needs uv)
	@$(TOOLS) lock

clean: ## remove what set-up made; data are kept
	@$(TOOLS) clean

pictures: ## take the pictures of the readme from a running service
	$(BIN)/python docs/pictures/take.py
