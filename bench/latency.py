"""From a press, or a call, to a motor that is energised: the durable intent included."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from bench.result import Result, against, percentile
from bench.rig import Rig, rig
from kiosk.model import VendRequest, new_request_id

SAMPLES = 400

WARM_UP = 150
"""Vends before the first sample: a kiosk's write-ahead log has its size after that, once for its whole life."""

BLOCK = b"\x5a" * 4096


class Floor:
    """A bare pwrite and fdatasync of 4 KiB: what any durable promise costs on this disk."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / "floor", os.O_RDWR | os.O_CREAT)
        os.pwrite(self._file, BLOCK * 64, 0)
        os.fsync(self._file)
        self.samples: list[float] = []

    def sample(self) -> None:
        began = time.perf_counter()
        os.pwrite(self._file, BLOCK, 4096 * (len(self.samples) % 64))
        os.fdatasync(self._file)
        self.samples.append((time.perf_counter() - began) * 1000)

    def close(self) -> None:
        os.close(self._file)


def measure() -> dict[str, Result]:
    """Measure presses and API calls in turn with the floor, so that all three see the same disk."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name:
        folder = Path(name)
        floor = Floor(folder)
        with rig(folder) as kiosk:
            for _ in range(WARM_UP):
                press(kiosk)
            pressed, api = [], []
            for _ in range(SAMPLES):
                floor.sample()
                pressed.append(press(kiosk))
                floor.sample()
                api.append(_call(kiosk))
        floor.close()
    bare = statistics.median(floor.samples)
    return {
        "press_to_motor_p50_ms": against(statistics.median(pressed), "ms", bare),
        "press_to_motor_p99_ms": against(percentile(pressed, 99), "ms", percentile(floor.samples, 99)),
        "api_to_motor_p50_ms": against(statistics.median(api), "ms", bare),
    }


def press(kiosk: Rig) -> float:
    """Press naloxone; return how many milliseconds later a motor was energised, once the vend is over."""
    began = time.perf_counter()
    kiosk.world.press("naloxone")
    return _motor_ms(kiosk, began)


def _call(kiosk: Rig) -> float:
    began = time.perf_counter()
    kiosk.client.vend(VendRequest(id=new_request_id(), sku="NAL"))
    return _motor_ms(kiosk, began)


def _motor_ms(kiosk: Rig, began: float) -> float:
    """Return how long after `began` the first motor was energised, and let the vend end."""
    kiosk.wait_idle()
    first = next(at for at in kiosk.energised if at >= began)
    kiosk.energised.clear()
    return (first - began) * 1000
