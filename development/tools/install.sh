#!/bin/sh
# install.sh [GROUP]: installs the packages of poetry.lock, both services and the tools into .venv, and those of the optional GROUP.
# Poetry itself is in .poetry.
set -eu

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; $("$python" --version) is there. Name another one: make PYTHON=python3.13 …" >&2
    exit 1
}
"$python" -c 'import ensurepip' 2>/dev/null || "$(dirname "$0")/need.sh" python3-venv-is-absent python3-venv

if [ ! -x .poetry/bin/poetry ]; then
    "$python" -m venv .poetry
    .poetry/bin/pip install --quiet --disable-pip-version-check poetry==2.5.1 poetry-plugin-export==1.10.1
fi

requirements=$(mktemp)
trap 'rm -f "$requirements"' EXIT
.poetry/bin/poetry check --lock --quiet
# pip installs what Poetry locked, with its hashes: it works with every mirror of the package index, Poetry's installer does not.
.poetry/bin/poetry export --quiet --with "dev${1:+,$1}" --output "$requirements"
sed -i '/^-e /d' "$requirements" # the project's own packages come below

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps \
    -e shared_kernel -e authorization_service -e key_value_service -e key_value_client -e examples/accounts -e examples/coffee -e examples/microblog -e tarantool_backup
touch ".venv/${1:-complete}"
