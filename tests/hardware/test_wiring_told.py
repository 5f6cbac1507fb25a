"""What `kiosk wiring` and `kiosk check-config` say of machines without a part on a pin, or with one of a kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from kiosk.cli.run import check_config
from kiosk.cli.wiring import wiring

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
THERMOMETER = """\
[[sensors]]
name = "inside air"                 # a DS18B20 on GPIO 4: dtoverlay=w1-gpio
driver = "thermometer"
"""


@pytest.fixture
def no_pins(tmp_path: Path) -> Path:
    """A vending machine on MDB alone."""
    text = (EXAMPLES / "mdb.toml").read_text()
    assert THERMOMETER in text
    path = tmp_path / "kiosk.toml"
    path.write_text(text.replace(THERMOMETER, ""))
    return path


def test_a_machine_without_pins_is_told_in_one_line(no_pins: Path) -> None:
    """And not by a table without rows; what hangs on the port follows all the same."""
    told = CliRunner().invoke(wiring, ["--config", str(no_pins)]).output.split("\n\n")
    assert told[0] == "Nothing hangs on the pins of the header: all of them are free."
    assert "qibixx_mdb on " in told[1]
    assert "direction" not in told[0] + told[1].splitlines()[0]


def test_a_thermometer_is_the_only_part_on_the_header() -> None:
    table, free, *_ = CliRunner().invoke(wiring, ["--config", str(EXAMPLES / "mdb.toml")]).output.split("\n\n")
    assert table.splitlines()[1].split() == ["7", "4", "inside", "air", "1-wire", "both"]
    assert free.startswith("Free: GPIO 0, 1, 2, 3, 5,")


def test_one_is_not_spoken_of_as_many(no_pins: Path) -> None:
    few = no_pins.with_name("few.toml")
    few.write_text(
        '[kiosk]\nid = "one"\nsite = "One"\n[[products]]\nsku = "NAL"\nname = "Naloxone"\n'
        '[[slots]]\nid = "A1"\nproduct = "NAL"\ncapacity = 1\noptions = { motor_pin = 9, home_pin = 5 }\n'
    )
    first, *looks = CliRunner().invoke(check_config, [str(few)]).output.splitlines()
    assert first == f"{few} is good: 1 slot, 1 product."
    assert [line.partition(": ")[0] for line in looks] == ["Worth a look"] * 4
    assert " slots, 4 products.\n" in CliRunner().invoke(check_config, [str(no_pins)]).output
