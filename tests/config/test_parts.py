"""What must hold between parts: ports, channels and controllers, and what an input needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.config import Config, parse
from tests.config.drivers import SampleDrivers
from tests.config.refusals import mistakes_in, without_places

GOOD = (Path(__file__).parent / "good.toml").read_text()
BOARD = """
[[controllers]]
name = "relays"
driver = "relays"
options = { port = "ttyUSB0" }
"""
RELAY = 'driver = "relay"\noptions = { controller = "relays", relay = 3 }\n'


def slot(name: str, rest: str) -> str:
    return f'[[slots]]\nid = "{name}"\nproduct = "HYG-1"\ncapacity = 4\n{rest}\n'


def output(rest: str) -> str:
    return f'[[climate]]\nname = "heater"\n{rest}\n'


def parsed(*more: str) -> Config:
    return parse("\n".join((GOOD, *more)), SampleDrivers())


def mistakes(*more: str) -> tuple[str, ...]:
    return without_places(mistakes_in("\n".join((GOOD, *more)), SampleDrivers()))


def test_a_slot_may_hang_on_a_controller_and_be_a_locker() -> None:
    config = parsed(BOARD, slot("C1", RELAY), slot("C2", 'driver = "solenoid"\noptions = { pin = 26 }'))
    assert [slot.driver for slot in config.slots[-2:]] == ["relay", "solenoid"]
    assert config.controllers[0].options.port == "ttyUSB0"


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        ((slot("C1", RELAY),), 'slots[4].options.controller: no controller is called "relays".'),
        (
            (BOARD, slot("C1", RELAY.replace('"relays"', '"relay"'))),
            'slots[4].options.controller: no controller is called "relay". Did you mean "relays"?',
        ),
        (
            (
                BOARD.replace('driver = "relays"\noptions = { port = "ttyUSB0" }', 'driver = "other"\n'),
                slot("C1", RELAY),
            ),
            'slots[4].options.controller: "relays" has the driver other. Name a controller whose driver is relays.',
        ),
        (
            (BOARD, slot("C1", RELAY), slot("C2", RELAY)),
            'slots[5].options.relay: controller "relays", relay 3 is already used by slots[4]. Give each its own.',
        ),
        (
            (BOARD, slot("C1", RELAY), output(RELAY)),
            'climate[0].options.relay: controller "relays", relay 3 is already used by slots[4]. Give each its own.',
        ),
        (
            (BOARD, BOARD.replace('name = "relays"', 'name = "more"')),
            (
                'controllers[1].options.port: "ttyUSB0" is already used by controllers[0].options.port. '
                "Each needs a port of its own."
            ),
        ),
        (
            (BOARD, output(RELAY).replace("heater", "relays")),
            (
                'climate[0].name: "relays" is already the name of controllers[0]. '
                "Each of controllers, sensors, inputs, signals and climate needs its own."
            ),
        ),
        (
            (
                BOARD,
                slot("C1", RELAY.replace("relay = 3", "relay = 3, current_a = 4.5")),
                "[hardware]\nmax_current_a = 3",
            ),
            (
                "slots[4].options.current_a: 4.5 A is more than the supply gives, hardware.max_current_a = 3. "
                "It could never move."
            ),
        ),
        (
            ('[[inputs]]\nname = "third"\ndriver = "button"\noptions = { pin = 26 }',),
            "inputs[2].product: is missing. Add the sku of the product that comes out.",
        ),
        (
            ('[[inputs]]\nname = "keys"\ndriver = "keypad"\nproduct = "HYG-1"\noptions = { pin = 26 }',),
            "inputs[2].product: is of no use: keypad gives texts. Remove it.",
        ),
        (
            (slot("C1", "number = 11\noptions = { motor_pin = 26, home_pin = 27 }"), slot("C2", "number = 11")),
            "slots[5].number: 11 is already the number of slots[4]. Each of slots needs its own.",
        ),
        (
            (slot("C1", 'driver = "relai"'),),
            'slots[4].driver: there is no motor or lock driver "relai". Did you mean "relay"?',
        ),
    ],
)
def test_the_sentence_says_what_is_wrong_and_what_to_do(more: tuple[str, ...], mistake: str) -> None:
    assert mistake in mistakes(*more)


def test_a_port_is_needed_and_is_text() -> None:
    (mistake,) = mistakes(BOARD.replace('options = { port = "ttyUSB0" }', ""))
    assert mistake.startswith('controllers[0].options.port: is missing. Add it: text such as "serial/by-id/')
