"""A backlog leaves without being in anybody's way: not while an item drops, and it is forgotten in large steps."""

from __future__ import annotations

from msgspec.structs import replace

from tests.broker.collector import Collector, Listener, until
from tests.broker.conftest import BRISK, MakePublisher
from tests.broker.mosquitto import Mosquitto
from tests.broker.outbox import MemoryOutbox

BACKLOG = 5000


def test_no_event_leaves_and_none_is_forgotten_while_an_item_drops(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, listener: Listener, publish: MakePublisher
) -> None:
    outbox.add(BACKLOG)
    publisher = publish(mosquitto.port)
    until(lambda: outbox.count() < BACKLOG, "the backlog begins to leave")

    def left_by_the_next_state(*, door_open: bool) -> tuple[int, int]:
        outbox.door_open = door_open
        publisher.wake()
        state = f'"door":{str(door_open).lower()}'.encode()
        until(lambda: state in listener.latest["hr/v1/north-1/state"], "the state leaves, behind what left before it")
        return len(listener.events()), outbox.forgotten

    outbox.dropping = True
    before = left_by_the_next_state(door_open=True)
    assert left_by_the_next_state(door_open=False) == before
    assert before[0] < BACKLOG
    outbox.dropping = False
    until(lambda: outbox.count() == 0, "the rest leaves when nobody is served any more")
    assert collector.seqs() == list(range(1, BACKLOG + 1))


def test_a_backlog_is_forgotten_in_large_and_rare_steps(
    mosquitto: Mosquitto, outbox: MemoryOutbox, collector: Collector, publish: MakePublisher
) -> None:
    outbox.add(BACKLOG)
    publish(mosquitto.port, window=100, pace=replace(BRISK, forget_s=1000.0))
    until(lambda: len(collector.seqs()) == BACKLOG, "the backlog leaves")
    until(lambda: outbox.count() == 0, "it is forgotten, the last of it when all has left")
    assert outbox.forgotten <= BACKLOG // 2000 + 1
