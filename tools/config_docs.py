"""Write the pages of docs that are made from the code: `python -m tools.config_docs`; a test fails if one is stale."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from kiosk.config import TABLES, Config, Options, Slot
from kiosk.config.settings import Shelf
from kiosk.config.words import as_toml, describe, first, is_table, item_of, unwrap
from kiosk.hardware import registry
from kiosk.model import EventKind

DOCS = Path(__file__).parent.parent / "docs"

HEAD = """\
# Settings

Every setting of `kiosk.toml`. This page is written from the code by `make docs`.

- `kiosk check-config PATH` tells every mistake at once, each with its setting and line; a kiosk with a mistake does not
  start. Of a file without one it tells what is worth a look, such as a product that nobody can ask for.
- `kiosk show-config PATH` prints what takes effect, defaults included and secrets masked.
- A complete example for a Raspberry Pi is [examples/kiosk.toml](../examples/kiosk.toml); beside it lies one for each
  kind of machine. `make run CONFIG=examples/vmc.toml` shows any of them on a simulated machine.
- What stands in the `options` of a part is its driver's business: see [drivers.md](drivers.md).

`[[name]]` is a list: write the table once for each. A setting without a default must be given. No pin is named twice.
"""


DRIVERS_HEAD = """\
# Drivers

Every driver there is, with its `options`, as `options = { pin = 4 }` or in a table of their own. This page is written
from the code by `make docs`. How to add one: [adding-a-driver.md](adding-a-driver.md). `kiosk wiring` prints which pin
goes where.
"""


def settings_page() -> str:
    """Return docs/config.md."""
    lines = [HEAD]
    for field in msgspec.structs.fields(Config):
        item = item_of(field.type)
        table, title = (unwrap(item)[0], f"[[{field.name}]]") if item else (field.type, f"[{field.name}]")
        lines += [f"## `{title}`", "", summary(table), "", *rows(table), ""]
        if table is Slot:
            lines += ["## `[[shelves]]`", "", inspect.cleandoc(Shelf.__doc__ or ""), "", *rows(Shelf), ""]
    return "\n".join(lines).rstrip() + "\n"


def drivers_page() -> str:
    """Return docs/drivers.md."""
    lines = [DRIVERS_HEAD]
    for part, kinds in TABLES.items():
        lines += [f"# `[[{part}]]`", ""]
        for kind in kinds:
            for name in registry.names(kind):
                options = registry.options_type(kind, name)
                about = (sys.modules[options.__module__].__doc__ or "").strip()
                lines += [f"## `{name}`", "", about, "", summary(options), "", *rows(options), ""]
    return "\n".join(lines).rstrip() + "\n"


EVENTS_HEAD = """\
# Events

Every kind of event that a kiosk writes into its ledger and [sends](telemetry.md), what it means, and what its quantity
counts. This page is written from the code by `make docs`.

| kind | means | quantity |
|---|---|---|
"""


def events_page() -> str:
    """Return docs/events.md."""
    return EVENTS_HEAD + "".join(f"| `{kind}` | {kind.means} | {kind.counts} |\n" for kind in EventKind)


PAGES = {
    DOCS / "config.md": settings_page,
    DOCS / "drivers.md": drivers_page,
    DOCS / "events.md": events_page,
}
"""Every page that is written, and what writes it."""


def summary(table: type[Options]) -> str:
    """Return the first line of a table's own words."""
    return (table.__doc__ or "").strip().splitlines()[0]


def rows(table: type[Options]) -> Iterator[str]:
    """Give the lines of the table that lists every setting of one struct."""
    yield "| setting | is | default | what it does |"
    yield "|---|---|---|---|"
    for field in msgspec.structs.fields(table):
        said = first(unwrap(field.type)[1], "description") or ""
        allowed = "a table" if field.name == "options" or is_table(field.type) else describe(field.type)
        yield f"| `{field.name}` | {allowed} | {default(field)} | {said} |"


def default(field: Any) -> str:
    """Return what holds when a setting is not given."""
    if field.required:
        return "must be given"
    return "none" if field.default is None else f"`{as_toml(field.default)}`"


if __name__ == "__main__":
    for target, page in PAGES.items():
        target.write_text(page())
        sys.stdout.write(f"Wrote docs/{target.name}.\n")
