"""What comes in while the ledger fails: each thing is taken in for itself."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import msgspec
import pytest

from kiosk.clock import Clock
from kiosk.errors import LedgerError
from kiosk.model import RecallRequest
from kiosk.telemetry import commands, messages
from kiosk.telemetry.commands import Command, RecallCommand
from tests.broker.collector import Collector, until
from tests.broker.conftest import MakePublisher
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox


class Slow(MemoryOutbox):
    """An outbox whose ledger takes its time to tell its name while `held`, and then fails."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        self.asked = threading.Event()
        self.answers = threading.Event()

    @property
    def epoch(self) -> str:
        if self.held:
            self.asked.set()
            self.answers.wait(60)
            raise LedgerError("The ledger could not be read.")
        return self._epoch

    @epoch.setter
    def epoch(self, epoch: str) -> None:
        self._epoch = epoch


@pytest.fixture
def outbox() -> Slow:
    return Slow()


def test_a_command_is_carried_out_beside_an_ack_that_the_ledger_fails_at(
    mosquitto: Mosquitto, collector: Collector, publish: MakePublisher, outbox: Slow, tmp_path: Path
) -> None:
    """Both wait to be taken in. The broker was told that both arrived, so nobody would send the command again."""
    key = commands.kiosk_key(bytes(range(32)), "north-1")
    (tmp_path / "command.key").write_text(key.hex())
    (tmp_path / "synchronized").touch()
    done: list[Command] = []

    def execute(command: Command) -> str:
        done.append(command)
        return "Done."

    publisher = publish(
        mosquitto.port,
        execute=execute,
        command_key_file=str(tmp_path / "command.key"),
        clock=Clock(synchronized=tmp_path / "synchronized"),
    )
    until(lambda: publisher.link().connected, "it connects")
    now = int(time.time())
    recall = RecallCommand(
        id="cmd-0001", issued=now, expires=now + 3600, args=RecallRequest(id="recall-1", lot="L2207")
    )
    ack = messages.Ack(epoch="epoch-1", ranges=((1, 1),))
    outbox.held = True
    for topic, payload in (
        (messages.ack_topic("north-1"), msgspec.json.encode(ack)),
        (messages.ack_topic("north-1"), msgspec.json.encode(ack)),
        (messages.command_topic("north-1", recall.id), commands.sign(key, "north-1", recall)),
    ):
        collector.client.publish(topic, payload, qos=1)
        until(outbox.asked.is_set, "the first is being taken in")
    until(lambda: publisher._signals.qsize() == 2, "the others wait")
    outbox.answers.set()
    until(lambda: done == [recall], "it is carried out")
