"""Write kiosk.toml: what every test's kiosk has is written once, and each test says what is its own.

`kiosk_toml(a_product("NAL", essential=True), a_slot("A1", options={"motor_pin": 2, "home_pin": 3}))`
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

Settings = Mapping[str, object]


def kiosk_toml(*parts: str, name: str = "test-kiosk", site: str = "Test Street", **tables: Settings) -> str:
    """Return the configuration of a simulated machine. `tables` are such as `simulator={"speed": 20}`."""
    single: dict[str, Settings] = {"kiosk": {"id": name, "site": site}, "hardware": {"pins": "simulator"}, **tables}
    return "\n".join([*(f"[{table}]\n{_lines(settings)}" for table, settings in single.items()), *parts]) + "\n"


def folders(folder: Path) -> Settings:
    """Return where a kiosk in `folder` keeps its files."""
    return {"state": folder / "state", "runtime": folder / "run"}


def a_product(sku: str, name: str = "Naloxone", **settings: object) -> str:
    """Return a product."""
    return table("products", sku=sku, name=name, **settings)


def a_slot(name: str, product: str = "NAL", capacity: int = 9, **settings: object) -> str:
    """Return a slot."""
    return table("slots", id=name, product=product, capacity=capacity, **settings)


def a_part(kind: str, name: str, driver: str, **settings: object) -> str:
    """Return a part: `kind` is the name of its list, such as `sensors`."""
    return table(kind, name=name, driver=driver, **settings)


def table(kind: str, **settings: object) -> str:
    """Return one table of a list."""
    return f"[[{kind}]]\n{_lines(settings)}"


def value(of: object) -> str:
    """Write a value as TOML: text, numbers, lists, and inline tables."""
    if isinstance(of, Mapping):
        return "{ " + ", ".join(f"{name} = {value(inner)}" for name, inner in of.items()) + " }"
    if isinstance(of, list | tuple):
        return "[" + ", ".join(map(value, of)) + "]"
    return json.dumps(str(of) if isinstance(of, Path) else of)


def _lines(settings: Settings) -> str:
    return "".join(f"{name} = {value(of)}\n" for name, of in settings.items())
