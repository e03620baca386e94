# Every task of the course. `make` alone lists them. Works with GNU make 3.81 and newer and any POSIX shell.

# PYTHON=/path/to/python chooses the Python that makes the environment; ONLY=02,05 chooses lessons; ARGS goes to JupyterLab or the interview.
PYTHON =
ONLY =
ARGS =
QUESTION = recommender
JOBS = 2
# SOLUTIONS=no leaves the solutions of exercises off the site, NOTES=yes shows the speaker's notes.
SOLUTIONS = yes
NOTES = no

VENV   = .venv
BIN    = $(VENV)/bin
READY  = $(VENV)/.ready
SITE   = $(VENV)/.ready-site
DEV    = $(VENV)/.ready-dev
MLPIPE = $(BIN)/python -I $(BIN)/mlpipe
# One more at a time than lessons: a test often waits, for a kernel to start or for a process to end.
PYTEST = $(BIN)/python -m pytest -q -n $$(($(JOBS) + 1)) --dist loadgroup --no-loadscope-reorder

# One thread: results are equal for any number of cores, and `implicit` asks for it.
export OPENBLAS_NUM_THREADS = 1
export OMP_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
# Modules and a standard library of another Python.
unexport PYTHONPATH PYTHONHOME

.PHONY: help setup run site slides lab test check kernels seeds lint interview progress instructor author exercise refresh bench spark lock clean

help:  ## list the tasks
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo "First call: sets up $(VENV) (one to two minutes, less with uv on the PATH; needs the network once)."

setup: $(READY)  ## make the environment (the other tasks do it by themselves)

$(READY): requirements.lock pyproject.toml
	@sh .ci/setup "$(VENV)" "$(PYTHON)" $@ requirements.lock

$(SITE): requirements-site.lock $(READY)
	@sh .ci/setup "$(VENV)" "$(PYTHON)" $@ requirements.lock requirements-site.lock

$(DEV): requirements-dev.lock $(SITE)
	@sh .ci/setup "$(VENV)" "$(PYTHON)" $@ requirements.lock requirements-site.lock requirements-dev.lock

run: $(SITE)  ## execute the course: the site in build/html, a report at the end (ONLY=02,05)
	@$(MLPIPE) run --jobs $(JOBS) --only "$(ONLY)"

site: $(SITE)  ## the site in build/html from what was executed or stored (SOLUTIONS=no NOTES=yes)
	@$(MLPIPE) site --solutions "$(SOLUTIONS)" --notes "$(NOTES)" --jobs $(JOBS)

slides: $(SITE)  ## a deck a lesson in build/slides, with a speaker's view (ONLY=05)
	@$(MLPIPE) slides --only "$(ONLY)"

lab: $(READY)  ## open your own copy of the course in JupyterLab (ARGS=--no-browser)
	@$(MLPIPE) lab $(ARGS)

test: lint  ## everything that CI runs: code, and every lesson executed three times
	@$(PYTEST)

check: lint  ## the part of the tests that takes about a minute
	@$(PYTEST) -m "not slow"

kernels: $(DEV)  ## the lessons as other CPUs compute them, against the stored outputs: a table (ONLY=05)
	@$(BIN)/python tests/kernels.py --jobs $(JOBS) --only "$(ONLY)" $(ARGS)

seeds: $(READY)  ## the claims of lessons under ten seeds, against their bounds: a table (ONLY=05)
	@$(BIN)/python benchmarks/seeds.py --jobs $(JOBS) --only "$(ONLY)" $(ARGS)

lint: $(DEV)
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check --quiet .ci src lessons tests benchmarks || \
	  { echo "run: $(BIN)/python -m ruff format .ci src lessons tests benchmarks"; exit 1; }
	@$(BIN)/python .ci/docstrings.py
	@$(BIN)/python -m mypy --no-error-summary

interview: $(READY)  ## sit a mock interview in the terminal (QUESTION=ctr ARGS=--drill)
	@$(MLPIPE) interview $(QUESTION) $(ARGS)

progress: $(READY)  ## what you have read, solved and guessed so far (ARGS=--forget)
	@$(MLPIPE) progress $(ARGS)

instructor: $(SITE)  ## lessons with solved exercises and speaker's notes, in build/instructor (ONLY=02)
	@$(MLPIPE) instructor --jobs $(JOBS) --only "$(ONLY)"

author: $(READY)  ## edit the lessons' texts in JupyterLab, as notebooks
	@$(MLPIPE) author $(ARGS)

exercise: $(READY)  ## prove an exercise, with a table of its mistakes (ONLY=05.user_step)
	@$(MLPIPE) exercise --only "$(ONLY)"

refresh: $(READY)  ## make the stored notebooks, the README's tables and docs/results.md anew from the texts (ONLY=02)
	@$(MLPIPE) refresh --only "$(ONLY)"

bench: $(READY)  ## speed and quality against other libraries
	@$(BIN)/python -I .ci/install.py $(VENV) --no-deps --group bench || \
	  echo "The peers of group bench could not be installed: the benchmarks go on without them."
	@for script in benchmarks/bench_*.py; do \
	  [ -e "$$script" ] || { echo "there are no benchmarks yet"; continue; }; \
	  echo "== $$script"; $(BIN)/python "$$script" || exit 1; \
	done

spark: $(READY)  ## install Spark and a Java (470 MB, about a minute), and run lesson 17 on a cluster
	@echo "Installing Spark and a Java into $(VENV): 470 MB to download, about a minute, 600 MB on the disk ..."
	@$(BIN)/python -I .ci/install.py $(VENV) --group spark
	@MLPIPE_SPARK=1 $(MLPIPE) run --only 17

# The locks of the site and of the tests are what their resolution adds to the reader's. uv does not read pip's configuration, so an index that pip was
# given is handed on.
LOCK = build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --extra scale pyproject.toml
# What the second lock has and the first one has not.
ADDED = awk '/^[^ ]/ { known = FNR != NR && $$0 in seen; seen[$$0] } FNR != NR && !known'

lock: $(READY)  ## resolve the versions anew: rewrites the three locks
	@$(BIN)/python -m venv build/lock && $(BIN)/python -I .ci/install.py build/lock uv
	@index=$${UV_DEFAULT_INDEX:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}; \
	[ -z "$$index" ] || export UV_DEFAULT_INDEX="$$index"; \
	$(LOCK) --upgrade --group install -o requirements.lock && \
	$(LOCK) --upgrade --group install --extra site --constraint requirements.lock -o build/lock/site && \
	$(LOCK) --upgrade --group install --extra site --group dev --constraint build/lock/site -o build/lock/all
	@$(ADDED) requirements.lock build/lock/site >requirements-site.lock
	@$(ADDED) build/lock/site build/lock/all >requirements-dev.lock
	@{ head -n 1 .ci/versions.txt; awk '/^[^ ]/ { sub(/ \\$$/, ""); print }' requirements.lock; } >build/lock/versions
	@mv build/lock/versions .ci/versions.txt
	@rm -rf build/lock; echo "The locks are new; make test tells whether the course still stands"

clean:  ## remove build/ and caches; my_course/ and .venv/ stay
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -path ./my_course -prune -o -name __pycache__ -prune -exec rm -rf {} +
	@echo "Kept: my_course/ (yours) and $(VENV)/ (rm -rf $(VENV) removes it; the next task makes it anew)."
