"""The plan of wires is what the drivers really do with the pins, and the drawing shows all of it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from kiosk.config import Config, parse
from kiosk.hardware import registry
from kiosk.wiring import Plan, Wire, draw, plan
from kiosk.wiring.drawing import WIDTH, wrapped
from kiosk.wiring.header import GPIO, HEADER, POWER
from tools import wiring_docs

CONFIG = """
[kiosk]
id = "depot-2"
site = "Old depot"

[[products]]
sku = "NAL"
name = "Naloxone"
essential = true

[[controllers]]
name = "coils"
driver = "gpio_matrix"
options = { row_pins = [9, 10], column_pins = [12, 13], home_pin = 5, sense_pin = 6, row_active_low = true }

[[controllers]]
name = "relays"
driver = "modbus_relays"
options = { port = "serial/by-id/usb-one" }

[[slots]]
id = "A1"
product = "NAL"
capacity = 9
driver = "gpio_matrix"
options = { controller = "coils", row = 2, column = 1 }

[[slots]]
id = "B1"
product = "NAL"
capacity = 9
driver = "modbus_coil"
options = { controller = "relays", relay = 3, input = 4 }

[[slots]]
id = "C1"
product = "NAL"
capacity = 9
options = { motor_pin = 20, home_pin = 21 }

[[inputs]]
name = "keypad <outside> of the door"
driver = "gpio_keypad"
options = { row_pins = [18, 19], column_pins = [22, 23] }

[[inputs]]
name = "card reader"
driver = "serial_reader"
options = { port = "serial/by-id/usb-two" }

[[signals]]
name = "tray light"
driver = "gpio_light"
options = { pin = 25, active_low = true }
"""


BUTTON = """
[[inputs]]
name = "bell"
driver = "button"
product = "NAL"
options = { pin = 2, active_low = false }
"""


@pytest.fixture(scope="module")
def config() -> Config:
    return parse(CONFIG, registry)


@pytest.fixture(scope="module")
def made(config: Config) -> Plan:
    return plan(config)


def texts(svg: str) -> list[str]:
    return [
        "".join(element.itertext()) for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")
    ]


def test_the_header_is_the_one_on_the_board() -> None:
    """Every pin once; the anchors that every printed pinout shows."""
    assert sorted({*GPIO, *POWER}) == list(range(1, 41))
    assert sorted(HEADER) == list(range(28))
    assert [HEADER[gpio] for gpio in (2, 3, 4, 14, 17, 27, 21, 0)] == [3, 5, 7, 8, 11, 13, 40, 27]
    assert (POWER[1], POWER[2], POWER[6]) == ("3.3 V", "5 V", "ground")


def test_each_pin_says_what_its_driver_makes_of_it(made: Plan) -> None:
    """Outputs and inputs, the level that is active, the pull; rows of a keypad go both ways."""
    keypad = "keypad <outside> of the door"
    assert set(made.wires) == {
        Wire(21, 9, "coils", "row 1", "output", "low", ""),
        Wire(19, 10, "coils", "row 2", "output", "low", ""),
        Wire(32, 12, "coils", "column 1", "output", "high", ""),
        Wire(33, 13, "coils", "column 2", "output", "high", ""),
        Wire(29, 5, "coils", "home", "input", "low", "up"),
        Wire(31, 6, "coils", "sense", "input", "low", "up"),
        Wire(38, 20, "C1", "motor", "output", "high", ""),
        Wire(40, 21, "C1", "home", "input", "low", "up"),
        Wire(12, 18, keypad, "row 1", "both", "", ""),
        Wire(35, 19, keypad, "row 2", "both", "", ""),
        Wire(15, 22, keypad, "column 1", "input", "low", "up"),
        Wire(16, 23, keypad, "column 2", "input", "low", "up"),
        Wire(22, 25, "tray light", "", "output", "low", ""),
    }
    assert [wire.header for wire in made.wires] == sorted(wire.header for wire in made.wires)
    assert made.free() == [0, 1, 2, 3, 4, 7, 8, 11, 14, 15, 16, 17, 24, 26, 27]


def test_one_option_may_speak_for_two_pins() -> None:
    """A pair of coils has one `motor_active_low` for its left and its right motor."""
    pins = "left_motor_pin = 11, left_home_pin = 7, right_motor_pin = 16, right_home_pin = 8, motor_active_low = true"
    pair = f'[[slots]]\nid = "D1"\nproduct = "NAL"\ncapacity = 9\ndriver = "gpio_pair"\noptions = {{ {pins} }}\n'
    wires = {wire.role: wire for wire in plan(parse(CONFIG + pair, registry)).wires if wire.part == "D1"}
    assert {role: (wire.gpio, wire.direction, wire.active) for role, wire in wires.items()} == {
        "left motor": (11, "output", "low"),
        "left home": (7, "input", "low"),
        "right motor": (16, "output", "low"),
        "right home": (8, "input", "low"),
    }


BUSES = """
[[sensors]]
name = "inside air"
driver = "thermometer"
options = { chip = "sht3x" }

[[sensors]]
name = "damp"
driver = "hygrometer"

[[sensors]]
name = "outside air"
driver = "thermometer"
"""


def test_the_kernel_s_buses_have_their_pins() -> None:
    """One wire for all parts on a bus, none of its pins is free, and the drawing shows it; a simulated one has none."""
    made = plan(parse(CONFIG + BUSES, registry))
    wires = {
        Wire(3, 2, "inside air, damp", "SDA", "both", "", ""),
        Wire(5, 3, "inside air, damp", "SCL", "both", "", ""),
        Wire(7, 4, "outside air", "1-wire", "both", "", ""),
    }
    assert {wire for wire in made.wires if wire.gpio in (2, 3, 4)} == wires
    assert not {2, 3, 4} & set(made.free())
    svg = draw(made, "Wiring")
    assert all(f"{wire.label}: pin {wire.header}, GPIO {wire.gpio}, switched and read." in svg for wire in wires)
    assert {2, 3, 4} < set(plan(parse(CONFIG + BUSES + '[hardware]\npins = "simulator"', registry)).free())


def test_a_part_that_cannot_work_like_this_is_told() -> None:
    """GPIO 2 has a pull-up on the board, so a button that pulls it up can never be seen; row 3 is not there."""
    config = parse(CONFIG + BUTTON, registry)
    gone = replace(config.slots[0], options=replace(config.slots[0].options, row=3))
    made = plan(replace(config, slots=(gone, *config.slots[1:])))
    slot, button = made.refused
    assert Wire(3, 2, "bell", "", "", "high", "") in made.wires
    assert slot.startswith("A1: coils has 2 rows and 2 columns")
    assert button.startswith("bell: GPIO 2 does not work (GPIO2 has a fixed pull resistor)")


def test_a_pin_that_nobody_claimed_is_drawn_without_an_arrow() -> None:
    svg = draw(Plan((Wire(3, 2, "bell", "", "", "", ""),), ()), "Wiring")
    assert "bell: pin 3, GPIO 2, not in use." in svg
    assert 'class="wire unknown"' in svg.split("<g>")[1].split("</g>")[0]
    assert '-end"' not in svg.split("<g>")[1].split("</g>")[0]


def test_each_board_and_port_says_what_hangs_on_it(made: Plan) -> None:
    assert [tuple(hub) for hub in made.hubs] == [
        ("coils", "gpio_matrix", "", (("A1", "row 2, column 1"),)),
        ("relays", "modbus_relays", "serial/by-id/usb-one", (("B1", "relay 3, input 4"),)),
        ("card reader", "serial_reader", "serial/by-id/usb-two", ()),
    ]


def test_the_drawing_shows_every_pin_every_part_and_every_port(made: Plan) -> None:
    """As text, within its width, with a title and a description, and nothing from elsewhere."""
    svg = draw(made, "Wiring of depot-2")
    told = " ".join(texts(svg))
    for wire in made.wires:
        assert wire.label in told or wire.role in told, wire
        assert f"{wire.label}: pin {wire.header}, GPIO {wire.gpio}," in re.sub("&lt;|&gt;", _unescaped, svg)
    for hub in made.hubs:
        assert hub.name in told
        assert all(f"{branch.part} {branch.place}" in told for branch in hub.branches)
    assert [text for text in texts(svg) if text.isdecimal()].count("40") == 1
    root = ElementTree.fromstring(svg)
    assert root.get("aria-labelledby") == "title desc"
    assert root.get("viewBox", "").split()[2] == str(WIDTH)
    assert not re.search(r"href|url\(|@import|<image|https?://(?!www\.w3\.org/2000/svg)", svg)


def _unescaped(found: re.Match[str]) -> str:
    return {"&lt;": "<", "&gt;": ">"}[found[0]]


def test_an_arrow_points_the_way_the_signal_goes(made: Plan) -> None:
    """Outputs end at the part, inputs at the pin; a ring is on those that are active while low."""
    svg = draw(made, "Wiring")
    groups = {group.split("</title>")[0]: group for group in svg.split("<g><title>")[1:]}
    for wire in made.wires:
        (group,) = (group for said, group in groups.items() if f"GPIO {wire.gpio}," in said)
        drawn = {kind for kind in ("output", "input") if f'class="{kind}-end"' in group.split("</g>")[0]}
        assert drawn == {"both": {"output", "input"}}.get(wire.direction, {wire.direction})
        assert ('class="low"' in group.split("</g>")[0]) == (wire.active == "low")


@given(text=st.text(alphabet="abc <&-", max_size=80), letters=st.integers(2, 30), most=st.integers(1, 4))
def test_a_label_never_grows_beyond_its_place(text: str, letters: int, most: int) -> None:
    lines = wrapped(text, letters, most)
    assert len(lines) <= most
    assert all(len(line) <= letters for line in lines)
    if not lines[-1].endswith("…"):
        assert "".join("".join(lines).split()) == "".join(text.split())


def test_the_drawings_in_the_docs_are_current() -> None:
    """One for each example, and none of an example that is gone. Run `make docs` when this fails."""
    assert wiring_docs.current() == wiring_docs.pages()
