"""README's two commands on a fresh Debian, from `git clone` on, as root and as somebody who may use sudo."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.debian.conftest import machine
from tests.debian.machine import Machine
from tests.debian.root import KEPT, NEWCOMER
from tests.debian.told import tell

ONLY = os.environ.get("TESTS", "")
"""Which tests of the machine's own `make test` are run; empty for all."""
TEST_S = 5400.0
"""`make test` takes ten minutes on a computer of its own."""

RUN = """
cd kiosk
setsid make run > >(tee run.log) 2>&1 &
made=$!
trap 'kill -INT -- -$made; wait $made' EXIT
until grep -q 'Ctrl-C stops everything' run.log; do
    kill -0 $made
    sleep 0.2
done
socket=$(find build/run -name control.sock)
.venv/bin/kiosk status --socket "$socket"
.venv/bin/kiosk vend NAL-4 --yes --socket "$socket"
trap - EXIT
kill -INT -- -$made
wait $made
"""


@pytest.fixture(scope="module", params=["root", NEWCOMER])
def user(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def cloned(suite: str, user: str) -> Iterator[Machine]:
    with machine(suite) as running:
        tell(f"{user}: git clone")
        running.run("git clone --quiet /srv/kiosk.bundle kiosk", user=user)
        yield running


def test_make_run_comes_up_without_a_compiler(cloned: Machine, suite: str, user: str, evidence: Any) -> None:
    kept = KEPT / f"make-run-{suite}-{user}.log"
    tell(f"{user}: make run\n")
    said = cloned.run(f"set -euo pipefail\n{RUN}", user=user, timeout_s=900, kept=kept)
    assert "one-time staff code" in said
    assert re.search(r"^pins +simulator$", said, re.MULTILINE)
    assert "Done. Take it from the tray." in said
    assert "compiler" not in cloned.run("command -v cc gcc clang swig && echo A compiler came along; true")
    evidence.count("fresh_debians_run")


def test_make_test_passes(cloned: Machine, suite: str, user: str, evidence: Any) -> None:
    kept = KEPT / f"make-test-{suite}-{user}.log"
    tell(f"{user}: make test\n")
    said = cloned.run(f"cd kiosk\nmake test TESTS='{ONLY}'", user=user, timeout_s=TEST_S, kept=kept)
    assert " passed" in said
    assert " skipped" not in said
    evidence.count("fresh_debians_tested")
