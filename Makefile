# On a fresh machine with Python 3.11: `make demo`, `make test`. Each builds .venv from the lock file first.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test fuzz lint docs docs-examples scores release bench lock clean

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "hpgaxis needs Python 3.11 or newer; set PYTHON=...")'
	$(PYTHON) -m venv .venv
	@echo "Installing hpgaxis and the $$(grep -c "==" requirements.lock) packages of requirements.lock into .venv: numpy, scipy,"
	@echo "numba, pandas, matplotlib, and those for tests and documentation. It takes a few minutes."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "Installed. The first simulation compiles the equations (about fifteen seconds, once)."
	touch $@

demo: .venv/.ready
	$(BIN)/python -m hpgaxis.cli.demo results

# Without the tests marked slow; with CI set (`CI=true make test`, as in .ci/run) all of them, on more generated inputs.
test: .venv/.ready
	$(BIN)/python -m pytest -n logical --dist loadgroup $(if $(CI),,-m "not slow")

# Fifty times as many generated inputs as CI uses, with a new seed each time.
fuzz: .venv/.ready
	HYPOTHESIS_PROFILE=random HPGAXIS_CASES=50000 $(BIN)/python -m pytest -n logical -m generated

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

docs-examples: .venv/.ready
	$(BIN)/python docs/run_examples.py README.md $(wildcard docs/*.md docs/how-to/*.md)

docs: .venv/.ready
	$(BIN)/python docs/build.py

.venv-bench/.ready: requirements.lock benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# The scores that the package ships, of this version, and the tables of the README and documentation that show them.
scores: .venv/.ready
	mkdir -p build
	$(BIN)/hpg validate --draws 16 --report build/validation.html --scores src/hpgaxis/validation/validation.json
	$(BIN)/python docs/results_pages.py

# A wheel, an sdist and the documentation (zip) in dist/; the wheel is tried in an empty environment and with pipx.
release: docs
	rm -rf dist build/release build/pipx
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -c "import hpgaxis, shutil; shutil.make_archive(f'dist/hpgaxis-{hpgaxis.__version__}-docs', 'zip', 'build', 'docs')"
	$(PYTHON) -m venv build/release
	build/release/bin/python -m pip install --quiet --disable-pip-version-check "$$(ls $(CURDIR)/dist/*.whl)[report]"
	cd build/release && bin/python $(CURDIR)/docs/run_examples.py --first $(CURDIR)/README.md
	cd build/release && bin/hpg -h && bin/hpg simulate "clomiphene 25 mg daily" --months 1 && bin/python -m hpgaxis --version
	$(PYTHON) -m venv build/pipx
	build/pipx/bin/python -m pip install --quiet --disable-pip-version-check pipx
	PIPX_HOME=$(CURDIR)/build/pipx/home PIPX_BIN_DIR=$(CURDIR)/build/pipx/programs build/pipx/bin/pipx install "$$(ls $(CURDIR)/dist/*.whl)[report]"
	build/pipx/programs/hpg -h
	build/pipx/programs/hpg simulate "clomiphene 25 mg daily" --months 1

bench: .venv-bench/.ready
	.venv-bench/bin/python -m benchmarks.run

lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet pip-tools
	.venv-lock/bin/pip-compile --quiet --strip-extras --all-extras --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-options --build-deps-for=editable -o requirements.lock pyproject.toml
	rm -rf .venv-lock

clean:
	rm -rf .venv .venv-bench results build docs/generated src/*.egg-info .pytest_cache .ruff_cache .hypothesis
