"""What must hold within a product, and between products and codes: nothing limits what is essential."""

from __future__ import annotations

from typing import Any

from kiosk.config.validate import Validator
from kiosk.config.words import Table

Span = list[Any] | None
"""A range of temperatures, None where none is given; an unsound end of it is None."""

LIMITS = {
    "limit_per_visit": "is never limited. Remove the limit",
    "limit_per_code": "is never limited. Remove the limit",
    "cooldown_s": "never makes anybody wait. Remove the cool-down",
    "taper_below": "never makes anybody wait. Remove the cool-down",
    "cooldown_low_s": "never makes anybody wait. Remove the cool-down",
    "hours": "comes out at every hour. Remove the hours",
}
"""Settings that an essential product refuses, and why."""


def check_product(validator: Validator, path: str, product: Table) -> None:
    """Note what one product's settings get wrong together. Looks only at what is sound by itself."""
    if product.get("essential"):
        _check_essential(validator, path, product)
    else:
        _check_taper(validator, path, product)
    _check_hours(validator, path, product.get("hours") or ())
    _check_temperatures(validator, path, product.get("temperature_c"), product.get("excursion_c"))


def check_codes(validator: Validator, codes: Table, products: list[tuple[str, Table]]) -> None:
    """Note what asks for codes while there are none, and codes without a key."""
    if codes.get("enabled") and codes.get("key_file") == "":
        validator.note(
            "codes.key_file",
            "is missing, and codes are made with it. Make it with `kiosk new-code-key FILE`, or set enabled = false.",
        )
    for path, product in products:
        limit = product.get("limit_per_code")
        if limit is not None and not product.get("essential") and codes.get("enabled", False) is False:
            validator.note(f"{path}.limit_per_code", "needs codes, and they are off. Set enabled = true in [codes].")


def _check_essential(validator: Validator, path: str, product: Table) -> None:
    for name, why in LIMITS.items():
        if product.get(name):
            validator.note(f"{path}.{name}", f"an essential product {why}, or set essential = false.")
    if product.get("expired") == "refuse" and f"{path}.expired" in validator.given:
        validator.note(
            f"{path}.expired",
            "an essential product is never refused: past its date it comes out last, with a word about it. "
            'Set "last", or remove this line.',
        )


def _check_taper(validator: Validator, path: str, product: Table) -> None:
    usual, below, low = (product.get(name) for name in ("cooldown_s", "taper_below", "cooldown_low_s"))
    if usual is None or below is None or low is None:
        return
    if low and not below:
        validator.note(f"{path}.cooldown_low_s", "is of no use without taper_below. Set both or neither.")
    if below == 1:
        validator.note(f"{path}.taper_below", "1 leaves nothing to count down. Set at least 2, or 0 for never.")
    if below and low <= usual:
        validator.note(
            f"{path}.cooldown_low_s",
            f"{low:g} is not longer than cooldown_s, {usual:g}, so nothing would change when few are left. "
            "Set a longer time, or taper_below = 0.",
        )


def _check_hours(validator: Validator, path: str, hours: tuple[str | None, ...]) -> None:
    for index, span in enumerate(hours):
        if span is not None and span[:5] == span[6:]:
            validator.note(
                f"{path}.hours[{index}]",
                "ends when it begins. Give another end; leave hours out for always.",
            )


def _check_temperatures(validator: Validator, path: str, stored: Span, excursion: Span) -> None:
    sound = [
        _is_span(validator, f"{path}.{name}", span)
        for name, span in (("temperature_c", stored), ("excursion_c", excursion))
    ]
    if excursion is not None and stored is None and f"{path}.temperature_c" not in validator.given:
        validator.note(f"{path}.excursion_c", "is of no use without temperature_c. Set both or neither.")
    if all(sound) and stored and excursion and (excursion[0] > stored[0] or excursion[1] < stored[1]):
        told = f"does not take in temperature_c, {stored[0]:g} to {stored[1]:g}. Give the wider range here."
        validator.note(f"{path}.excursion_c", told)


def _is_span(validator: Validator, path: str, span: Span) -> bool:
    if span is None or None in span:
        return False
    if span[0] >= span[1]:
        validator.note(path, f"{span[0]:g} is not below {span[1]:g}. Give the lower one first.")
        return False
    return True
