"""Keypads, readers and small sensors on the glass: hands type there, and break what is not drawn."""

from __future__ import annotations

import queue
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from msgspec.json import decode
from msgspec.structs import replace

from kiosk.config import Hardware, Paths, Simulator, load
from kiosk.hardware import registry
from kiosk.hardware.machine import Machine
from kiosk.hardware.pins import open_board
from kiosk.simulator.glass import create_app
from kiosk.simulator.snapshot import WorldSnapshot

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SCRIPT = {"Accept": "application/json"}


class Shown:
    """An example's machine, its drivers, and its page."""

    def __init__(self, example: str, state: Path, speed: float = 10) -> None:
        config = replace(
            load(EXAMPLES / f"{example}.toml", registry),
            hardware=Hardware(pins="simulator"),
            simulator=Simulator(speed=speed),
            paths=Paths(state=str(state)),
        )
        board: Any = open_board(config)
        self.machine: Machine = Machine.open(config, board)
        self.page: FlaskClient = create_app(board.world, config).test_client()
        self.entered: queue.SimpleQueue[str] = queue.SimpleQueue()
        for keypad in self.machine.keypads.values():
            keypad.on_entry(self.entered.put)

    def seen(self) -> WorldSnapshot:
        return decode(self.page.get("/snapshot.json").data, type=WorldSnapshot)

    def alerts(self) -> dict[str, str | None]:
        return {name: alert.alert() for name, alert in self.machine.alerts.items()}


@pytest.fixture
def snack(tmp_path: Path) -> Iterator[Shown]:
    shown = Shown("snack", tmp_path)
    yield shown
    shown.machine.close()


def test_what_is_typed_on_the_page_arrives_whole(snack: Shown) -> None:
    assert snack.seen().keypads == ("keypad",)
    assert 'aria-label="Keypad"' in snack.page.get("/").text
    assert snack.page.post("/keypads/keypad", data={"text": "21"}).headers["Location"] == "/"
    assert snack.entered.get(timeout=5) == "21"
    assert snack.page.post("/keypads/keypad", data={"text": "b1"}, headers=SCRIPT).status_code == 204
    assert snack.entered.get(timeout=5) == "b1"


def test_a_usb_keypad_is_pressed_key_by_key(snack: Shown) -> None:
    """And what to type for each slot stands there."""
    page = snack.page.get("/").text
    assert re.findall(r'name="key" value="(\w+)"', page) == [*"1234567890", "Enter"]
    assert 'title="Type 21 at the keypad"' in page
    for key in ("2", "1", "Enter"):
        assert snack.page.post("/keypads/keypad/keys", data={"key": key}, headers=SCRIPT).status_code == 204
    assert snack.entered.get(timeout=5) == "21"
    assert snack.page.post("/keypads/keypad/keys", data={"key": "§"}, headers=SCRIPT).status_code == 400
    assert snack.page.post("/keypads/UPS/keys", data={"key": "1"}, headers=SCRIPT).status_code == 404


@pytest.mark.parametrize(("example", "keys"), [("handmade", "123A456B789C*0#D"), ("street", "123456789*0#")])
def test_a_keypad_on_pins_is_pressed_key_by_key(tmp_path: Path, example: str, keys: str) -> None:
    """One finger: keys that are pressed at once come one after the other."""
    shown = Shown(example, tmp_path, speed=0.5)  # a key is down for 0.3 s, so that a busy machine scans it too
    assert re.findall(r'name="key" value="(.)"', shown.page.get("/").text) == list(keys)
    for key in "12#":
        assert shown.page.post("/keypads/keypad/keys", data={"key": key}).headers["Location"] == "/"
    wanted = ["12"] if example == "handmade" else ["1", "2"]  # one key is a whole text there
    assert [shown.entered.get(timeout=10) for _ in wanted] == wanted
    assert shown.page.post("/keypads/keypad/keys", data={"key": "E"}, headers=SCRIPT).status_code == 404
    shown.machine.close()


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [("/keypads/nothing", "1", 404), ("/keypads/door", "1", 404), ("/keypads/keypad", "§", 400)],
)
def test_what_cannot_be_typed_is_refused_in_words(snack: Shown, path: str, text: str, status: int) -> None:
    answer = snack.page.post(path, data={"text": text}, headers=SCRIPT)
    assert answer.status_code == status
    assert answer.text.endswith(".")


def test_a_reader_is_shown_what_is_typed(tmp_path: Path) -> None:
    cabinet = Shown("cabinet", tmp_path)
    cabinet.page.post("/keypads/code reader", data={"text": "able baker charlie delta"})
    assert cabinet.entered.get(timeout=5) == "able baker charlie delta"
    cabinet.machine.close()


def test_small_sensors_can_be_made_to_tell_something(snack: Shown) -> None:
    assert set(snack.alerts().values()) == {None}
    snack.page.post("/parts/UPS/faults", data={"fault": "mains_out"})
    assert "mains" in str(snack.alerts()["UPS"])
    snack.page.post("/parts/UPS/faults")
    assert snack.alerts()["UPS"] is None
