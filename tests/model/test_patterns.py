"""What a pattern admits: never a line break at the end, which could begin a line or a topic of its own elsewhere."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from kiosk.config.settings import Hours, Sku
from kiosk.hardware.drivers.controller.qibixx_mdb import Price
from kiosk.model import RequestId
from kiosk.telemetry.messages import Hour


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (RequestId, "request-123"),
        (Sku, "NAL-4"),
        (Hours, "08:00-20:00"),
        (Hour, "2026-05-01T13:00Z"),
        (Price, "0.17"),
    ],
)
def test_a_line_break_at_the_end_is_refused(kind: Any, good: str) -> None:
    assert msgspec.convert(good, kind) == good
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good + "\n", kind)
