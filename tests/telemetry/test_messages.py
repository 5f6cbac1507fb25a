"""What a collector reads is what the kiosk wrote, and nothing else is taken for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kiosk.model import EventKind, OutboxRow
from kiosk.telemetry import messages
from kiosk.telemetry.link import Stage, Standing, sentence

ROW = OutboxRow(
    epoch="3f9c",
    seq=7,
    kind=EventKind.JAMMED,
    slot="A1",
    sku=None,
    lot="L7",
    funder=None,
    quantity=0,
    hour="2026-11-22T05:00Z",
    clock_ok=False,
    boot=2,
)


def test_an_event_looks_as_documented() -> None:
    payload = messages.encode(messages.event(ROW))
    assert payload == (
        b'{"v":1,"e":"3f9c","s":7,"k":"jammed","slot":"A1","sku":null,"lot":"L7","funder":null,"qty":0,'
        b'"ts":"2026-11-22T05:00Z","clock_ok":false,"boot":2}'
    )
    assert messages.decode_event(payload) == messages.event(ROW)


def test_a_reader_passes_over_keys_that_it_does_not_know() -> None:
    payload = messages.encode(messages.event(ROW))[:-1] + b',"later":[1]}'
    assert messages.decode_event(payload).seq == 7


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "not a event message"),
        (b'{"v":1}', "missing required field"),
        (messages.encode(messages.event(ROW)).replace(b'"s":7', b'"s":0'), ">= 1"),
        (messages.encode(messages.event(ROW)).replace(b'"s":7', b'"s":"7"'), "Expected `int`"),
        (messages.encode(messages.event(ROW)).replace(b'"v":1', b'"v":2'), "reads version 1"),
        (messages.encode(messages.event(ROW)).replace(b"05:00Z", b"05:41Z"), "matching regex"),
    ],
)
def test_a_malformed_event_is_refused_with_a_reason(payload: bytes, told: str) -> None:
    with pytest.raises(messages.MessageError, match=told):
        messages.decode_event(payload)


def test_topics() -> None:
    made = [
        make("north-1")
        for make in (
            messages.event_topic,
            messages.state_topic,
            messages.status_topic,
            messages.meta_topic,
            messages.ack_topic,
        )
    ]
    assert made == [f"hr/v1/north-1/{leaf}" for leaf in ("ev", "state", "status", "meta", "ack")]
    assert [messages.split_topic(topic) for topic in made[:2]] == [("north-1", "ev"), ("north-1", "state")]


@pytest.mark.parametrize(
    "topic", ["", "hr/v1/", "hr/v1/k", "hr/v1/k/", "hr/v1//ev", "hr/v2/k/ev", "hr/v1/k/ev/x", "x/hr/v1/k/ev"]
)
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(messages.MessageError, match="not a kiosk's topic"):
        messages.split_topic(topic)


@pytest.mark.parametrize(
    ("standing", "pending", "unreleased", "dropped", "text"),
    [
        (
            Standing(stage=Stage.OFF),
            1,
            1,
            0,
            "No broker is configured: 1 event waits here, and nothing leaves the kiosk.",
        ),
        (
            Standing(stage=Stage.AWAY, reason="gone"),
            12,
            0,
            3,
            "No connection to b (gone): 12 events wait here. Nothing new is lost. 3 older ones were dropped.",
        ),
        (Standing(stage=Stage.CONNECTED), 0, 0, 0, "Connected to b: all events sent."),
        (
            Standing(stage=Stage.CONNECTED),
            2,
            2,
            0,
            "Connected to b: 2 events wait for the next release, once in 60 minutes.",
        ),
        (Standing(stage=Stage.CONNECTED), 2, 1, 0, "Connected to b: 2 events wait for a receipt."),
        (
            Standing(stage=Stage.CONNECTED, acks_refused=True),
            2,
            0,
            0,
            "b does not let this kiosk read its receipts: 2 events wait here. Check the broker's access rules.",
        ),
    ],
)
def test_the_link_in_a_sentence(standing: Standing, pending: int, unreleased: int, dropped: int, text: str) -> None:
    told = sentence(standing, host="b", pending=pending, unreleased=unreleased, dropped=dropped, release_s=3600)
    assert told == text


def test_a_kiosk_without_a_broker_does_not_load_paho() -> None:
    code = (
        "import sys\n"
        "from kiosk.clock import Clock\n"
        "from kiosk.config import Privacy, Telemetry\n"
        "from kiosk.telemetry.publisher import Publisher\n"
        "from tests.broker.outbox import MemoryOutbox\n"
        "publisher = Publisher(Telemetry(), Privacy(), 'north-1', MemoryOutbox(), Clock())\n"
        "publisher.start(); publisher.wake()\n"
        "assert publisher.alive() and not publisher.link().connected\n"
        "publisher.stop()\n"
        "print([name for name in sys.modules if name.startswith(('paho', 'iotcore', 'ssl', 'asyncio'))])\n"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert out.stdout.strip() == "[]"
