"""From a press, or a call, to a motor that is energised: the durable intent included."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

from bench.bare import BareIntent, BareSync, Statement, record, stop_recording
from bench.result import Result, against, percentile
from bench.rig import Rig, rig
from kiosk.model import VendRequest, new_request_id

SAMPLES = 400

WARM_UP = 150
"""Vends before the first sample: a kiosk's write-ahead log has its size after that, once for its whole life."""

UP_S = 0.001
"""So long the button is up between two presses; its bounces take less, at the speed of this machine."""

FREE_PIN = 27
"""Nothing is wired to it."""


def measure() -> dict[str, Result]:
    """Measure presses and API calls in turn with their floors, so that all see the same disk."""
    with tempfile.TemporaryDirectory(dir=Path.cwd() / "build") as name, rig(Path(name)) as kiosk:
        for _ in range(WARM_UP):
            press(kiosk)
        bare = BareIntent(Path(name), [slot.id for slot in kiosk.config.slots], _intent(kiosk), kiosk.board, FREE_PIN)
        sync = BareSync(Path(name))
        for _ in range(WARM_UP):
            bare.sample()
        bare.samples_ms.clear()
        pressed, api = [], []
        for _ in range(SAMPLES):
            bare.sample()
            pressed.append(press(kiosk))
            sync.sample()
            api.append(_call(kiosk))
        bare.close()
        sync.close()
    return {
        "press_to_motor_p50_ms": against(statistics.median(pressed), "ms", statistics.median(bare.samples_ms)),
        "press_to_motor_p99_ms": against(percentile(pressed, 99), "ms", percentile(bare.samples_ms, 99)),
        "api_to_motor_p50_ms": against(statistics.median(api), "ms", statistics.median(sync.samples_ms)),
    }


def _intent(kiosk: Rig) -> list[Statement]:
    """Return the SQL of one intent, as the kiosk makes it."""
    file = kiosk.daemon.service._ledger._file
    recorder = record(file)
    press(kiosk)
    stop_recording(file, recorder)
    first = next(at for at, (sql, _) in enumerate(recorder.statements) if "INTO vend" in sql)
    end = next(at for at, (sql, _) in enumerate(recorder.statements) if at > first and sql == "COMMIT")
    return recorder.statements[first - 1 : end + 1]


def press(kiosk: Rig) -> float:
    """Press naloxone; return how many milliseconds after the edge a motor was energised, once the vend is over."""
    button = kiosk.world.pin_factory.pin(kiosk.BUTTON_PIN)
    began = time.perf_counter()
    button.report(kiosk.board.clock.monotonic(), False)
    milliseconds = _motor_ms(kiosk, began)
    button.report(kiosk.board.clock.monotonic(), True)
    time.sleep(UP_S)
    return milliseconds


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
