"""Events reach a collector through a real Mosquitto, whatever happens on the way, and are forgotten only then."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from kiosk.telemetry import messages
from tests.broker.collector import Collector, Listener, until
from tests.broker.conftest import BRISK, MakePublisher
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox

PATIENCE_S = 120.0
"""How long a collector may take for its receipt, in seconds, before an event goes again: a busy computer is slow."""


def test_every_event_arrives_once_numbered_without_gaps(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, publish: MakePublisher
) -> None:
    outbox.add(3000)
    publisher = publish(mosquitto.port, pace=replace(BRISK, receipt_s=PATIENCE_S, retry_max_s=PATIENCE_S))
    until(lambda: outbox.count() == 0, "the outbox drains")
    assert collector.seqs() == list(range(1, 3001))
    assert collector.doubles == 0
    first = collector.events()[0]
    assert (first.kind, first.slot, first.sku, first.quantity, first.boot) == ("dispensed", "A1", "NAL-4", -1, 3)
    until(lambda: publisher.link().text == "Connected to 127.0.0.1: all events sent.", "the link says so")


def test_new_events_leave_when_the_publisher_is_woken(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, publish: MakePublisher
) -> None:
    publisher = publish(mosquitto.port)
    until(lambda: publisher.link().connected, "it connects")
    for _ in range(20):
        outbox.add(1)
        publisher.wake()
    until(lambda: collector.seqs() == list(range(1, 21)), "all arrive")


def test_a_broker_killed_in_mid_stream_loses_nothing(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, publish: MakePublisher
) -> None:
    publisher = publish(mosquitto.port, window=100)
    for round_ in range(1, 4):
        outbox.add(1500)
        publisher.wake()
        until(lambda goal=round_ * 1500 - 1200: len(collector.seqs()) > goal, "the stream flows")  # type: ignore[misc]
        mosquitto.kill()
        until(lambda: not publisher.link().connected, "the loss is noticed")
        mosquitto.start()
    until(lambda: outbox.count() == 0, "the outbox drains")
    assert collector.seqs() == list(range(1, 4501))


def test_no_broker_at_the_start_keeps_everything_until_there_is_one(
    tmp_path: Path, outbox: MemoryOutbox, publish: MakePublisher, cleanup: ExitStack
) -> None:
    broker = Mosquitto(tmp_path)
    outbox.add(12)
    publisher = publish(broker.port)
    told = "No connection to 127.0.0.1 (connection refused): 12 events wait here. Nothing is lost."
    until(lambda: publisher.link().text == told, "the link tells")
    assert publisher.alive()
    assert publisher.link().pending == 12
    cleanup.callback(broker.kill)
    broker.start()
    collector = Collector(broker.port)
    cleanup.callback(collector.close)
    until(lambda: outbox.count() == 0, "the outbox drains")
    assert collector.seqs() == list(range(1, 13))


def test_without_a_collector_nothing_is_forgotten_however_often_the_broker_says_success(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher
) -> None:
    outbox.add(50)
    publish(mosquitto.port)
    until(lambda: len({event.seq for event in listener.events()}) == 50, "all are sent")
    until(lambda: len(listener.events()) > 60, "and sent again, for want of a receipt")
    assert outbox.count() == 50


def test_a_rejected_event_is_not_sent_for_ever(
    mosquitto: Mosquitto, outbox: MemoryOutbox, publish: MakePublisher, cleanup: ExitStack
) -> None:
    collector = Collector(mosquitto.port, poison=frozenset({2, 5}))
    cleanup.callback(collector.close)
    outbox.add(6)
    publisher = publish(mosquitto.port)
    until(lambda: outbox.count() == 0, "the outbox drains")
    assert collector.seqs() == [1, 3, 4, 6]
    assert publisher.rejected == 2


def test_acks_that_are_malformed_or_of_another_epoch_are_counted_and_change_nothing(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher
) -> None:
    outbox.add(5)
    publisher = publish(mosquitto.port)
    until(lambda: len(listener.events()) >= 5, "all are sent")
    bad = [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"r":[[1,5]]}',
        b'{"e":"epoch-1","r":[[5,1]]}',
        b'{"e":"epoch-1","r":[[1]]}',
        b'{"e":"epoch-1","r":"all"}',
        b'{"e":"epoch-1","x":[0]}',
        b'{"e":"epoch-1","r":[[-9,99999999999999999999]]}',
        b'{"e":"epoch-2","r":[[1,5]]}',
        b"{" * 50_000,
    ]
    for payload in bad:
        listener.client.publish(messages.ack_topic("north-1"), payload, qos=1)
    until(lambda: publisher.ignored_acks == len(bad), "all are counted")
    assert outbox.count() == 5
    assert publisher.alive()
    listener.client.publish(messages.ack_topic("north-1"), b'{"e":"epoch-1","r":[[1,3]],"x":[],"new":1}', qos=1)
    until(lambda: outbox.count() == 2, "a good one still counts")


def test_what_an_earlier_start_numbered_keeps_its_name(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, publish: MakePublisher
) -> None:
    """Events that wait over a start leave under the epoch that they happened in, and its acks count."""
    outbox.add(3)
    outbox.epoch = "epoch-2"
    outbox.add(2)
    publisher = publish(mosquitto.port, receipt="collector")
    until(lambda: outbox.count() == 0, "the outbox drains")
    assert (collector.seqs("epoch-1"), collector.seqs("epoch-2")) == ([1, 2, 3], [4, 5])
    assert publisher.ignored_acks == 0


def test_an_ack_for_events_that_were_never_sent_forgets_nothing(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher
) -> None:
    outbox.add(5)
    publisher = publish(mosquitto.port, release_s=86400)
    until(lambda: publisher.link().connected, "it connects")
    listener.client.publish(messages.ack_topic("north-1"), b'{"e":"epoch-1","r":[[1,9223372036854775807]]}', qos=1)
    time.sleep(0.3)
    assert outbox.count() == 5
    assert listener.events() == []
    assert "5 events wait for the next release, once in 1440 minutes" in publisher.link().text


def test_a_ledger_that_does_not_answer_is_told_and_waited_for(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, publish: MakePublisher
) -> None:
    publisher = publish(mosquitto.port)
    until(lambda: publisher.link().connected, "it connects")
    outbox.dropping = True
    outbox.add(5)
    assert publisher.link().pending == 5
    outbox.broken = True
    publisher.wake()
    until(lambda: "stumbled" in publisher.link().text, "the thread meets it")
    link = publisher.link()
    assert (link.connected, link.pending, "The ledger cannot be read" in link.text) == (True, 5, True)
    assert publisher.alive()
    outbox.dropping = False
    outbox.broken = False
    until(lambda: outbox.count() == 0, "the outbox drains")
    assert collector.seqs() == [1, 2, 3, 4, 5]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the death is the test
def test_the_death_of_pahos_thread_is_noticed(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, publish: MakePublisher
) -> None:
    publisher = publish(mosquitto.port)
    until(lambda: publisher.link().connected, "it connects")
    thread = next(thread for thread in threading.enumerate() if thread.name == "paho-mqtt-client-north-1")
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
    until(lambda: not thread.is_alive(), "the thread dies")
    outbox.add(5)
    publisher.wake()
    until(lambda: outbox.count() == 0, "a new connection takes over")
    assert collector.seqs() == [1, 2, 3, 4, 5]


def test_a_broker_that_stays_away_costs_no_files(tmp_path: Path, publish: MakePublisher) -> None:
    broker = Mosquitto(tmp_path)
    gc.disable()
    try:
        publisher = publish(broker.port)
        until(lambda: not publisher.link().connected and "refused" in publisher.link().text, "it tries")
        before = len(list(Path("/proc/self/fd").iterdir()))
        time.sleep(1.5)
        assert len(list(Path("/proc/self/fd").iterdir())) <= before + 3
    finally:
        gc.enable()


def test_a_host_name_that_cannot_be_one_is_told(publish: MakePublisher) -> None:
    publisher = publish(1883, host="broker..example")
    until(lambda: "its settings cannot be used" in publisher.link().text, "it is told")
    assert publisher.alive()
