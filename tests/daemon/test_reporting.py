"""The whole daemon against a real Mosquitto: every event arrives once, and nothing tells who or when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.telemetry import messages
from tests.broker.collector import Collector, Listener, until
from tests.broker.mosquitto import Mosquitto
from tests.kiosk_process import KioskProcess

FINE_TIME = re.compile(rb"\d\d:(?!00Z)\d\d")
"""Something that looks like a time and is no whole hour."""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    running = Mosquitto(tmp_path)
    running.start()
    yield running
    running.kill()


def kiosk_at(folder: Path, port: int, receipt: str) -> KioskProcess:
    telemetry = f'host = "127.0.0.1"\nport = {port}\ntls = false\nreceipt = "{receipt}"'
    folder.mkdir()
    return KioskProcess(folder, speed=50.0, telemetry=telemetry)


def numbers(collector: Collector) -> list[int]:
    """Return the numbers of all events that came, of whichever start."""
    return sorted(seq for seqs in collector.kept.values() for seq in seqs)


def test_a_vend_is_told_and_no_event_is_lost(tmp_path: Path, broker: Mosquitto) -> None:
    """Events are numbered without a gap through a dead broker, a killed daemon and their return."""
    kiosk = kiosk_at(tmp_path / "kiosk", broker.port, "collector")
    with ExitStack() as undo:
        collector, listener = Collector(broker.port), Listener(broker.port)
        undo.callback(collector.close)
        undo.callback(listener.close)
        undo.callback(kiosk.kill)
        kiosk.start()
        kiosk.fill()
        kiosk.vend(sku="STRIP")
        broker.kill()
        kiosk.vend(sku="NAL")
        kiosk.kill()
        kiosk.start()
        kiosk.vend(sku="NAL")
        broker.start()
        last = kiosk.client.events(1).events[0].seq
        until(lambda: numbers(collector) == list(range(1, last + 1)), "all came, each in one start's epoch")
        assert len(collector.kept) == 2
        until(lambda: kiosk.client.state().telemetry.pending == 0, "the outbox is empty")
        kinds = {event.seq: event.kind for event in collector.events()}
        assert [kind for _, kind in sorted(kinds.items())].count("dispensed") == 3
        state = messages.decode_state(listener.latest["hr/v1/test-kiosk/state"])
        assert {slot.slot: slot.on_hand for slot in state.slots} == {
            slot.slot: slot.on_hand for slot in kiosk.client.stock().slots
        }
        assert kiosk.stop() == 0


def test_nothing_tells_when_somebody_took_something(tmp_path: Path, broker: Mosquitto) -> None:
    """No message holds a time finer than the hour, and the default log holds no line about a vend."""
    kiosk = kiosk_at(tmp_path / "kiosk", broker.port, "broker")
    kiosk.log_level = "INFO"
    with ExitStack() as undo:
        listener = Listener(broker.port)
        undo.callback(listener.close)
        kiosk.start()
        kiosk.fill()
        until(lambda: kiosk.client.state().telemetry.connected, "it is connected")
        log_before = kiosk.log.read_text()
        vends = [kiosk.vend(sku="NAL") for _ in range(3)]
        last = kiosk.client.events(1).events[0].seq
        until(lambda: max((event.seq for event in listener.events()), default=0) >= last, "all came")
        assert kiosk.log.read_text() == log_before
        for _topic, payload in listener.messages:
            assert not FINE_TIME.search(payload), payload
            assert not any(vend.id.encode() in payload for vend in vends)
        assert kiosk.stop() == 0
