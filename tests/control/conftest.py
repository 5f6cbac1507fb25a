"""One real daemon for the tests of its control API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kiosk_process import KioskProcess


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KioskProcess]:
    process = KioskProcess(tmp_path_factory.mktemp("kiosk"), speed=20.0, capacity=40)
    process.start()
    process.fill()
    yield process
    assert process.stop() == 0, process.log.read_text()
