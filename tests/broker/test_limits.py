"""What a broker may refuse, and what then becomes of the events."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.broker.collector import Collector, Listener, until
from tests.broker.conftest import MakePublisher
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox


def test_receipt_by_the_broker_forgets_on_success(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher
) -> None:
    outbox.add(500)
    publish(mosquitto.port, receipt="broker")
    until(lambda: outbox.count() == 0, "the outbox drains")
    until(lambda: len(listener.events()) == 500, "all arrive")
    assert [event.seq for event in listener.events()] == list(range(1, 501))


def test_receipt_by_the_broker_does_not_count_when_nobody_was_there(
    mosquitto: Mosquitto, outbox: MemoryOutbox, publish: MakePublisher, cleanup: ExitStack
) -> None:
    outbox.add(30)
    publisher = publish(mosquitto.port, receipt="broker")
    told = "Connected to 127.0.0.1, but nobody there takes the events: 30 events wait here."
    until(lambda: publisher.link().text == told, "the link tells")
    assert outbox.count() == 30
    listener = Listener(mosquitto.port)
    cleanup.callback(listener.close)
    until(lambda: outbox.count() == 0, "the outbox drains as soon as somebody listens")
    until(lambda: {event.seq for event in listener.events()} == set(range(1, 31)), "all arrive")


def test_a_denied_publish_is_no_receipt(
    tmp_path: Path, outbox: MemoryOutbox, publish: MakePublisher, cleanup: ExitStack
) -> None:
    rules = tmp_path / "acl"
    rules.write_text("topic read hr/v1/#\ntopic write hr/v1/+/status\n")
    broker = Mosquitto(tmp_path, f"acl_file {rules}")
    cleanup.callback(broker.kill)
    broker.start()
    outbox.add(3)
    publisher = publish(broker.port, receipt="broker")
    until(lambda: "does not take what this kiosk sends (code 0x87): 3 events" in publisher.link().text, "it is told")
    assert outbox.count() == 3
    assert publisher.alive()


def test_a_refused_sign_in_is_told_in_words(
    tmp_path: Path, outbox: MemoryOutbox, publish: MakePublisher, cleanup: ExitStack
) -> None:
    broker = Mosquitto(tmp_path)
    settings = tmp_path / "mosquitto.conf"
    settings.write_text(settings.read_text().replace("allow_anonymous true", "allow_anonymous false"))
    cleanup.callback(broker.kill)
    broker.start()
    publisher = publish(broker.port)
    until(lambda: "it refuses this kiosk: not authorized" in publisher.link().text, "it is told")


def test_settings_that_cannot_be_used_are_told_and_tried_again(
    mosquitto: Mosquitto, publish: MakePublisher, tmp_path: Path
) -> None:
    password = tmp_path / "password"
    publisher = publish(mosquitto.port, username="north-1", password_file=str(password))
    until(lambda: "its settings cannot be used" in publisher.link().text, "it is told")
    password.write_text("secret\n")
    until(lambda: publisher.link().connected, "it connects once the file is there")


def test_never_more_than_the_window_is_under_way(outbox: MemoryOutbox, publish: MakePublisher) -> None:
    outbox.add(100)
    for window, receive_maximum, most in ((7, 50, 7), (50, 3, 3)):
        with SilentBroker(receive_maximum) as broker:
            publisher = publish(broker.port, window=window)
            until(lambda b=broker, m=most: b.publishes >= m, "the window fills")  # type: ignore[misc]
            time.sleep(0.2)
            assert broker.publishes == most
            publisher.stop()


def test_a_window_of_one_and_a_receive_maximum_of_one_still_drain(
    tmp_path: Path, outbox: MemoryOutbox, publish: MakePublisher, cleanup: ExitStack
) -> None:
    broker = Mosquitto(tmp_path, "max_inflight_messages 1")
    cleanup.callback(broker.kill)
    broker.start()
    collector = Collector(broker.port)
    cleanup.callback(collector.close)
    outbox.add(100)
    publish(broker.port, window=1)
    until(lambda: outbox.count() == 0, "the outbox drains")
    assert collector.seqs() == list(range(1, 101))


def test_events_and_state_leave_together_at_the_release(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher
) -> None:
    publisher = publish(mosquitto.port, release_s=2)
    until(lambda: "hr/v1/north-1/state" in listener.latest, "the first release comes")
    for _ in range(5):
        outbox.add(1)
        publisher.wake()
        time.sleep(0.1)
    until(lambda: len(listener.events()) >= 5, "the next release comes")
    until(lambda: json.loads(listener.latest["hr/v1/north-1/state"])["s"] == 5, "the state comes with it")
    states = [json.loads(payload)["s"] for topic, payload in listener.messages if topic.endswith("/state")]
    assert len(states) <= 3, "five events, told in one batch, or in two if a release fell between them"


class SilentBroker:
    """Accepts a kiosk, says its Receive Maximum, reads everything and answers no publish at all."""

    def __init__(self, receive_maximum: int) -> None:
        self.publishes = 0
        self._receive_maximum = receive_maximum
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _serve(self) -> None:
        client, _ = self._server.accept()
        with client, client.makefile("rb") as stream:
            while header := stream.read(1):
                length, shift = 0, 0
                while (byte := stream.read(1)[0]) & 0x80:
                    length, shift = length | (byte & 0x7F) << shift, shift + 7
                stream.read(length | byte << shift)
                if header[0] >> 4 == 1:
                    client.sendall(b"\x20\x06\x00\x00\x03\x21" + self._receive_maximum.to_bytes(2))
                self.publishes += header[0] >> 4 == 3


def test_the_silent_broker_counts_documents_too(outbox: MemoryOutbox, publish: MakePublisher) -> None:
    with SilentBroker(2) as broker:
        publisher = publish(broker.port)
        until(lambda: broker.publishes == 2, "two documents fill the window")
        time.sleep(0.2)
        assert broker.publishes == 2
        publisher.stop()
