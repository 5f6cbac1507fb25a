"""A good configuration loads, and is shown as it takes effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.config import CodeSettings, Config, load, parse, show
from tests.config.drivers import Beam, SampleDrivers, Spiral

GOOD = Path(__file__).parent / "good.toml"
DRIVERS = SampleDrivers()


@pytest.fixture
def config() -> Config:
    return load(GOOD, DRIVERS)


def test_options_become_the_drivers_own(config: Config) -> None:
    assert config.slots[1].options == Spiral(motor_pin=2, home_pin=3, leave_s=1.5)
    assert config.sensors[0].options == Beam(pin=20, emitter_pin=21)


def test_what_is_not_said_has_its_default(config: Config) -> None:
    assert config.slots[0].driver == "gpio_spiral"
    assert config.hardware.pins == "auto"
    assert config.paths.state == "/var/lib/kiosk"
    assert config.products[0].limit_per_visit is None


def test_lists_of_two_and_of_many_are_kept(config: Config) -> None:
    assert (config.products[0].temperature_c, config.products[0].excursion_c) == ((15.0, 25.0), (4.0, 40.5))
    assert config.products[2].hours == ("08:00-12:00", "20:00-06:00")


def test_an_essential_product_past_its_date_comes_out_last(config: Config) -> None:
    assert [product.expired for product in config.products] == ["last", "refuse", "label"]


def test_codes_are_off_unless_somebody_wants_them(config: Config) -> None:
    assert not CodeSettings().enabled
    wanted = GOOD.read_text().replace("enabled = false", 'enabled = true\nkey_file = "/etc/kiosk/codes.key"')
    wanted = wanted.replace("limit_per_visit = 3", "limit_per_visit = 3\nlimit_per_code = 10")
    assert parse(wanted, DRIVERS).products[1].limit_per_code == 10


def test_what_is_shown_loads_to_the_same(config: Config) -> None:
    assert parse(show(config).replace("********", "hunter2"), DRIVERS) == config


def test_secrets_are_masked_and_files_are_not(config: Config) -> None:
    shown = show(config)
    assert "hunter2" not in shown
    assert 'password_file = "/etc/kiosk/broker-password"' in shown


def test_what_nobody_set_is_marked(config: Config) -> None:
    shown = show(config)
    assert 'state = "/var/lib/kiosk"  # default' in shown
    assert "release_s = 900\n" in shown
