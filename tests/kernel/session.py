"""Run tests in the guest, and tell on the host how each of them ended."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tools.guest.boot import boot
from tools.guest.build import build
from tools.guest.errors import GuestError

RESULTS = "KIOSK_KERNEL_RESULTS"
"""In the guest: the file that takes one JSON line for each test."""
ROOT = Path(__file__).parent.parent.parent
SILENT_S = 300.0
"""The guest prints a dot for each test. The longest takes seconds; on a very busy machine ten times as long."""

# lgpio makes a FIFO in the working directory, so that is a place which may be written to. Python is slow here, so
# nothing is loaded that these tests do not use: no plug-ins, and not what all other tests share.
SCRIPT = """
cd /run/tmp
export {results}=/run/share/results.jsonl PYTHONDONTWRITEBYTECODE=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
export PYTHONPATH={root}
exec {python} -m pytest --rootdir={root} --config-file={root}/pyproject.toml --confcutdir={root}/tests/kernel \
    -p no:cacheprovider -m "long or not long" --quiet --tb=short --color=no --durations=20 --durations-min=0.5 \
    -o faulthandler_timeout=60 @/run/share/chosen
"""


class Results:
    """How each test ended in the guest."""

    def __init__(self, ended: dict[str, str], trouble: str) -> None:
        """`ended` has a failure text, empty if it passed, for each test; `trouble` is told for those not in it."""
        self._ended = ended
        self._trouble = trouble

    def tell(self, nodeid: str) -> None:
        """Pass or fail as the test did."""
        text = self._ended.get(nodeid, self._trouble)
        if text:
            pytest.fail(text, pytrace=False)


def run(chosen: list[str], share: Path, evidence: Any) -> Results:
    """Boot the guest, run the tests `chosen` by node id there, and add what they counted to `evidence`."""
    (share / "chosen").write_text("".join(f"{ROOT}/{nodeid}\n" for nodeid in chosen))
    script = SCRIPT.format(root=shlex.quote(str(ROOT)), python=shlex.quote(sys.executable), results=RESULTS)
    trouble = "The guest did not run this test."
    try:
        boot(build(), share, script, SILENT_S)
        trouble += f" Its console said:\n{(share / 'console.txt').read_text(errors='replace')}"
    except GuestError as error:
        trouble = str(error)
    return Results(read_results(share / "results.jsonl", evidence), trouble)


def write_result(report: pytest.TestReport) -> None:
    """In the guest: write down how a test's set-up, its body or its clean-up ended."""
    if report.when == "call" or not report.passed:
        text = "" if report.passed else f"In the guest, {report.when}: {report.longreprtext}"
        _write("test", report.nodeid, text)


class Evidence:
    """In the guest: like `tests.conftest.Evidence`, and added to it on the host."""

    def count(self, name: str, number: int = 1) -> None:
        """Add `number` to `name`."""
        _write("count", name, number)


def _write(*line: Any) -> None:
    with Path(os.environ[RESULTS]).open("a") as results:
        results.write(json.dumps(line) + "\n")


def read_results(results: Path, evidence: Any) -> dict[str, str]:
    """Return the text of each test, with what failed in its clean-up, and count what was counted."""
    ended: dict[str, str] = {}
    evidence.count("kernel_gpio_tests", 0)
    for line in results.read_text().splitlines() if results.exists() else ():
        kind, name, value = json.loads(line)
        if kind == "count":
            evidence.count(name, value)
        else:
            evidence.count("kernel_gpio_tests", int(name not in ended))
            ended[name] = "\n".join(part for part in (ended.get(name), value) if part)
    return ended
