"""A shelf stands for its slots, and a mistake in it is told once, with its line and the slots that it is about."""

from __future__ import annotations

import pytest

from kiosk.config import Config, parse, show
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

[[products]]
sku = "SOX"
name = "Socks"

[[controllers]]
name = "coils"
driver = "gpio_matrix"
options = { row_pins = [9, 10], column_pins = [12, 13, 14], home_pin = 5 }
"""

SHELF = """
[[shelves]]
row = "B"
columns = "1-3"
number = "21-23"
product = "NAL"
capacity = 8
par = 2
driver = "gpio_matrix"
options = { controller = "coils", row = "{row}", column = "{column}" }
"""


def parsed(text: str) -> Config:
    return parse(HEAD + text, registry)


def mistakes(text: str) -> tuple[str, ...]:
    return mistakes_in(HEAD + text, registry)


def test_a_shelf_is_the_slots_of_its_columns() -> None:
    config = parsed(SHELF)
    assert [(slot.id, slot.number, slot.capacity, slot.par) for slot in config.slots] == [
        ("B1", 21, 8, 2),
        ("B2", 22, 8, 2),
        ("B3", 23, 8, 2),
    ]
    assert [(slot.options.row, slot.options.column) for slot in config.slots] == [(2, 1), (2, 2), (2, 3)]


def test_what_is_shown_is_what_takes_effect_and_loads_again() -> None:
    config = parsed(SHELF)
    shown = show(config)
    assert shown.count("[[slots]]") == 3
    assert parse(shown, registry) == config


@pytest.mark.parametrize(
    ("columns", "ids"), [("1-3", "B1 B2 B3"), ("2, 1", "B2 B1"), ("1-2, 9, 11-12", "B1 B2 B9 B11 B12"), ("7", "B7")]
)
def test_columns_are_written_as_people_do(columns: str, ids: str) -> None:
    text = f'[[shelves]]\nrow = "B"\ncolumns = "{columns}"\nproduct = "NAL"\ncapacity = 1\n'
    found = [path for path in without_places(mistakes(text)) if "motor_pin: is missing" in path]
    assert len(found) == 1, "each slot lacks its pins, and that is told once"
    config = parsed(text + 'driver = "gpio_solenoid"\noptions = { pin = "15-27" }'.replace("15-27", pins(ids)))
    assert [slot.id for slot in config.slots] == ids.split()


def pins(ids: str) -> str:
    """Return a pin for each of so many slots."""
    return ", ".join(str(15 + index) for index, _ in enumerate(ids.split()))


def test_a_whole_number_may_be_one_for_each_column() -> None:
    config = parsed(SHELF.replace("capacity = 8", 'capacity = "8, 5-6"').replace('"{column}"', '"3, 1-2"'))
    assert [(slot.capacity, slot.options.column) for slot in config.slots] == [(8, 3), (5, 1), (6, 2)]


def test_a_slot_of_its_own_changes_what_it_names() -> None:
    own = '[[slots]]\nid = "B2"\nproduct = "SOX"\noptions = { column = 1 }\n[[slots]]\nid = "C1"\nproduct = "SOX"\n'
    own += 'capacity = 3\ndriver = "gpio_solenoid"\noptions = { pin = 20 }\n'
    config = parsed(SHELF.replace('"{column}"', '"2, 3, 3"') + own)
    assert [(slot.id, slot.product, slot.capacity) for slot in config.slots] == [
        ("B1", "NAL", 8),
        ("B2", "SOX", 8),
        ("B3", "NAL", 8),
        ("C1", "SOX", 3),
    ]
    assert [slot.options.column for slot in config.slots[:3]] == [2, 1, 3]


def test_another_driver_brings_its_own_options() -> None:
    config = parsed(SHELF + '[[slots]]\nid = "B2"\ndriver = "gpio_solenoid"\noptions = { pin = 20 }\n')
    assert [slot.driver for slot in config.slots] == ["gpio_matrix", "gpio_solenoid", "gpio_matrix"]
    assert config.slots[1].options.pin == 20


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            SHELF.replace("capacity = 8", "capacity = 999"),
            "shelves[0].capacity (line 25, B1 to B3): must be a whole number from 1 to 200, not 999.",
        ),
        (
            SHELF.replace('"1-3"', '"1-2, 4"').replace('"{column}"', '"1, 2, 4"'),
            (
                'shelves[0].options.column (line 28, B4): 4 is not there: "coils" has column_pins 1 to 3. Choose one '
                "of these, or correct controllers[0].options.column_pins."
            ),
        ),
        (
            SHELF.replace("capacity = 8\n", ""),
            "shelves[0].capacity (line 20, B1 to B3): is missing. Add it: a whole number from 1 to 200.",
        ),
        (
            SHELF.replace('"21-23"', '"21-22"'),
            "shelves[0].number (line 23): names 2 numbers for 3 columns. Give one for each.",
        ),
        (
            SHELF.replace("par = 2", "paar = 2"),
            'shelves[0].paar (line 26): there is no such setting. Did you mean "par"?',
        ),
        (
            SHELF.replace('row = "B"', 'row = "BB"'),
            'shelves[0].row (line 21): must be text such as "A", not "BB".',
        ),
        (
            SHELF.replace('"1-3"', '"1 to 3"'),
            'shelves[0].columns (line 22): must be text such as "1-10" or "1-4, 6", not "1 to 3".',
        ),
        (
            SHELF.replace('"1-3"', '"1-3, 2"'),
            'shelves[0].columns (line 22): must be columns from 0 to 99, each once, such as "1-10" or "1-4, 6".',
        ),
        (
            SHELF + SHELF,
            (
                'shelves[1].columns (line 32, B1): "B1" is already the id of B1 (shelves[0]). Each of slots needs its '
                "own."
            ),
        ),
        (
            SHELF + '[[slots]]\nid = "B2"\noptions = { column = 3 }\n',
            (
                'shelves[0].options.column (line 28, B3): controller "coils", row 2, column 3 is already used by '
                "slots[0]. Give each its own."
            ),
        ),
        (
            SHELF + '[[slots]]\nid = "B2"\ncapacity = 0\n',
            "slots[0].capacity (line 31, B2): must be a whole number from 1 to 200, not 0.",
        ),
    ],
)
def test_a_mistake_is_told_once_with_its_line_and_its_slots(text: str, mistake: str) -> None:
    assert mistake in mistakes(text)


def test_what_is_no_list_of_shelves_is_told() -> None:
    found = mistakes_in(f"shelves = 3\n{HEAD}", registry)
    assert "shelves (line 1): must be a list of tables ([[shelves]]), not 3." in found


def test_a_file_cannot_ask_for_more_slots_than_there_is_memory() -> None:
    found = without_places(mistakes('[[shelves]]\nrow = "A"\ncolumns = "0-99"\n' * 200))
    assert "shelves: are 200. A machine has 100 at most." in found
    assert "shelves[5].columns: are too many: all shelves together have 500 at most." in found


def test_what_was_told_once_brings_no_other_mistake_with_it() -> None:
    """And mistakes come in the order of their lines."""
    (only,) = mistakes(SHELF.replace("capacity = 8", 'capacity = "8, 5"'))
    assert only.startswith("shelves[0].capacity (line 25): names 2 numbers for 3 columns")
    several = mistakes(SHELF.replace('row = "B"', 'row = "B"\nnote = 1').replace("par = 2", "par = 99") + 'x = "y"\n')
    assert [mistake.partition(" (")[0] for mistake in several] == ["shelves[0].note", "shelves[0].par", "shelves[0].x"]


OWN = '[[slots]]\nid = "B2"\n'


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            SHELF + OWN + 'driver = "gpio_pair"\n',
            "slots[0].options.left_motor_pin (line 29, B2): is missing.",
        ),
        (SHELF + OWN + 'driver = "gpio_matrix"\ncapacity = 0\n', "slots[0].capacity (line 32, B2): must be"),
        (SHELF + OWN + 'capacity = "slots[0]x"\n', 'must be a whole number from 1 to 200, not "slots[0]x".'),
        (SHELF + OWN + '"a b" = 5\n', 'slots[0]."a b" (line 31, B2): there is no such setting.'),
        (SHELF + f'[[slots]]\nid = "A{"1" * 5000}"\n', "slots[0].id (line 30): must be text such as"),
        (SHELF + '[[slots]]\nid = "\\u001b[31m"\n', "slots[0].id (line 30): must be text such as"),
        (
            SHELF
            + "".join(
                f'[[inputs]]\nname = "{name}"\ndriver = "serial_reader"\noptions.port = "slots[0]"\n' for name in "xy"
            ),
            'inputs[1].options.port (line 36): "slots[0]" is already used by inputs[0].options.port.',
        ),
    ],
)
def test_whatever_somebody_types_a_mistake_is_told_where_it_is(text: str, mistake: str) -> None:
    """Nothing that stands in the file is taken for a place, and what a slot's own table names is told there."""
    assert any(mistake in told for told in mistakes(text)), mistakes(text)


def test_a_long_key_costs_no_memory() -> None:
    text = f"{'k' * 100_000} = [{'1,' * 3000}]\n{HEAD}"
    assert any("there is no such setting" in told for told in mistakes_in(text, registry))
