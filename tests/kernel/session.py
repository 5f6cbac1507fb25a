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
TIMEOUT_S = 400.0
"""All of it takes a minute; a machine that is busy with other things may take several times as long."""

# lgpio makes a FIFO in the working directory, so that is a place which may be written to. So must `build` be.
SCRIPT = """
mount -t tmpfs build {root}/build || exit
cd /run/tmp
export {results}=/run/share/results.jsonl PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
{python} -m pytest --rootdir={root} --config-file={root}/pyproject.toml -p no:cacheprovider -m "long or not long" \
    --quiet --tb=short --durations=15 --durations-min=1 -o faulthandler_timeout=60 @/run/share/chosen
cp {root}/build/evidence.json /run/share/
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
        boot(build(), share, script, TIMEOUT_S)
        trouble += f" Its console said:\n{(share / 'console.txt').read_text(errors='replace')}"
    except GuestError as error:
        trouble = str(error)
    ended = _read_results(share / "results.jsonl")
    evidence.count("kernel_gpio_tests", len(ended))
    counted = share / "evidence.json"
    for name, number in json.loads(counted.read_text()).items() if counted.exists() else ():
        evidence.count(name, number)
    return Results(ended, trouble)


def write_result(report: pytest.TestReport) -> None:
    """In the guest: write down how a test's set-up, its body or its clean-up ended."""
    if report.when == "call" or not report.passed:
        text = "" if report.passed else f"In the guest, {report.when}: {report.longreprtext}"
        with Path(os.environ[RESULTS]).open("a") as results:
            results.write(json.dumps([report.nodeid, text]) + "\n")


def _read_results(results: Path) -> dict[str, str]:
    """Return the text of each test; what failed in its clean-up counts as well."""
    ended: dict[str, str] = {}
    for line in results.read_text().splitlines() if results.exists() else ():
        nodeid, text = json.loads(line)
        ended[nodeid] = "\n".join(part for part in (ended.get(nodeid), text) if part)
    return ended
