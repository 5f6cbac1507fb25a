#!/usr/bin/env bash
# Write the lock files anew: the newest versions that pyproject.toml allows, for every Python and processor that the
# kiosk runs on, with the hash of every file. A package without a ready-made file is refused: no machine compiles.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/python.sh

tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
"$(find_python)" -m venv "$tool"
"$tool/bin/pip" install --quiet --disable-pip-version-check uv

lock() { # FILE OPTION...: resolve once for all Pythons
    {
        echo "# Exact versions and hashes, written by \`make lock\` from pyproject.toml. Do not edit."
        "$tool/bin/uv" pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --only-binary :all: \
            --generate-hashes --no-header --no-annotate "${@:2}" pyproject.toml
    } >"$tool/lock"
    cp "$tool/lock" "$1"
    echo "$1 now names $(grep -c '==' "$1") packages."
}

lock requirements-test.lock --extra demo --extra test
# What runs is what was tested.
lock requirements-run.lock --extra demo --constraint requirements-test.lock
lock requirements.lock --constraint requirements-test.lock
