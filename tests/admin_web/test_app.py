"""What the staff pages are made of."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Blueprint

import admin_web
from admin_web.app import NAVIGATION, pages


def test_every_page_is_found() -> None:
    """A page in a file of another name would be one that nobody can open."""
    names = [found.name for found in pkgutil.walk_packages(admin_web.__path__, "admin_web.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    made = {value for module in modules for value in vars(module).values() if isinstance(value, Blueprint)}
    assert made == set(pages())
    assert len(made) >= 18


def test_the_navigation_leads_to_pages() -> None:
    names = {page.name for page in pages()}
    assert {name.partition(".")[0] for _, name, _ in NAVIGATION} <= names
    assert {name for _, _, below in NAVIGATION for name in below} <= names
