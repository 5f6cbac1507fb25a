"""The examples load with the real drivers, and the complete one is complete and tells the true defaults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.config import Config, Options, load
from kiosk.config.load import KINDS
from kiosk.config.words import item_of, peel
from kiosk.hardware import registry
from tools.config_docs import TARGET, page

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


@pytest.mark.parametrize("name", ["kiosk.toml", "simulated.toml"])
def test_it_loads(name: str) -> None:
    config = load(EXAMPLES / name, registry)
    assert len(config.slots) == 10
    assert [product.sku for product in config.products if product.essential] == ["NAL-4"]
    assert sum(slot.product == "NAL-4" for slot in config.slots) == 3


def test_the_simulated_one_shows_messages_at_once() -> None:
    config = load(EXAMPLES / "simulated.toml", registry)
    assert (config.hardware.pins, config.privacy.release_s, config.telemetry.host) == ("simulator", 0, "")


def test_the_complete_one_shows_every_setting() -> None:
    text = (EXAMPLES / "kiosk.toml").read_text()
    config = load(EXAMPLES / "kiosk.toml", registry)
    structs = set(_structs(Config)) | {type(part.options) for key in KINDS for part in getattr(config, key)}
    assert len(structs) >= 15
    for struct in structs:
        for field in msgspec.structs.fields(struct):
            assert f"{field.name} = " in text or f"[{field.name}]" in text or f".{field.name}]" in text, field.name


@pytest.mark.parametrize("table", ["hardware", "simulator", "telemetry", "privacy", "codes", "paths"])
def test_the_complete_one_shows_the_defaults(table: str) -> None:
    config = load(EXAMPLES / "kiosk.toml", registry)
    assert getattr(config, table) == type(getattr(config, table))()


def test_the_first_part_of_each_kind_shows_its_defaults() -> None:
    config = load(EXAMPLES / "kiosk.toml", registry)
    for part in (config.slots[0], config.sensors[0], config.sensors[1], config.inputs[0], config.lights[0]):
        for field in msgspec.structs.fields(part.options):
            if not field.required and field.default is not None:
                assert getattr(part.options, field.name) == field.default


def test_motors_hang_on_pins_that_are_low_while_the_pi_boots() -> None:
    config = load(EXAMPLES / "kiosk.toml", registry)
    assert all(slot.options.motor_pin >= 9 for slot in config.slots)


def test_the_page_of_settings_is_fresh() -> None:
    assert TARGET.read_text() == page(), "docs/config.md is stale: run `make docs`."


def _structs(struct: type[Options]) -> Iterator[type[Any]]:
    yield struct
    for field in msgspec.structs.fields(struct):
        bare, _ = peel(item_of(field.type) or field.type)
        if isinstance(bare, type) and issubclass(bare, Options):
            yield from _structs(bare)
