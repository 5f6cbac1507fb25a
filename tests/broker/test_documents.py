"""Retained documents and the will, as any MQTT client sees them."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from kiosk.telemetry import messages
from tests.broker.collector import Listener, until
from tests.broker.conftest import MakePublisher
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox

STATE, STATUS, META = (f"hr/v1/north-1/{leaf}" for leaf in ("state", "status", "meta"))

KIOSK_PROCESS = """
import sys, time
from kiosk.clock import Clock
from kiosk.config import Privacy, Telemetry
from tests.broker.conftest import BRISK
from tests.broker.outbox import MemoryOutbox
from kiosk.telemetry.publisher import Publisher
config = Telemetry(host="127.0.0.1", port=int(sys.argv[1]), tls=False)
Publisher(config, Privacy(release_s=0), "north-1", MemoryOutbox(), Clock(), pace=BRISK).start()
time.sleep(60)
"""


def test_who_comes_late_finds_status_state_and_meta(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher, cleanup: ExitStack
) -> None:
    outbox.add(7)
    publish(mosquitto.port)
    until(lambda: {STATE, STATUS, META} <= listener.latest.keys(), "all three come")
    late = Listener(mosquitto.port)
    cleanup.callback(late.close)
    until(lambda: {STATE, STATUS, META} <= late.latest.keys(), "all three are retained")
    state = messages.decode_state(late.latest[STATE])
    assert (state.epoch, state.seq, state.temperature_c, state.faults) == ("epoch-1", 7, 21.5, ("beam",))
    assert (state.slots[0].on_hand, state.slots[0].unresolved, state.slots[0].fault) == (993, 1, True)
    assert messages.decode_status(late.latest[STATUS]) == messages.status("epoch-1", True, "0.1.0")
    assert messages.decode_meta(late.latest[META]).site == "Harbour Street"
    assert messages.decode_meta(late.latest[META]).products[0].essential


def test_a_change_without_an_event_is_told_too(
    mosquitto: Mosquitto, outbox: MemoryOutbox, listener: Listener, publish: MakePublisher
) -> None:
    publish(mosquitto.port)
    until(lambda: STATE in listener.latest, "the state comes")
    outbox.door_open = True
    until(lambda: messages.decode_state(listener.latest[STATE]).door_open, "the door is told")


def test_documents_are_back_after_a_broker_that_forgot_them(
    mosquitto: Mosquitto, listener: Listener, publish: MakePublisher
) -> None:
    publish(mosquitto.port)
    until(lambda: {STATE, STATUS, META} <= listener.latest.keys(), "all three come")
    mosquitto.kill()
    listener.latest.clear()
    mosquitto.start()
    until(lambda: {STATE, STATUS, META} <= listener.latest.keys(), "all three come again")


def test_a_kiosk_that_stops_says_so_itself(mosquitto: Mosquitto, listener: Listener, publish: MakePublisher) -> None:
    publisher = publish(mosquitto.port)
    until(lambda: STATUS in listener.latest, "it is online")
    publisher.stop()
    until(lambda: not messages.decode_status(listener.latest[STATUS]).online, "it is offline")
    assert publisher.link().text == "Telemetry is not running: no events wait here. Nothing is lost."


def test_the_broker_says_it_for_a_kiosk_that_was_killed(mosquitto: Mosquitto, listener: Listener) -> None:
    root = Path(__file__).parents[2]
    kiosk = subprocess.Popen([sys.executable, "-c", KIOSK_PROCESS, str(mosquitto.port)], cwd=root)
    try:
        until(lambda: STATUS in listener.latest, "it is online")
        assert messages.decode_status(listener.latest[STATUS]).online
    finally:
        kiosk.kill()
        kiosk.wait()
    until(lambda: not messages.decode_status(listener.latest[STATUS]).online, "the will is spoken")


def test_a_kiosk_that_is_soon_back_is_never_called_offline(
    mosquitto: Mosquitto, listener: Listener, publish: MakePublisher
) -> None:
    # Two with one id push each other out without a goodbye, again and again, as a flapping link does.
    publish(mosquitto.port)
    publish(mosquitto.port)

    def heard() -> list[bool]:
        return [json.loads(payload)["online"] for topic, payload in list(listener.messages) if topic == STATUS]

    until(lambda: len(heard()) >= 8, "they come and go")
    assert all(heard())
