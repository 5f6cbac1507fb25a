"""Real brokers, real clients; only the ledger behind the outbox is a small one in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kiosk.clock import Clock
from kiosk.config import Privacy, Telemetry
from kiosk.telemetry.commands import Command
from kiosk.telemetry.pace import Pace
from kiosk.telemetry.publisher import Publisher
from tests.broker.collector import Collector, Listener
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox

BRISK = Pace(
    reconnect_s=0.05,
    reconnect_max_s=0.3,
    receipt_s=0.4,
    retry_s=0.1,
    retry_max_s=0.5,
    burst_s=0.01,
    forget_s=0.05,
    will_delay_s=1,
    keepalive_s=5,
    look_s=0.2,
    rest_s=0.2,
    refresh_s=0.2,
)
"""Waits short enough for a test."""

MakePublisher = Callable[..., Publisher]


@pytest.fixture
def cleanup() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def mosquitto(tmp_path: Path, cleanup: ExitStack) -> Mosquitto:
    broker = Mosquitto(tmp_path)
    cleanup.callback(broker.kill)
    return broker.start()


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox()


@pytest.fixture
def collector(mosquitto: Mosquitto, cleanup: ExitStack) -> Collector:
    collector = Collector(mosquitto.port)
    cleanup.callback(collector.close)
    return collector


@pytest.fixture
def listener(mosquitto: Mosquitto, cleanup: ExitStack) -> Listener:
    listener = Listener(mosquitto.port)
    cleanup.callback(listener.close)
    return listener


@pytest.fixture
def publish(outbox: MemoryOutbox, cleanup: ExitStack) -> MakePublisher:
    """Start a publisher to a port; keywords are those of the telemetry table, and a few more."""

    def make(
        port: int,
        *,
        release_s: int = 0,
        receipt: str = "collector",
        execute: Callable[[Command], str] | None = None,
        clock: Clock | None = None,
        pace: Pace = BRISK,
        **options: object,
    ) -> Publisher:
        defaults: dict[str, object] = {"host": "127.0.0.1", "port": port, "tls": False, "receipt": receipt}
        config = Telemetry(**{**defaults, **options})  # type: ignore[arg-type]
        privacy = Privacy(release_s=release_s)
        publisher = Publisher(config, privacy, "north-1", outbox, clock or Clock(), pace=pace, execute=execute)
        publisher.start()
        cleanup.callback(publisher.stop)
        return publisher

    return make
