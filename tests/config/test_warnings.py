"""What a configuration without mistakes may still have forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.config import parse, warnings
from kiosk.hardware import registry

EXAMPLES = Path(__file__).parent.parent.parent / "examples"

UNREPORTED = "telemetry.host: is not set, so stock is reported to nobody. Set it, or look at the kiosk."

HEAD = """
[kiosk]
id = "depot-2"
site = "Old depot"
[telemetry]
host = "broker.example"
[[products]]
sku = "NAL"
name = "Naloxone"
essential = true
[[slots]]
id = "A1"
number = 11
product = "NAL"
capacity = 8
options = { motor_pin = 4, home_pin = 5 }
[[sensors]]
name = "beam"
driver = "drop_beam"
options = { pin = 6 }
[[inputs]]
name = "button"
driver = "button"
product = "NAL"
options = { pin = 7 }
"""
BUTTON = HEAD[HEAD.index("[[inputs]]") :]
KEYPAD = '[[inputs]]\nname = "keys"\ndriver = "gpio_keypad"\noptions = { row_pins = [8], column_pins = [9, 10] }\n'
BEAM = HEAD[HEAD.index("[[sensors]]") : HEAD.index("[[inputs]]")]
UNASKED = (
    "products[0] (line 7): nobody can ask for Naloxone. Give it a button in [[inputs]], or its slots a number that a "
    "keypad has."
)
UNSEEN = (
    "sensors: nothing sees an item fall, so no vend is certain and nothing is tried again after a jam. Add a drop "
    "sensor, such as drop_beam."
)
INESSENTIAL = "products: none is essential. Set essential = true for naloxone, so that nothing keeps it in."
LOCKER = ("options = { motor_pin = 4, home_pin = 5 }", 'driver = "gpio_solenoid"\noptions = { pin = 4 }')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEAD, []),
        (HEAD.replace("essential = true\n", ""), [INESSENTIAL]),
        (HEAD.replace(BUTTON, ""), [UNASKED]),
        (HEAD.replace(BUTTON, "").replace("essential = true", "essential = true\nhidden = true"), []),
        (HEAD.replace(BUTTON, KEYPAD), []),
        (HEAD.replace(BUTTON, KEYPAD).replace("number = 11", "number = 13"), [UNASKED]),
        (HEAD.replace(BUTTON, KEYPAD).replace("number = 11", ""), [UNASKED]),
        (HEAD.replace(BEAM, ""), [UNSEEN]),
        (HEAD.replace(BEAM, "").replace(*LOCKER), []),
        (HEAD.replace('host = "broker.example"\n', ""), [UNREPORTED.replace("host:", "host (line 5):")]),
    ],
)
def test_what_was_forgotten_is_told(text: str, told: list[str]) -> None:
    assert warnings(parse(text, registry), text, registry) == told


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_forgot_nothing_but_the_broker(path: Path) -> None:
    text = path.read_text()
    (told,) = warnings(parse(text, registry), text, registry)
    assert told.startswith("telemetry.host")
