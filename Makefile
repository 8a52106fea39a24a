# The same commands by hand and in CI. `make run` and `make test` need python3 (3.11 or newer) and nothing else.
PYTHON ?= python3
PORT ?= 8080
CASES ?= 60000
BIN := .venv/bin

.PHONY: run test check bench lock clean help

help: ## list the commands
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 10

run: .venv/ready .venv/kernel ## simulate a retailer, train, serve on 127.0.0.1:$(PORT), print what to try
	@$(BIN)/fairlead up --port $(PORT) --cases $(CASES)

test: .venv/ready-to-test .venv/kernel ## set up and run every test
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -q

check: .venv/ready-to-test ## format, lint, types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy .

bench: .venv/ready .venv/kernel ## measure rules and model on simulated later days (BENCH_ARGS="--cases 20000" is quicker, --help says what else)
	@$(BIN)/python -m benchmarks.simulated $(BENCH_ARGS)

lock: ## resolve the two lock files again (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --group build --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header -q -o requirements-serving.lock

.venv/ready: requirements.lock pyproject.toml scripts/bootstrap.py
	@$(PYTHON) scripts/bootstrap.py

.venv/ready-to-test: .venv/ready
	@$(PYTHON) scripts/bootstrap.py tests

# Set-up compiles it; this is for a checkout whose source has changed since.
.venv/kernel: .venv/ready models/treeshap.c models/kernel.py models/kernel_build.py
	@$(PYTHON) scripts/bootstrap.py kernel

clean: ## forget everything that was built, trained and recorded
	rm -rf .venv var build dist
