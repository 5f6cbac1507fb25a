"""What must hold between settings: names are used once, references lead somewhere."""

from __future__ import annotations

from collections.abc import Iterable

from kiosk.config.product_rules import check_codes, check_product
from kiosk.config.settings import TABLES
from kiosk.config.validate import Validator
from kiosk.config.words import Table, as_toml, suggest


def check(validator: Validator, config: Table) -> None:
    """Note every mistake that shows only between settings. Looks only at what is sound by itself."""
    products = _tables(config, "products")
    _unique(validator, "products", products, "sku")
    _unique(validator, "products", products, "name")
    _unique(validator, "slots", _tables(config, "slots"), "id")
    _unique(validator, "slots", _tables(config, "slots"), "number")
    _unique_parts(validator, config)
    for path, product in products:
        check_product(validator, path, product)
    check_codes(validator, config.get("codes", {}), products)
    for path, slot in _tables(config, "slots"):
        _check_slot(validator, path, slot)
    _check_references(validator, config)
    _check_telemetry(validator, config.get("telemetry", {}))


def _tables(config: Table, key: str) -> list[tuple[str, Table]]:
    return [(f"{key}[{index}]", table) for index, table in enumerate(config.get(key, ()))]


def _unique(validator: Validator, what: str, tables: Iterable[tuple[str, Table]], key: str) -> None:
    owners: dict[object, str] = {}
    for path, table in tables:
        if table.get(key) is None:
            continue
        owner = owners.setdefault(table[key], path)
        if owner != path:
            validator.note(
                f"{path}.{key}", f"{as_toml(table[key])} is already the {key} of {owner}. Each of {what} needs its own."
            )


def _unique_parts(validator: Validator, config: Table) -> None:
    *keys, last = (key for key in TABLES if key != "slots")
    parts = [entry for key in (*keys, last) for entry in _tables(config, key)]
    _unique(validator, f"{', '.join(keys)} and {last}", parts, "name")


def _check_slot(validator: Validator, path: str, slot: Table) -> None:
    capacity, par = slot.get("capacity"), slot.get("par")
    if capacity is not None and par is not None and par > capacity:
        validator.note(f"{path}.par", f"{par} is more than the slot holds. Set at most capacity, {capacity}.")


def _check_references(validator: Validator, config: Table) -> None:
    skus = [table["sku"] for _, table in _tables(config, "products") if "sku" in table]
    held = [table.get("product") for _, table in _tables(config, "slots")]
    for path, table in (*_tables(config, "slots"), *_tables(config, "inputs")):
        sku = table.get("product")
        if sku is None or not skus:
            continue
        if sku not in skus:
            validator.note(f"{path}.product", f"no product has the sku {as_toml(sku)}.{suggest(sku, skus)}")
        elif sku not in held and None not in held:
            validator.note(
                f"{path}.product", f"no slot holds {as_toml(sku)}, so nothing could come out. Give it a slot."
            )


def _check_telemetry(validator: Validator, telemetry: Table) -> None:
    pairs = (("cert_file", "key_file"), ("key_file", "cert_file"), ("password_file", "username"))
    for key, partner in pairs:
        if telemetry.get(key) and telemetry.get(partner) == "":
            validator.note(f"telemetry.{key}", f"is of no use without {partner}. Set both or neither.")
    if telemetry.get("tls") is False:
        for key in ("ca_file", "cert_file", "key_file"):
            if telemetry.get(key):
                validator.note(f"telemetry.{key}", "is of no use without TLS. Set tls = true, or remove it.")
