"""What every test may use."""

from __future__ import annotations

import json
import threading
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes says nothing on a shared machine.
settings.register_profile("kiosk", deadline=None)
settings.load_profile("kiosk")

LONG_FIRST = ("tests/privacy", "tests/stall", "tests/kernel", "tests/crash", "tests/model", "tests/daemon")
"""Where single files take a minute: they begin first, so that no process works on alone when the others are done."""

EVIDENCE = Path(__file__).parent.parent / "build" / "evidence.json"


class Evidence:
    """Counts what was tried while it is tried, so that a green run also says how much it proved."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, name: str, number: int = 1) -> None:
        """Add `number` to `name`. Count 0 to show that something was looked for and never happened."""
        with self._lock:
            self._counts[name] += number

    def take(self) -> dict[str, int]:
        """Return all that was counted."""
        return dict(self._counts)

    def write(self, path: Path) -> None:
        """Write what this run tried, and nothing of earlier runs."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dict(sorted(self._counts.items())), indent=2) + "\n")


KEY = pytest.StashKey[Evidence]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[KEY] = Evidence()
    EVIDENCE.unlink(missing_ok=True)


def pytest_sessionfinish(session: pytest.Session) -> None:
    counted = session.config.stash[KEY]
    if (worker := getattr(session.config, "workeroutput", None)) is not None:
        worker["evidence"] = counted.take()
    else:
        counted.write(EVIDENCE)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long, and leave out what cannot be: see `LONG_FIRST`, and lgpio where it has no wheel."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_FIRST))
    if find_spec("lgpio") is None:
        left_out = [item for item in items if item.get_closest_marker("lgpio")]
        items[:] = [item for item in items if not item.get_closest_marker("lgpio")]
        config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what a worker counted, when tests run in several processes."""
    for name, number in getattr(node, "workeroutput", {}).get("evidence", {}).items():
        node.config.stash[KEY].count(name, number)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file in one process, and those that share the guest: they share what was set up for them."""
    from xdist.scheduler import LoadScopeScheduling

    config.option.loadscopereorder = False  # else files with many tests come first, whatever they take

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "kernel" if nodeid.startswith("tests/kernel/") else nodeid.partition("::")[0]

    return ByFile(config, log)


@pytest.fixture(scope="session")
def evidence(pytestconfig: pytest.Config) -> Evidence:
    """The run's counts: `evidence.count("sigkills")`; written to build/evidence.json at the end."""
    return pytestconfig.stash[KEY]
