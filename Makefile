# Optimédia. `make help` says what there is. GNU make 3.81 and a POSIX shell are enough (macOS, Linux); README.md has
# the same steps without make.

PORT ?= 8501
ADDRESS ?= 127.0.0.1
VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
UV_VERSION := 0.13.9
UV := $(VENV)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help run test lint browser bench screenshots lock audit clean
.DELETE_ON_ERROR:

help: ## list these commands
	@grep -hE '^[a-z]+:.*## ' Makefile | sed 's/:.*## /	/' | expand -t 14

run: $(VENV)/.installed ## build what is out of date, then serve http://127.0.0.1:8501 (PORT=, ADDRESS=; WITHOUT_LOGIN=1: real data, this machine alone)
	@find "$${OPTIMEDIA_RAW:-data/raw}" -type f ! -name '.*' 2>/dev/null | grep -q . || $(PYTHON_IN_VENV) -m pipelines demo
	@$(PYTHON_IN_VENV) -m pipelines build --if-needed
	@$(if $(WITHOUT_LOGIN),OPTIMEDIA_WITHOUT_LOGIN=$(WITHOUT_LOGIN)) exec $(PYTHON_IN_VENV) -m streamlit run app.py \
		--server.address $(ADDRESS) --server.port $(PORT) --server.headless true --browser.gatherUsageStats false

test: lint browser ## everything that CI runs: ruff, pyright, pytest with the browser tests
	$(PYTHON_IN_VENV) -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed-dev
	$(PYTHON_IN_VENV) -m ruff check .
	$(PYTHON_IN_VENV) -m ruff format --check .
	$(PYTHON_IN_VENV) -m pyright

browser: $(VENV)/.installed-dev
	$(PYTHON_IN_VENV) -m tests.browser.chromium

bench: browser ## measure speed and memory against stated floors (ARGS=--quick for a smaller run)
	$(PYTHON_IN_VENV) -m bench $(ARGS)

screenshots: browser ## shoot every page, wide and narrow, into docs/screenshots
	$(PYTHON_IN_VENV) -m tests.browser.screenshots

lock: $(VENV)/.installed ## recompile the requirements from their .in lists (UPGRADE=--upgrade for newer versions)
	$(PYTHON_IN_VENV) -m pip install --quiet --upgrade --target $(VENV)/lock uv==$(UV_VERSION)
	$(UV) requirements.in -o requirements.txt
	$(UV) -c requirements.txt requirements-dev.in -o requirements-dev.txt

# Strict: a requirement that the service of advisories does not know is a failure, and not a pass.
audit: $(VENV)/.installed-dev ## look the locked requirements up in PyPI's security advisories (ARGS="-s osv" for OSV's)
	$(PYTHON_IN_VENV) -m pip_audit --strict --disable-pip --require-hashes -r requirements.txt $(ARGS)

clean: ## remove the virtual environment, the caches and the warehouse; exports in data/raw stay
	rm -rf $(VENV) static/leaflet-* .pytest_cache .ruff_cache .hypothesis tests/browser/artifacts
	rm -f data/*.duckdb data/*.duckdb.* data/*.lock
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python that answers and is recent enough: a name on the path may be a stub that starts nothing.
$(PYTHON_IN_VENV):
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
		if ! "$$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
			version=$$("$$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
			echo "Le module venv de Python $$version manque. Debian, Ubuntu : apt-get install python$$version-venv" >&2; \
			echo "Python $$version has no venv module: install python$$version-venv." >&2; \
			exit 1; \
		fi; \
		echo "Environnement virtuel : $$python"; \
		exec "$$python" -m venv --clear $(VENV); \
	done; \
	echo "Python 3.11 ou plus récent est introuvable : l'installer, ou donner son chemin (make PYTHON=/chemin/python3)." >&2; \
	echo "Python 3.11 or newer was not found: install it, or give its path (make PYTHON=/path/to/python3)." >&2; \
	exit 1

$(VENV)/.installed: requirements.txt | $(PYTHON_IN_VENV)
	@echo "Installation des dépendances verrouillées (requirements.txt) : une à deux minutes…"
	@$(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(PYTHON_IN_VENV)
	@echo "Installation des dépendances verrouillées (requirements-dev.txt) : une à deux minutes…"
	@$(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(VENV)/.installed $@
