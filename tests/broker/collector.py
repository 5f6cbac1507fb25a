"""A small real collector: it keeps events without doubles, then acknowledges them."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.telemetry import messages
from kiosk.telemetry.window import as_ranges


def until(true: Callable[[], object], what: str, timeout_s: float = 300.0) -> None:
    """Wait until `true()`. Fails with `what` after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, f"{what}, within {timeout_s:g} s"
        time.sleep(0.01)


class Listener:
    """Everything that arrives on hr/v1/#, with the latest retained documents, over reconnections."""

    def __init__(self, port: int, topics: str = "hr/v1/#") -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.latest: dict[str, bytes] = {}
        self._ready = threading.Event()
        self._topics = topics
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda c, *_: c.subscribe(self._topics, qos=1)
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = lambda _c, _u, message: self.heard(message.topic, bytes(message.payload))
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        self.client.connect_async("127.0.0.1", port, properties=properties)
        self.client.loop_start()
        until(self._ready.is_set, "the listener connects")

    def heard(self, topic: str, payload: bytes) -> None:
        self.messages.append((topic, payload))
        self.latest[topic] = payload

    def events(self) -> list[messages.Event]:
        return [messages.decode_event(payload) for topic, payload in list(self.messages) if topic.endswith("/ev")]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Collector(Listener):
    """Acknowledges what it has kept, `delay_s` later, in ranges. `poison` are events that it rejects."""

    def __init__(self, port: int, *, delay_s: float = 0.02, poison: frozenset[int] = frozenset()) -> None:
        self.kept: dict[str, set[int]] = {}
        self.doubles = 0
        self._delay_s = delay_s
        self._poison = poison
        self._inbox: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, daemon=True)
        super().__init__(port, "hr/v1/+/ev")
        self._worker.start()

    def heard(self, topic: str, payload: bytes) -> None:
        super().heard(topic, payload)
        self._inbox.put((topic, payload))

    def seqs(self, epoch: str = "epoch-1") -> list[int]:
        return sorted(self.kept.get(epoch, set()))

    def close(self) -> None:
        self._inbox.put(None)
        self._worker.join(5)
        super().close()

    def _work(self) -> None:
        while (first := self._inbox.get()) is not None:
            time.sleep(self._delay_s)
            batch = [first]
            while not self._inbox.empty():
                item = self._inbox.get()
                if item is None:
                    return
                batch.append(item)
            self._commit(batch)

    def _commit(self, batch: list[tuple[str, bytes]]) -> None:
        acks: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
        for topic, payload in batch:
            kiosk, _ = messages.split_topic(topic)
            event = messages.decode_event(payload)
            kept, rejected = acks.setdefault((kiosk, event.epoch), ([], []))
            if event.seq in self._poison:
                rejected.append(event.seq)
                continue
            seen = self.kept.setdefault(event.epoch, set())
            self.doubles += event.seq in seen
            seen.add(event.seq)
            kept.append(event.seq)
        for (kiosk, epoch), (kept, rejected) in acks.items():
            ack = messages.Ack(epoch=epoch, ranges=tuple(as_ranges(kept)), rejected=tuple(rejected))
            self.client.publish(messages.ack_topic(kiosk), messages.encode(ack), qos=1)
