"""The examples load with the real drivers, and the complete one is complete and tells the true defaults."""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kiosk.config import TABLES, Config, Options, load
from kiosk.config.settings import Pictogram
from kiosk.config.words import item_of, unwrap
from kiosk.hardware import registry
from kiosk.look import pictograms
from tools.config_docs import PAGES

EXAMPLES = Path(__file__).parent.parent.parent / "examples"


def example(name: str) -> Config:
    return load(EXAMPLES / f"{name}.toml", registry)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_it_loads_and_has_naloxone_more_than_once(path: Path) -> None:
    config = load(path, registry)
    (naloxone,) = [product.sku for product in config.products if product.essential]
    assert sum(slot.product == naloxone for slot in config.slots) >= 2


def test_every_driver_is_in_an_example() -> None:
    configs = [load(path, registry) for path in EXAMPLES.glob("*.toml")]
    for key, kinds in TABLES.items():
        shown = {part.driver for config in configs for part in getattr(config, key)}
        assert shown == {name for kind in kinds for name in registry.names(kind)}, key


def test_the_simulated_one_shows_messages_at_once() -> None:
    config = example("simulated")
    assert (config.hardware.pins, config.privacy.release_s, config.telemetry.host) == ("simulator", 0, "")


def test_the_complete_one_shows_every_setting() -> None:
    text = (EXAMPLES / "kiosk.toml").read_text()
    config = example("kiosk")
    structs = set(_structs(Config)) | {type(part.options) for _, part in config.parts()}
    assert len(structs) >= 15
    for struct in structs:
        for field in msgspec.structs.fields(struct):
            written = rf"^#? ?\[*({field.name} = |(\w+\.)?{field.name}\]|slots\.{field.name}\])"
            assert re.search(written, text, re.MULTILINE) or f" {field.name} = " in text, field.name


@pytest.mark.parametrize("table", ["hardware", "simulator", "telemetry", "privacy", "codes", "paths"])
def test_the_complete_one_shows_the_defaults(table: str) -> None:
    config = example("kiosk")
    assert getattr(config, table) == type(getattr(config, table))()


def test_the_first_part_of_each_kind_shows_its_defaults() -> None:
    config = example("kiosk")
    for part in (config.slots[0], config.sensors[0], config.sensors[1], config.inputs[0], config.signals[0]):
        for field in msgspec.structs.fields(part.options):
            if not field.required and field.default is not None:
                assert getattr(part.options, field.name) == field.default


def test_motors_hang_on_pins_that_are_low_while_the_pi_boots() -> None:
    config = example("kiosk")
    assert all(slot.options.motor_pin >= 9 for slot in config.slots)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_pages_are_fresh(path: Path) -> None:
    assert path.read_text() == PAGES[path](), f"docs/{path.name} is stale: run `make docs`."


def _structs(struct: type[Options]) -> Iterator[type[Any]]:
    yield struct
    for field in msgspec.structs.fields(struct):
        bare, _ = unwrap(item_of(field.type) or field.type)
        if isinstance(bare, type) and issubclass(bare, Options):
            yield from _structs(bare)


def test_there_is_a_picture_for_each_name_and_a_name_for_each_picture() -> None:
    assert {*typing.get_args(Pictogram), "emergency"} == set(pictograms())
