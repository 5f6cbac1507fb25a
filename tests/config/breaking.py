"""Ways to spoil a good configuration, each with the path that must then be told."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Raw = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

LISTS = {"products": 3, "slots": 4, "sensors": 3, "inputs": 2, "signals": 1}
REQUIRED = {
    "products": ("sku", "name"),
    "slots": ("id", "product", "capacity"),
    "sensors": ("name", "driver"),
    "inputs": ("name", "driver", "product"),
    "signals": ("name", "driver"),
}
WRONG: dict[tuple[str, str], list[Any]] = {
    ("kiosk", "id"): ["Riverside 1", "", 7, "x" * 41],
    ("kiosk", "site"): ["", 5, "y" * 61, "two\nlines"],
    ("telemetry", "port"): [0, 65536, "8883", 1.5, True],
    ("telemetry", "receipt"): ["Collector", "nobody", 1],
    ("telemetry", "tls"): [1, "yes"],
    ("privacy", "release_s"): [-1, 86401, "hourly", 10**30],
    ("products", "pictogram"): ["needle", 4],
    ("products", "essential"): ["true", 1, []],
    ("products", "hidden"): [0, "no"],
    ("products", "expired"): ["never", True, ""],
    ("products", "hours"): ["08:00-20:00", 8, {}],
    ("products", "cooldown_s"): [-1, 86401, "1 min", float("nan"), float("inf")],
    ("products", "taper_below"): [-1, 1001, 2.5],
    ("products", "limit_per_code"): [0, 51, "two"],
    ("products", "temperature_c"): [15, [15], [15, 25, 30], [], "15 to 25"],
    ("codes", "enabled"): ["yes", 1],
    ("codes", "period"): ["day", 7],
    ("codes", "issue_every_s"): [-1, 86401, 1.5],
    ("privacy", "keep_days"): [6, 3651, "forever"],
    ("telemetry", "command_key_file"): [1, "two\nlines"],
    ("slots", "capacity"): [0, 201, -5, "ten", 2.5, True, 10**40],
    ("slots", "par"): [-1, 201, "three"],
    ("slots", "id"): ["a1", "A", "A123", 11, "A1\n"],
}
SLOWING: dict[str, list[Any]] = {
    "limit_per_code": [1, 50],
    "cooldown_s": [0.5, 86400],
    "taper_below": [2, 1000],
    "cooldown_low_s": [1, 60.5],
    "hours": [["08:00-20:00"], ["00:00-24:00"]],
    "expired": ["refuse"],
}
OPTIONS = {"slots": ("motor_pin", "home_pin"), "inputs": ("pin",), "signals": ("pin",)}


def some_table(draw: Draw, lists: tuple[str, ...]) -> tuple[str, int]:
    key = draw(st.sampled_from(lists))
    return key, draw(st.integers(0, LISTS[key] - 1))


def unknown_key(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, index = some_table(draw, tuple(LISTS))
    table = raw[key][index]
    right = draw(st.sampled_from([name for name in table if name != "options"]))
    wrong = right + right[-1] + "x"
    table[wrong] = 1
    return {f"{key}[{index}]"}, f"{key}[{index}].{wrong}"


def missing_key(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, index = some_table(draw, tuple(LISTS))
    name = draw(st.sampled_from(REQUIRED[key]))
    raw[key][index].pop(name)
    return {f"{key}[{index}]"}, f"{key}[{index}].{name}"


def wrong_value(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, name = draw(st.sampled_from(sorted(WRONG)))
    value = draw(st.sampled_from(WRONG[key, name]))
    if key in LISTS:
        _, index = some_table(draw, (key,))
        raw[key][index][name] = value
        return {f"{key}[{index}]"}, f"{key}[{index}].{name}"
    raw[key][name] = value
    return {key}, f"{key}.{name}"


def duplicate(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, name = draw(st.sampled_from([("products", "sku"), ("products", "name"), ("slots", "id"), ("sensors", "name")]))
    first = draw(st.integers(0, LISTS[key] - 2))
    second = draw(st.integers(first + 1, LISTS[key] - 1))
    raw[key][second][name] = raw[key][first][name]
    return {f"{key}[{first}]", f"{key}[{second}]"}, f"{key}[{second}].{name}"


def duplicate_pin(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    first = draw(st.integers(0, LISTS["slots"] - 1))
    key, index = some_table(draw, ("inputs", "signals"))
    raw[key][index]["options"]["pin"] = raw["slots"][first]["options"]["home_pin"]
    return {f"slots[{first}]", f"{key}[{index}]"}, f"{key}[{index}].options.pin"


def unknown_product(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, index = some_table(draw, ("slots", "inputs"))
    raw[key][index]["product"] = draw(st.sampled_from(["NAL-5", "SOAP", "fts_10"]))
    return {f"{key}[{index}]", "products[0]"}, f"{key}[{index}].product"


def limited_essential(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    index = draw(st.integers(0, 2))
    raw["products"][index].update(essential=True, limit_per_visit=draw(st.integers(1, 50)))
    return {f"products[{index}]"}, f"products[{index}].limit_per_visit"


def slowed_essential(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    index = draw(st.integers(0, 2))
    name, values = draw(st.sampled_from(sorted(SLOWING.items())))
    raw["products"][index].update({"essential": True, name: draw(st.sampled_from(values))})
    return {f"products[{index}]"}, f"products[{index}].{name}"


def bad_hours(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    index = draw(st.integers(1, 2))
    wrong = draw(
        st.sampled_from(["8:00-20:00", "08:00", "08:00-25:00", "24:00-06:00", "08:00-08:00", "08.00-20.00", 8])
    )
    raw["products"][index]["hours"] = ["06:00-07:00", wrong]
    return {f"products[{index}]"}, f"products[{index}].hours[1]"


def backward_range(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    index = draw(st.integers(0, 2))
    high = draw(st.integers(-60, 99))
    raw["products"][index].update(temperature_c=[draw(st.integers(high, 100)), high], excursion_c=[-60, 100])
    return {f"products[{index}]"}, f"products[{index}].temperature_c"


def narrow_excursion(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    index = draw(st.integers(0, 2))
    excursion = draw(st.sampled_from([[16, 40], [4, 24], [26, 40], [40, 4], [20, 20.5]]))
    raw["products"][index].update(temperature_c=[15, 25], excursion_c=excursion)
    return {f"products[{index}]"}, f"products[{index}].excursion_c"


def pointless_taper(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    index = draw(st.integers(1, 2))
    below, low, where = draw(
        st.sampled_from(
            [(5, 60, "cooldown_low_s"), (0, 90, "cooldown_low_s"), (5, 0, "cooldown_low_s"), (1, 90, "taper_below")]
        )
    )
    raw["products"][index].update(cooldown_s=60, taper_below=below, cooldown_low_s=low)
    return {f"products[{index}]"}, f"products[{index}].{where}"


def keyless_codes(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    raw["codes"]["enabled"] = draw(st.just(True))
    return {"codes"}, "codes.key_file"


def unknown_driver(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, index = some_table(draw, ("slots", "sensors", "inputs", "signals"))
    raw[key][index]["driver"] = draw(st.sampled_from(["gpio_spiarl", "drop-beam", "antigravity", ""]))
    return {f"{key}[{index}]"}, f"{key}[{index}].driver"


def bad_option(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, index = some_table(draw, tuple(OPTIONS))
    name = draw(st.sampled_from(OPTIONS[key]))
    raw[key][index]["options"][name] = draw(st.sampled_from([28, -1, "GPIO4", 3.5, False]))
    return {f"{key}[{index}]"}, f"{key}[{index}].options.{name}"


def missing_option(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, index = some_table(draw, tuple(OPTIONS))
    name = draw(st.sampled_from(OPTIONS[key]))
    raw[key][index]["options"].pop(name)
    return {f"{key}[{index}]"}, f"{key}[{index}].options.{name}"


def unknown_option(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key, index = some_table(draw, tuple(OPTIONS))
    raw[key][index]["options"]["pinn"] = 3
    return {f"{key}[{index}]"}, f"{key}[{index}].options.pinn"


def par_over_capacity(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    index = draw(st.integers(0, 3))
    raw["slots"][index]["par"] = raw["slots"][index]["capacity"] + draw(st.integers(1, 50))
    return {f"slots[{index}]"}, f"slots[{index}].par"


def half_a_certificate(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    name = draw(st.sampled_from(["cert_file", "key_file"]))
    raw["telemetry"][name] = "/etc/kiosk/kiosk.pem"
    return {"telemetry"}, f"telemetry.{name}"


def password_for_nobody(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    raw["telemetry"]["username"] = draw(st.just(""))
    return {"telemetry"}, "telemetry.password_file"


def no_table(raw: Raw, draw: Draw) -> tuple[set[str], str]:
    key = draw(st.sampled_from(["privacy", "telemetry", "codes"]))
    raw[key] = draw(st.sampled_from([3, "yes", True]))
    return {key}, key


KINDS: tuple[Callable[[Raw, Draw], tuple[set[str], str]], ...] = (
    unknown_key,
    missing_key,
    wrong_value,
    duplicate,
    duplicate_pin,
    unknown_product,
    limited_essential,
    slowed_essential,
    bad_hours,
    backward_range,
    narrow_excursion,
    pointless_taper,
    keyless_codes,
    unknown_driver,
    bad_option,
    missing_option,
    unknown_option,
    par_over_capacity,
    half_a_certificate,
    password_for_nobody,
    no_table,
)


def copy_tables(names: set[str], source: Raw, target: Raw) -> None:
    """Copy tables, named such as `slots[2]` or `telemetry`, from one raw configuration to another."""
    for name in names:
        key, _, index = name.rstrip("]").partition("[")
        if index:
            target[key][int(index)] = source[key][int(index)]
        else:
            target[key] = source[key]


def toml(raw: Raw) -> str:
    """Write a raw configuration as TOML."""
    plain = [f"{key} = {_value(value)}" for key, value in raw.items() if not isinstance(value, dict | list)]
    tables = [
        f"[[{key}]]\n{_lines(table)}" if isinstance(value, list) else f"[{key}]\n{_lines(table)}"
        for key, value in raw.items()
        if isinstance(value, dict | list)
        for table in (value if isinstance(value, list) else [value])
    ]
    return "\n\n".join(["\n".join(plain), *tables]) + "\n"


def _lines(table: Raw) -> str:
    return "\n".join(f"{key} = {_value(value)}" for key, value in table.items())


def _value(value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_value(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)
