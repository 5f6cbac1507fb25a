"""Every mistake is told, all at once, each with its path; nothing else ever comes out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.config import load, parse
from kiosk.errors import ConfigError
from tests.config.breaking import KINDS, copy_tables, toml
from tests.config.drivers import SampleDrivers
from tests.config.refusals import mistakes_in, without_places
from tests.conftest import Evidence

GOOD = (Path(__file__).parent / "good.toml").read_text()
DRIVERS = SampleDrivers()


def mistakes_of(text: str) -> tuple[str, ...]:
    return without_places(mistakes_in(text, DRIVERS))


def changed(old: str, new: str, count: int = 1) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, count)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_one_of_several_mistakes_is_told(evidence: Evidence, data: st.DataObject) -> None:
    raw: dict[str, Any] = tomllib.loads(GOOD)
    taken: set[str] = set()
    paths = []
    for kind in data.draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=6)):
        spoilt = tomllib.loads(GOOD)
        claimed, path = kind(spoilt, data.draw)
        if claimed.isdisjoint(taken):
            copy_tables(claimed, spoilt, raw)
            taken |= claimed
            paths.append(path)
    mistakes = mistakes_of(toml(raw))
    evidence.count("config_mistakes", len(paths))
    for path in paths:
        assert any(mistake.startswith(f"{path}: ") for mistake in mistakes), (path, mistakes)
    assert all(": " in mistake and mistake.endswith((".", "?")) for mistake in mistakes)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_spoilt_file_loads_or_is_refused_in_words(evidence: Evidence, data: st.DataObject) -> None:
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.text(max_size=6)) + text[end:]
    try:
        parse(text, DRIVERS)
    except ConfigError:
        evidence.count("config_mistakes")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            changed("capacity = 10", "capasity = 10"),
            'slots[0].capasity: there is no such setting. Did you mean "capacity"?',
        ),
        (
            changed("capacity = 10", "capasity = 10"),
            "slots[0].capacity: is missing. Add it: a whole number from 1 to 200.",
        ),
        (
            changed("[privacy]", "[privcy]"),
            'privcy: there is no such setting. Did you mean "privacy"?',
        ),
        (
            changed("capacity = 12", 'capacity = "twelve"'),
            'slots[2].capacity: must be a whole number from 1 to 200, not "twelve".',
        ),
        (
            changed("motor_pin = 4", "motor_pin = 23"),
            "inputs[0].options.pin: GPIO 23 is already used by slots[2].options.motor_pin. Give each its own pin.",
        ),
        (
            changed('product = "HYG-1"', 'product = "HYG-2"'),
            'slots[3].product: no product has the sku "HYG-2". Did you mean "HYG-1"?',
        ),
        (
            changed('driver = "drop_beam"', 'driver = "drop_bean"'),
            'sensors[0].driver: there is no sensor driver "drop_bean". Did you mean "drop_beam"?',
        ),
        (
            changed('id = "B1"', 'id = "A1"'),
            'slots[2].id: "A1" is already the id of slots[0]. Each of slots needs its own.',
        ),
        (
            changed("essential = true", "essential = true\nlimit_per_visit = 2"),
            (
                "products[0].limit_per_visit: an essential product is never limited. "
                "Remove the limit, or set essential = false."
            ),
        ),
        (
            changed("essential = true", 'essential = true\nhours = ["08:00-20:00"]'),
            (
                "products[0].hours: an essential product comes out at every hour. "
                "Remove the hours, or set essential = false."
            ),
        ),
        (
            changed("essential = true", 'essential = true\nexpired = "refuse"'),
            (
                "products[0].expired: an essential product is never refused: past its date it comes out last, "
                'with a word about it. Set "last", or remove this line.'
            ),
        ),
        (
            changed("limit_per_visit = 3", "limit_per_code = 3"),
            "products[1].limit_per_code: needs codes, and they are off. Set enabled = true in [codes].",
        ),
        (
            changed("enabled = false", "enabled = true"),
            (
                "codes.key_file: is missing, and codes are made with it. "
                "Make it with `kiosk new-code-key FILE`, or set enabled = false."
            ),
        ),
        (
            changed("excursion_c = [4, 40.5]", "excursion_c = [4, 20]"),
            "products[0].excursion_c: does not take in temperature_c, 15 to 25. Give the wider range here.",
        ),
        (
            changed("temperature_c = [15, 25]", ""),
            "products[0].excursion_c: is of no use without temperature_c. Set both or neither.",
        ),
        (
            changed("temperature_c = [15, 25]", "temperature_c = [15, 25, 40]"),
            (
                "products[0].temperature_c: must be a list of 2 such as [15, 25], each a number from -60 to 100, "
                "not a list of 3."
            ),
        ),
        (
            changed('"08:00-12:00"', '"8-12"'),
            'products[2].hours[0]: must be text such as "08:00-20:00" or "20:00-06:00", not "8-12".',
        ),
        (
            changed("cooldown_low_s = 600", "cooldown_low_s = 5"),
            (
                "products[2].cooldown_low_s: 5 is not longer than cooldown_s, 10, so nothing would change when few "
                "are left. Set a longer time, or taper_below = 0."
            ),
        ),
        (
            changed('product = "HYG-1"', 'product = "FTS-10"') + '[[inputs]]\nname = "kit"\ndriver = "button"\n'
            'product = "HYG-1"\noptions = { pin = 26 }\n',
            'inputs[2].product: no slot holds "HYG-1", so nothing could come out. Give it a slot.',
        ),
        (
            changed('receipt = "collector"', 'receipt = "colector"'),
            'telemetry.receipt: must be one of "collector", "broker", not "colector". Did you mean "collector"?',
        ),
        (
            changed('site = "Riverside clinic, lobby"', ""),
            "kiosk.site: is missing. Add it: text of 1 to 60 characters.",
        ),
        (changed("[[signals]]", "[signals]"), "signals: must be a list of tables ([[signals]]), not a table."),
        (
            changed('receipt = "collector"', 'ca_file = "/etc/ca.pem"\ntls = false'),
            "telemetry.ca_file: is of no use without TLS. Set tls = true, or remove it.",
        ),
    ],
)
def test_the_sentence_says_what_is_wrong_and_what_to_do(text: str, mistake: str) -> None:
    assert mistake in mistakes_of(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (changed('id = "riverside-1"', "id = riverside-1"), "line 2"),
        (changed("[telemetry]", "[kiosk]"), "line 90"),
        ("slots = " + "[" * 5000 + "]" * 5000, "beyond every measure"),
        (changed("capacity = 10", "capacity = " + "9" * 5000), "beyond every measure"),
    ],
)
def test_broken_toml_is_told_with_its_place(text: str, words: str) -> None:
    (mistake,) = mistakes_of(text)
    assert mistake.startswith("kiosk.toml: is not valid TOML")
    assert words in mistake


def test_an_empty_file_lists_all_that_is_needed() -> None:
    assert [mistake.split(":")[0] for mistake in mistakes_of("")] == ["kiosk", "products", "slots"]


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    text = changed('receipt = "collector"', 'password = "correct horse"')
    mistakes = mistakes_of(text)
    assert mistakes == ('telemetry.password: there is no such setting. Did you mean "password_file"?',)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file or directory"):
        load(tmp_path / "none.toml", DRIVERS)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"[kiosk]\nid = '\xff'\n", "line 2 is not UTF-8"), (b"#" * 1_000_001, "is larger than")],
)
def test_what_is_no_configuration_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "kiosk.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        load(tmp_path / "kiosk.toml", DRIVERS)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, DRIVERS)
