#!/usr/bin/env bash
# Write requirements.lock anew: the newest versions that pyproject.toml allows, resolved in an empty environment.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/python.sh

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$(find_python)" -m venv "$fresh"
"$fresh/bin/pip" install --quiet --disable-pip-version-check --editable '.[demo,test]'
{
    echo "# Exact versions for set-up, written by \`make lock\` from pyproject.toml. Do not edit."
    "$fresh/bin/pip" freeze --exclude-editable --disable-pip-version-check
} >requirements.lock
echo "requirements.lock now names $(grep -c '==' requirements.lock) packages."
