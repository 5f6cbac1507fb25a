"""The hourly lines of the log tell of no vend that is under way when the hour begins."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from kiosk.model import Fault, FaultKind, VendRequest, new_request_id
from tests.daemon.kiosk_here import Kiosk, eventually


def test_an_item_that_drops_is_in_no_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Staff who look see it, unresolved; the log is told what stood when last nobody was there."""
    caplog.set_level(logging.WARNING)
    kiosk = Kiosk(tmp_path, speed=0.5)
    try:
        kiosk.daemon.faults.append(Fault(where="somewhere", kind=FaultKind.PART, text="Something that lasts."))
        kiosk.daemon._look_for_faults()
        request = VendRequest(id=new_request_id(), sku="NAL")
        kiosk.client.vend(request)
        assert eventually(lambda: "unresolved" in kiosk.faults())
        kiosk.daemon._look_for_faults()
        assert kiosk.daemon._tell_faults(0) > 0
        assert kiosk.daemon.service.busy
        kiosk.client.wait_vend(request.id, 30)
    finally:
        kiosk.daemon.stop()
    assert "where=somewhere text=Something that lasts." in caplog.text
    assert "unresolved" not in caplog.text
