"""What cannot be wired, told by the loader with the real drivers, before anybody holds a screwdriver."""

from __future__ import annotations

import pytest

from kiosk.config import Config, parse
from kiosk.hardware import registry
from tests.config.refusals import mistakes_in, without_places

HEAD = """
[kiosk]
id = "depot-2"
site = "Old depot"

[[products]]
sku = "NAL"
name = "Naloxone"
essential = true
"""
MATRIX = """
[[controllers]]
name = "coils"
driver = "gpio_matrix"
options = { row_pins = [9, 10, 11], column_pins = [12, 13], home_pin = 5 }
"""
RELAYS = """
[[controllers]]
name = "relays"
driver = "modbus_relays"
options = { port = "serial/by-id/usb-one", inputs = 6 }
"""


def slot(name: str, driver: str, options: str) -> str:
    return f'[[slots]]\nid = "{name}"\nproduct = "NAL"\ncapacity = 9\ndriver = "{driver}"\noptions = {{ {options} }}\n'


def coil(row: int, column: int) -> str:
    return slot("A1", "gpio_matrix", f'controller = "coils", row = {row}, column = {column}')


def relay(relay: int, home: int, name: str = "B1") -> str:
    return slot(name, "modbus_coil", f'controller = "relays", relay = {relay}, input = {home}')


def parsed(*more: str) -> Config:
    return parse("\n".join((HEAD, *more)), registry)


def mistakes(*more: str) -> tuple[str, ...]:
    return without_places(mistakes_in("\n".join((HEAD, *more)), registry))


def test_a_number_that_its_board_does_not_have_is_told_with_the_range_and_the_place() -> None:
    """Bounded by a number, given or by default, and by the length of a list; the last one of each is fine."""
    parsed(RELAYS, MATRIX, coil(3, 2), relay(8, 6))
    assert mistakes(RELAYS, MATRIX, coil(4, 3), relay(9, 7)) == (
        (
            'slots[0].options.row: 4 is not there: "coils" has row_pins 1 to 3. Choose one of these, or correct '
            "controllers[1].options.row_pins."
        ),
        (
            'slots[0].options.column: 3 is not there: "coils" has column_pins 1 to 2. Choose one of these, or correct '
            "controllers[1].options.column_pins."
        ),
        (
            'slots[1].options.relay: 9 is not there: "relays" has relays 1 to 8. Choose one of these, or correct '
            "controllers[0].options.relays."
        ),
        (
            'slots[1].options.input: 7 is not there: "relays" has inputs 1 to 6. Choose one of these, or correct '
            "controllers[0].options.inputs."
        ),
    )


def test_a_board_that_is_itself_mistaken_bounds_nothing() -> None:
    (mistake,) = mistakes(MATRIX.replace("[9, 10, 11]", "9"), coil(4, 1))
    assert mistake.startswith("controllers[0].options.row_pins: must be a list")


def test_a_servo_is_refused_where_pins_give_no_pulses() -> None:
    servo = slot("A1", "gpio_servo", "pin = 12")
    for pins in ("auto", "lgpio", "simulator"):
        parsed(f'[hardware]\npins = "{pins}"', servo)
    parsed(servo)
    assert mistakes('[hardware]\npins = "gpiod"', servo) == (
        (
            'slots[0].driver: gpio_servo does not work with hardware.pins = "gpiod". Set hardware.pins = "lgpio" or '
            '"simulator", or choose another driver.'
        ),
    )


def test_a_misspelt_controller_driver_is_one_mistake_however_many_slots_hang_on_it() -> None:
    slots = (relay(number, number, f"B{number}") for number in range(1, 7))
    (mistake,) = mistakes(RELAYS.replace("modbus_relays", "modbus_relais"), *slots)
    assert (
        mistake == 'controllers[0].driver: there is no controller driver "modbus_relais". Did you mean "modbus_relays"?'
    )


def test_a_keypad_without_a_device_is_shown_one_of_a_keypad() -> None:
    (mistake,) = mistakes(relay(1, 1), RELAYS, '[[inputs]]\nname = "keys"\ndriver = "usb_keypad"')
    assert 'inputs[0].options.device: is missing. Add it: text such as "input/by-id/' in mistake
    assert '-event-kbd"' in mistake


def sensor(name: str, driver: str, options: str = "") -> str:
    return f'[[sensors]]\nname = "{name}"\ndriver = "{driver}"\noptions = {{ {options} }}\n'


SPIRAL = slot("A1", "gpio_spiral", "motor_pin = 12, home_pin = 5")
ONE_WIRE, OTHER_WIRE = sensor("air", "thermometer"), sensor("room", "thermometer")
CHIP, DAMP = sensor("air", "thermometer", 'chip = "lm75"'), sensor("damp", "hygrometer")


@pytest.mark.parametrize(
    ("bus", "pin", "wire"),
    [
        (ONE_WIRE, 4, "1-wire"),
        (sensor("air", "thermometer", 'path = "/sys/bus/w1/devices/28-1/temperature"'), 4, "1-wire"),
        (sensor("air", "thermometer", "w1_pin = 17"), 17, "1-wire"),
        (sensor("air", "thermometer", 'chip = "w1_slave_temp"'), 4, "1-wire"),
        (CHIP, 2, "SDA"),
        (CHIP, 3, "SCL"),
        (DAMP, 2, "SDA"),
    ],
)
def test_a_pin_of_a_bus_is_no_other_part_s(bus: str, pin: int, wire: str) -> None:
    """Whichever of the two comes first in the file; the simulated machine's buses have no pins."""
    sentence = f"GPIO {pin} is {wire}, which sensors[%d] is read by. Give this part another pin."
    door = sensor("door", "door", f"pin = {pin}")
    assert mistakes(SPIRAL, bus, door) == (f"sensors[1].options.pin: {sentence % 0}",)
    assert mistakes(SPIRAL, door, bus) == (f"sensors[0].options.pin: {sentence % 1}",)
    parsed('[hardware]\npins = "simulator"', SPIRAL, bus, door)


@pytest.mark.parametrize(
    ("bus", "pins"),
    [
        (sensor("air", "thermometer", "w1_pin = 17"), (2, 3, 4)),
        (sensor("air", "thermometer", 'path = "bus/iio/devices/iio:device0/in_temp_input"'), (2, 3, 4)),
        (sensor("air", "thermometer", 'chip = "cpu_thermal"'), (2, 3, 4)),
        (sensor("damp", "hygrometer", 'path = "bus/iio/devices/iio:device0/in_x"'), (2, 3, 4)),
        (CHIP + DAMP, (4,)),
        (ONE_WIRE + OTHER_WIRE, (2, 3)),
    ],
)
def test_what_no_bus_needs_is_free_and_parts_may_share_a_bus(bus: str, pins: tuple[int, ...]) -> None:
    parsed(SPIRAL, bus, *(sensor(f"door {pin}", "door", f"pin = {pin}") for pin in pins))


def test_two_buses_cannot_have_the_same_pin() -> None:
    assert mistakes(SPIRAL, DAMP, sensor("air", "thermometer", "w1_pin = 2")) == (
        "sensors[1].options: GPIO 2 cannot be 1-wire: it is SDA of sensors[0]. Give each bus its own pins.",
    )
