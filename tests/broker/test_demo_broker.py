"""The broker that the demonstration brings along, watched with mosquitto_sub as a visitor would."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from kiosk.errors import KioskError
from tests.broker.collector import Collector, until
from tests.broker.conftest import MakePublisher
from tests.broker.outbox import MemoryOutbox
from tests.children import child
from tools.demo_broker import DemoBroker

PARENT = """
import sys, time
from pathlib import Path
from tools.demo_broker import DemoBroker
broker = DemoBroker(0, Path(sys.argv[1]))
broker.start()
broker.wait_ready()
print(broker.port, flush=True)
time.sleep(60)
"""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoBroker]:
    broker = DemoBroker(0, tmp_path)
    broker.start()
    try:
        broker.wait_ready()
        yield broker
    finally:
        broker.stop()


def watch(port: int, topic: str, count: int) -> AbstractContextManager[subprocess.Popen[str]]:
    """Start `mosquitto_sub` for `count` messages, at most 10 s. Fails when it is not installed."""
    assert shutil.which("mosquitto_sub"), "Install it: sudo apt install mosquitto-clients"
    command = ["mosquitto_sub", "-V", "5", "-p", str(port), "-t", topic, "-q", "1", "-v", "-W", "10", "-C", str(count)]
    return child(command, stdout=subprocess.PIPE)


def heard(process: subprocess.Popen[str]) -> dict[str, dict[str, object]]:
    out, _ = process.communicate(timeout=15)
    return {line.split(" ", 1)[0]: json.loads(line.split(" ", 1)[1]) for line in out.splitlines()}


def test_mosquitto_sub_sees_retained_documents_and_live_events(
    demo: DemoBroker, outbox: MemoryOutbox, publish: MakePublisher
) -> None:
    publisher = publish(demo.port, receipt="broker")
    until(lambda: "all events sent" in publisher.link().text, "it connects")
    with watch(demo.port, "hr/v1/#", 3) as short:
        documents = heard(short)
    assert set(documents) == {f"hr/v1/north-1/{leaf}" for leaf in ("status", "state", "meta")}
    assert documents["hr/v1/north-1/status"]["online"] is True
    with watch(demo.port, "hr/v1/+/#", 5) as live:  # three documents, then an event and the new state
        assert live.stdout is not None
        first = [live.stdout.readline() for _ in range(3)]
        assert all(first)
        outbox.add(1)
        publisher.wake()
        messages = heard(live)
    assert messages["hr/v1/north-1/ev"]["s"] == 1
    assert messages["hr/v1/north-1/state"]["s"] == 1
    until(lambda: outbox.count() == 0, "the outbox drains")


def test_a_collector_works_with_it(demo: DemoBroker, outbox: MemoryOutbox, publish: MakePublisher) -> None:
    collector = Collector(demo.port)
    try:
        outbox.add(500)
        publish(demo.port)
        until(lambda: outbox.count() == 0, "the outbox drains")
        assert collector.seqs() == list(range(1, 501))
    finally:
        collector.close()


def test_it_can_be_stopped_and_started_on_its_port(demo: DemoBroker) -> None:
    demo.stop()
    assert not demo.alive()
    demo.stop()
    demo.start()
    demo.wait_ready()
    assert demo.alive()


def test_it_ends_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with child(command, cwd=root, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        parent.kill()
    until(lambda: not listens(port), "the broker ends too")


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])
        with pytest.raises(KioskError, match=f"Port {port} on 127.0.0.1 is taken"):
            DemoBroker(port, tmp_path).start()


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True
