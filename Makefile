PYTHON ?= python3
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help install run test docs docs-serve bench bench-publish pictures lint format test-raft test-compose clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/complete: poetry.lock pyproject.toml shared_kernel/pyproject.toml authorization_service/pyproject.toml key_value_service/pyproject.toml key_value_client/pyproject.toml examples/accounts/pyproject.toml examples/coffee/pyproject.toml examples/microblog/pyproject.toml tarantool_backup/pyproject.toml
	@echo "installing the Python environment"
	@development/tools/install.sh

postman_tests/node_modules/.package-lock.json: postman_tests/package-lock.json
	@development/tools/need.sh npm npm
	@npm ci --prefix postman_tests --no-audit --no-fund --loglevel=error

key_value_client/tests/type_checks/node_modules/.package-lock.json: key_value_client/tests/type_checks/package-lock.json
	@development/tools/need.sh npm npm
	@npm ci --prefix key_value_client/tests/type_checks --no-audit --no-fund --loglevel=error

deployment/kubernetes/tests/node_modules/.package-lock.json: deployment/kubernetes/tests/package-lock.json
	@development/tools/need.sh npm npm
	@npm ci --prefix deployment/kubernetes/tests --no-audit --no-fund --loglevel=error

authorization_service/tests/clients_of_others/node_modules/.package-lock.json: authorization_service/tests/clients_of_others/package-lock.json
	@development/tools/need.sh npm npm
	@npm ci --prefix authorization_service/tests/clients_of_others --no-audit --no-fund --loglevel=error

console/node_modules/.package-lock.json: console/package-lock.json
	@development/tools/need.sh npm npm
	@echo "installing what the console is built with"
	@npm ci --prefix console --no-audit --no-fund --loglevel=error

console/dist/index.html: console/node_modules/.package-lock.json console/index.html console/vite.config.ts $(shell find console/src console/public -type f)
	@echo "building the console"
	@npm run --prefix console --silent build

.PHONY: tarantool
tarantool:
	@development/tools/need.sh tarantool tarantool

.PHONY: programs-of-tests
programs-of-tests:
	@development/tools/need.sh chromium chromium
	@development/tools/need.sh curl curl
	@development/tools/need.sh /usr/sbin/nginx nginx
	@development/tools/need.sh /usr/sbin/haproxy haproxy
	@development/tools/need.sh /usr/sbin/apache2 apache2-bin
	@test -e /usr/lib/apache2/modules/mod_auth_openidc.so || development/tools/need.sh mod_auth_openidc libapache2-mod-auth-openidc
	@development/tools/need.sh /usr/bin/caddy caddy
	@development/tools/need.sh faketime faketime
	@development/tools/need.sh /usr/lib/rabbitmq/bin/rabbitmq-server rabbitmq-server
	@development/tools/need.sh redis-server redis-server
	@development/tools/need.sh rsync rsync
	@development/tools/need.sh systemd-analyze systemd
	@development/tools/need.sh /usr/bin/prometheus prometheus
	@development/tools/need.sh etcd etcd-server
	@development/tools/need.sh etcdctl etcd-client
	@development/tools/need.sh redis-server redis-server
	@development/tools/need.sh webdis webdis
	@development/tools/need.sh jq jq

install: .venv/complete tarantool console/dist/index.html ## Install what is missing: Python environment, Tarantool, the console

run: install ## Run both services and their Tarantools; Ctrl-C stops them
	@.venv/bin/python development/tools/run.py

test: install programs-of-tests .venv/docs postman_tests/node_modules/.package-lock.json key_value_client/tests/type_checks/node_modules/.package-lock.json authorization_service/tests/clients_of_others/node_modules/.package-lock.json deployment/kubernetes/tests/node_modules/.package-lock.json ## Run all tests but test-compose; a skipped one fails
	@.venv/bin/pytest -n auto --dist loadfile --no-loadscope-reorder

.venv/docs: .venv/complete
	@echo "installing what the documentation site is built with"
	@development/tools/install.sh docs

docs: .venv/docs ## Build the documentation site into site/, with strict links
	@.venv/bin/mkdocs build --quiet --strict --clean

docs-serve: .venv/docs ## Serve the documentation site at http://127.0.0.1:8000, and build it again when a page changes
	@.venv/bin/mkdocs serve --strict

pictures: install programs-of-tests ## Take the pictures of the console in the documentation anew, from its tests
	@.venv/bin/pytest -q console/tests/test_in_browser.py
	@.venv/bin/python development/tools/console_pictures.py var/console_pictures documentation/pictures

.venv/bench: .venv/complete
	@echo "installing matplotlib and redis-py"
	@development/tools/install.sh bench

bench: install .venv/bench ## Measure side by side with etcd, in 20 minutes (QUICK=1: in 4); needs an idle machine
	@development/tools/need.sh wrk wrk
	@development/tools/need.sh etcd etcd-server
	@development/tools/need.sh etcdctl etcd-client
	@development/tools/need.sh redis-server redis-server
	@development/tools/need.sh webdis webdis
	@development/tools/need.sh h2load nghttp2-client
	@PYTHONPATH=.:development .venv/bin/python -m benchmarks $(if $(QUICK),--quick)

bench-publish: .venv/bench ## Copy the table and plots of the last make bench into the READMEs
	@PYTHONPATH=.:development .venv/bin/python -m benchmarks.publish

lint: .venv/complete console/node_modules/.package-lock.json ## Check format, rules, types, layers, Lua and the console
	@development/tools/need.sh luacheck lua-check
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo
	luacheck --quiet tarantool_infra benchmarks development
	npm run --prefix console --silent check

format: .venv/complete console/node_modules/.package-lock.json ## Format the code
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
	npm run --prefix console --silent format

test-raft: .venv/complete tarantool ## Test replica sets with TARANTOOL=/path/to/tarantool-3, as root (KILLS=100: lose so many leaders under load)
	@development/tools/need.sh ip iproute2
	@development/tools/need.sh iptables iptables
	@.venv/bin/pytest development/raft_tests --tarantool "$(TARANTOOL)" $(if $(KILLS),--kills $(KILLS))
	@PYTHONPATH=development $(PYTHON) -m compose_tests "$(TARANTOOL)"

test-compose: postman_tests/node_modules/.package-lock.json ## Build the containers and test them with docker compose (needs root where no Docker runs)
	@PYTHONPATH=development $(PYTHON) -m compose_tests

clean: ## Remove what was installed here; data, keys and passwords in var/ stay
	rm -rf .venv .poetry site console/dist console/node_modules postman_tests/node_modules key_value_client/tests/type_checks/node_modules authorization_service/tests/clients_of_others/node_modules deployment/kubernetes/tests/node_modules
