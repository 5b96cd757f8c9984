# One command from a bare machine: every target first builds .venv from the lock, then runs in it.
PYTHON ?= python3
# Those that this process may use; nproc would take threads of OpenMP for cores.
CORES ?= $(shell unset OMP_NUM_THREADS; nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
SNAKEMAKE = .venv/bin/snakemake --cores $(CORES)
PAGES = README.md $(wildcard docs/*.md)

# Activated as a user would: rules call `python` and find the one of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# This copy's modules, whatever lies on the user's path.
export PYTHONPATH := $(CURDIR)/src
unexport PYTHONHOME
# Snakemake wants a user's name and a home to write to; who has neither, as in a container, gets them.
export USER ?= $(shell id -u)
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.snakemake/home
endif

.PHONY: help setup smoke laptop workstation thesis download test test-faults test-slurm bench lint docs tutorial report report-archive archive finished redraw release lock
.DELETE_ON_ERROR:

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

setup: .venv/.complete ## build .venv from envs/requirements.lock

.venv/.complete: envs/requirements.lock envs/bootstrap.lock
	@sh envs/setup.sh $(PYTHON)

smoke: setup ## the whole workflow on scikit-learn's digits, three minutes, no data to fetch
	$(SNAKEMAKE) smoke

laptop: setup ## MNIST and CIFAR-10 in narrow networks, about three hours on two cores
	$(SNAKEMAKE) laptop

workstation: setup ## the real data sets in narrow networks, with more steps; two days on two cores, in parts
	$(SNAKEMAKE) workstation

thesis: setup ## the protocol of the thesis, for GPUs and clusters
	$(SNAKEMAKE) thesis

download: setup ## fetch and verify the official data files
	$(SNAKEMAKE) download

# Those of the workflow first: they take longest, and small files fill the cores at the end.
test: setup ## the tests, on all cores
	python -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder -m "not slow" tests/workflow tests/unit

# Two slow ones at a time, on however many cores: some need gigabytes.
test-faults: setup ## trainings killed, disks filled, files damaged: counted; and what is large
	python -m pytest tests/faults
	python -m pytest -n 2 -m slow tests/unit

test-slurm: setup ## the Slurm profile beside a Slurm of one node, ten minutes; on Debian, as root
	sh tests/workflow/slurm.sh python -m pytest tests/workflow/test_slurm.py

bench: setup ## time steps of every network, pipelined training, and what a user waits for, on an idle machine: eighty minutes
	python benchmarks/step.py
	python benchmarks/pipeline.py
	python benchmarks/quick.py

lint: setup ## format and lint checks of Python and Snakemake code; numbers in the docs as in tables/
	ruff format --check .
	ruff check .
	snakefmt --check Snakefile rules
	snakemake --lint
	cog --check -I docs $(PAGES)

docs: setup ## fill the numbers of README and docs/ from tables/
	cog -r -I docs $(PAGES)

tutorial: setup ## run docs/tutorial.ipynb and keep what its cells show, in a minute
	python docs/tutorial.py

SCALE ?= laptop
report: setup ## one self-contained HTML of a finished scale (SCALE=laptop)
	$(SNAKEMAKE) $(SCALE) --report report-$(SCALE).html

report-archive: redraw ## the same of a scale's archive, without torch (SCALE=laptop)
	PATH="$(CURDIR)/.venv-archive/bin:$$PATH" snakemake --cores $(CORES) $(SCALE) --config source=archive --report report-$(SCALE).html

archive: setup ## pack what the figures and tables of a scale read into archives/ (SCALE=laptop)
	$(SNAKEMAKE) archives/$(SCALE).zip
	@cat logs/$(SCALE)/archive.log

finished: setup ## figures, tables and archive of what a stopped scale has finished: name it, SCALE=workstation
	@test "$(origin SCALE)" = "command line" || { echo "finished: name a scale: make finished SCALE=workstation" >&2; exit 1; }
	$(SNAKEMAKE) $(SCALE) --config source=finished
	$(SNAKEMAKE) $(SCALE) archives/$(SCALE).zip --config source=finished

redraw: archives/$(SCALE).zip .venv-archive/.complete ## figures and tables of an archive, without torch (SCALE=laptop)
	PATH="$(CURDIR)/.venv-archive/bin:$$PATH" snakemake --cores $(CORES) $(SCALE) --config source=archive

release: setup ## small weights of a scale's seed 0 into release/, with their SHA-256 (SCALE=laptop)
	python -m associated_learning release results/$(SCALE) --out release/$(SCALE)

archives/%.zip:
	@echo "redraw: there is no $@: make archive SCALE=$* packs a finished scale" >&2; exit 1

.venv-archive/.complete: envs/archive.lock envs/bootstrap.lock
	@sh envs/setup.sh $(PYTHON) archive .venv-archive

lock: setup ## resolve pyproject.toml and envs/*.in anew into the locks
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra workflow --extra test -o envs/requirements.lock pyproject.toml
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -o envs/bootstrap.lock envs/bootstrap.in
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header -c envs/requirements.lock -o envs/archive.lock envs/archive.in
