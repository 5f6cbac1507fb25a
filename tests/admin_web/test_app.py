"""What the staff pages are made of."""

from __future__ import annotations

import pkgutil

from admin_web import pages
from admin_web.app import PAGES


def test_every_page_is_registered() -> None:
    """A file in `pages` that nobody names would be a page that nobody can open."""
    there = {module.name for module in pkgutil.iter_modules(pages.__path__)}
    assert there == {page.__name__.rpartition(".")[2] for page in PAGES}
