"""Signed commands through a real Mosquitto: taken once, answered each time, and from nobody else."""

from __future__ import annotations

import queue
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt
import pytest
from msgspec.structs import replace

from kiosk.clock import Clock
from kiosk.errors import LedgerError
from kiosk.model import HideRequest, RecallRequest
from kiosk.telemetry import commands, messages
from kiosk.telemetry.commands import Command, HideCommand, RecallCommand
from kiosk.telemetry.publisher import Publisher
from tests.broker.collector import Collector, Listener, until
from tests.broker.conftest import BRISK, MakePublisher
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox

KEY = commands.kiosk_key(bytes(range(32)), "north-1")
NOBODY = 0x10


class Kiosk:
    """Does what commands say, once each; `threads` are those in which it was asked."""

    def __init__(self) -> None:
        self.done: list[Command] = []
        self.asked = 0
        self.threads: set[str] = set()
        self.error: Exception | None = None

    def __call__(self, command: Command) -> str:
        self.asked += 1
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error
        if any(command.id == earlier.id for earlier in self.done):
            return "That was done already."
        self.done.append(command)
        return "A1 is locked."


@pytest.fixture
def kiosk() -> Kiosk:
    return Kiosk()


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "command.key"
    path.write_text(KEY.hex() + "\n")
    return str(path)


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    mark = tmp_path / "synchronized"
    mark.touch()
    return Clock(synchronized=mark)


@pytest.fixture
def unset_clock(tmp_path: Path) -> Clock:
    return Clock(synchronized=tmp_path / "never")


def recall(number: int = 1, lot: str = "L2207") -> RecallCommand:
    now = int(time.time())
    return RecallCommand(
        id=f"cmd-{number:04}", issued=now, expires=now + 3600, args=RecallRequest(id=f"recall-{number}", lot=lot)
    )


def hide(number: int) -> HideCommand:
    now = int(time.time())
    return HideCommand(
        id=f"cmd-{number:04}", issued=now, expires=now + 3600, args=HideRequest(sku="STRIPS", hidden=True)
    )


def send(programme: Listener, command: Command, payload: bytes | None = None, *, retain: bool = False) -> None:
    payload = commands.sign(KEY, "north-1", command) if payload is None else payload
    topic = messages.command_topic("north-1", command.id)
    programme.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)


def answers(programme: Listener) -> list[messages.CommandAck]:
    topic = messages.command_ack_topic("north-1")
    return [messages.decode_command_ack(payload) for name, payload in list(programme.messages) if name == topic]


def connected(publisher: Publisher) -> Publisher:
    """Wait until the broker has what it says of itself, and before that had what it listens to."""
    until(lambda: publisher.link().connected and introduced(publisher), "it connects")
    return publisher


def introduced(publisher: Publisher) -> bool:
    session = publisher._session
    return session is not None and session.told()


def test_a_recall_is_carried_out_and_answered_and_a_replay_changes_nothing(
    mosquitto: Mosquitto, listener: Listener, publish: MakePublisher, kiosk: Kiosk, key_file: str, clock: Clock
) -> None:
    connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=clock))
    send(listener, recall())
    until(lambda: answers(listener), "it is answered")
    assert answers(listener) == [messages.CommandAck(id="cmd-0001", ok=True, said="A1 is locked.")]
    assert [command.args for command in kiosk.done] == [RecallRequest(id="recall-1", lot="L2207")]
    for _ in range(3):
        send(listener, kiosk.done[0])
    until(lambda: len(answers(listener)) == 4, "each copy is answered")
    assert {ack.said for ack in answers(listener)[1:]} == {"That was done already."}
    assert all(ack.ok for ack in answers(listener))
    assert len(kiosk.done) == 1
    assert kiosk.threads == {"telemetry"}, "never in paho's thread"


def test_forgeries_are_not_carried_out_not_answered_and_harm_nothing(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, collector: Collector, publish: MakePublisher,
    kiosk: Kiosk, key_file: str, clock: Clock,
) -> None:  # fmt: skip
    publisher = connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=clock))
    good = commands.sign(KEY, "north-1", recall())
    other = commands.kiosk_key(bytes(range(32)), "south-2")
    forgeries = [
        b"",
        b"{}",
        b"\xff" * 60_000,
        b"[" * 4_000,
        good[:-1],
        good.replace(b"L2207", b"L2208"),
        good.replace(b'"recall"', b'"hide"'),
        good + b" ",
        commands.sign(other, "south-2", recall()),
        commands.sign(other, "north-1", recall()),
        commands.sign(bytes(32), "north-1", recall()),
    ]
    for payload in forgeries:
        send(listener, recall(), payload)
    listener.client.publish(messages.command_ack_topic("north-1"), good, qos=1)
    send(listener, recall(2))
    until(lambda: answers_of(listener) == ["cmd-0002"], "only the good one is answered")
    assert [command.id for command in kiosk.done] == ["cmd-0002"]
    outbox.add(3)
    publisher.wake()
    until(lambda: outbox.count() == 0, "events flow as before")
    assert publisher.ignored_acks == 0


def answers_of(programme: Listener) -> list[str]:
    """Return the ids that were answered; what is no answer on that topic is someone else's."""
    found = []
    for topic, payload in list(programme.messages):
        if topic == messages.command_ack_topic("north-1") and b'"ok"' in payload:
            found.append(messages.decode_command_ack(payload).id)
    return found


def test_a_short_break_delays_a_command_and_a_long_one_needs_it_sent_again(
    mosquitto: Mosquitto, listener: Listener, publish: MakePublisher, kiosk: Kiosk, key_file: str, clock: Clock
) -> None:
    def connect(session_s: int) -> Publisher:
        pace = replace(BRISK, will_delay_s=session_s)
        return connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=clock, pace=pace))

    connect(session_s=60).stop()
    send(listener, recall(1))
    publisher = connect(session_s=0)
    until(lambda: answers_of(listener) == ["cmd-0001"], "what came within the session's life is delivered")
    publisher.stop()
    send(listener, recall(2))
    connect(session_s=0)
    send(listener, recall(3))
    until(lambda: "cmd-0003" in answers_of(listener), "a later one arrives")
    assert answers_of(listener) == ["cmd-0001", "cmd-0003"], "the one that was sent to nobody is lost"
    send(listener, recall(2))
    until(lambda: "cmd-0002" in answers_of(listener), "and arrives when it is sent again")


def test_a_retained_command_is_refused_live_and_after_each_connection(
    mosquitto: Mosquitto, listener: Listener, publish: MakePublisher, kiosk: Kiosk, key_file: str, clock: Clock
) -> None:
    publisher = connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=clock))
    send(listener, recall(), retain=True)
    until(lambda: len(answers(listener)) == 1, "it is refused live")
    publisher.stop()
    connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=clock))
    until(lambda: len(answers(listener)) == 2, "and when it comes from the broker's store")
    assert all(not ack.ok and "retained" in ack.said for ack in answers(listener))
    assert kiosk.asked == 0


def test_with_a_clock_that_nobody_set_a_recall_is_taken_and_hiding_is_not(
    mosquitto: Mosquitto, listener: Listener, publish: MakePublisher, kiosk: Kiosk, key_file: str, unset_clock: Clock
) -> None:
    connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=unset_clock))
    send(listener, hide(1))
    send(listener, recall(2))
    until(lambda: len(answers(listener)) == 2, "both are answered")
    assert [(ack.id, ack.ok) for ack in answers(listener)] == [("cmd-0001", False), ("cmd-0002", True)]
    assert [command.id for command in kiosk.done] == ["cmd-0002"]


def test_what_the_kiosk_cannot_do_is_answered_and_telemetry_goes_on(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, collector: Collector, publish: MakePublisher,
    kiosk: Kiosk, key_file: str, clock: Clock, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    publisher = connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=clock))
    kiosk.error = LedgerError("The ledger cannot be written: the disk is full.")
    send(listener, recall())
    until(lambda: len(answers(listener)) == 1, "it is answered")
    assert answers(listener)[0] == messages.CommandAck(id="cmd-0001", ok=False, said=str(kiosk.error))
    kiosk.error = RuntimeError("a mistake of ours")
    send(listener, recall())
    until(lambda: kiosk.asked == 2, "it is tried")
    kiosk.error = None
    until(lambda: "telemetry stumbled" in caplog.text, "the mistake is told")
    connected(publisher)
    send(listener, recall())
    until(lambda: answers(listener)[-1].ok, "the same command can be sent again")
    outbox.add(2)
    publisher.wake()
    until(lambda: outbox.count() == 0, "events flow")


def test_many_commands_at_once_and_a_narrow_window_lose_no_answer(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher, kiosk: Kiosk,
    key_file: str, clock: Clock,
) -> None:  # fmt: skip
    outbox.add(50)
    connected(publish(mosquitto.port, command_key_file=key_file, execute=kiosk, clock=clock, window=1))
    for number in range(100):
        command = recall(number)
        payload = commands.sign(KEY, "north-1", command)
        listener.client.publish(messages.command_topic("north-1", command.id), payload, qos=1)
    until(lambda: len(answers(listener)) == 100, "all are answered")
    assert [ack.id for ack in answers(listener)] == [f"cmd-{number:04}" for number in range(100)]


def test_without_a_key_or_anyone_to_act_nothing_is_asked_for(
    mosquitto: Mosquitto, publish: MakePublisher, kiosk: Kiosk, key_file: str, cleanup: ExitStack
) -> None:
    programme = Listener(mosquitto.port, messages.command_ack_topic("north-1"))
    cleanup.callback(programme.close)
    codes: queue.SimpleQueue[int] = queue.SimpleQueue()
    programme.client.on_publish = lambda _c, _u, _mid, code, _p: codes.put(code.value)
    for options in ({"execute": kiosk}, {"command_key_file": key_file}):
        publisher = connected(publish(mosquitto.port, receipt="broker", **options))
        send(programme, recall())
        assert codes.get(timeout=5) == NOBODY
        publisher.stop()
    connected(publish(mosquitto.port, receipt="broker", execute=kiosk, command_key_file=key_file))
    until(lambda: accepted(programme.client, codes), "with both, somebody is there")
    until(lambda: kiosk.asked, "and acts")


def accepted(client: mqtt.Client, codes: queue.SimpleQueue[int]) -> bool:
    client.publish(messages.command_topic("north-1", "cmd-0001"), commands.sign(KEY, "north-1", recall()), qos=1)
    return codes.get(timeout=5) == 0


@pytest.mark.parametrize("content", [None, "", "secret", "0" * 63])
def test_a_key_that_cannot_be_read_is_told_and_telemetry_goes_on(
    mosquitto: Mosquitto, publish: MakePublisher, kiosk: Kiosk, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "bad.key"
    if content is not None:
        path.write_text(content)
    publisher = connected(publish(mosquitto.port, command_key_file=str(path), execute=kiosk))
    told = f"It takes no commands, because it cannot read its key in {path}."
    assert publisher.link().text.endswith(told)


class StrictBroker:
    """Accepts a kiosk and lets it read its receipts, but not its commands."""

    def __init__(self) -> None:
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
                body = stream.read(length | byte << shift)
                if header[0] >> 4 == 1:
                    client.sendall(b"\x20\x03\x00\x00\x00")
                if header[0] >> 4 == 8:
                    client.sendall(b"\x90\x05" + body[:2] + b"\x00\x01\x87")


def test_a_broker_that_forbids_commands_is_told_and_receipts_are_not_blamed(
    publish: MakePublisher, kiosk: Kiosk, key_file: str
) -> None:
    with StrictBroker() as broker:
        publisher = publish(broker.port, command_key_file=key_file, execute=kiosk)
        told = " 127.0.0.1 does not let it read its commands: check the broker's access rules."
        until(lambda: publisher.link().text.endswith(told), "it is told")
        assert "receipts" not in publisher.link().text
        publisher.stop()
