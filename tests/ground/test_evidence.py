"""The run's evidence is counted and written as it is."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Evidence


def test_counts_add_up_and_a_zero_is_written(tmp_path: Path) -> None:
    counted = Evidence()
    counted.count("sigkills")
    counted.count("sigkills", 2)
    counted.count("sigkill_violations", 0)
    counted.write(tmp_path / "build" / "evidence.json")
    written = json.loads((tmp_path / "build" / "evidence.json").read_text())
    assert written == {"sigkill_violations": 0, "sigkills": 3}
