"""The drawings of the wiring, looked at on a small phone, by day and by night, and on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import SMALL_PHONE, OpenPage
from tools.wiring_docs import TARGET

DRAWINGS = sorted(path.name for path in TARGET.glob("*.svg"))

MEASURE = """() => {
  const box = element => element.getBoundingClientRect();
  const texts = [...document.querySelectorAll('svg text')].map(text => [text.textContent, box(text)]);
  const beside = (a, b) => a.right - 1 <= b.left || b.right - 1 <= a.left;
  const overlaps = (a, b) => !beside(a, b) && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  return {
    outside: texts.filter(([, at]) => at.left < 0 || at.right > innerWidth || at.height < 10).map(([words]) => words),
    overlapping: texts.flatMap(([words, at], index) =>
      texts.slice(index + 1).filter(([, other]) => overlaps(at, other)).map(([others]) => words + ' / ' + others)),
    wide: document.documentElement.scrollWidth > innerWidth,
    ink: getComputedStyle(document.querySelector('svg text')).fill,
    paper: getComputedStyle(document.querySelector('svg .paper')).fill,
  };
}"""

COLOURS = {
    "light": ("rgb(22, 48, 46)", "rgb(251, 246, 238)"),
    "dark": ("rgb(244, 239, 230)", "rgb(14, 23, 22)"),
    "print": ("rgb(0, 0, 0)", "rgb(255, 255, 255)"),
}


def show(page: Page, name: str) -> None:
    drawing = (TARGET / name).read_text(encoding="utf-8")
    head = '<!doctype html><html lang="en"><title>Wiring</title><body style="margin:0"><main><h1>Wiring</h1>'
    page.set_content(f"{head}{drawing}</main></body></html>")


@pytest.mark.parametrize("scheme", COLOURS)
@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_is_read_at_360_px(open_page: OpenPage, axe: Callable[[Page], None], name: str, scheme: str) -> None:
    """No word leaves the screen, lies over another or is small; the colours follow the screen, and paper is white."""
    page = open_page(viewport=SMALL_PHONE, color_scheme="dark" if scheme == "print" else scheme)
    if scheme == "print":
        page.emulate_media(media="print")
    show(page, name)
    found = page.evaluate(MEASURE)
    assert (found["outside"], found["overlapping"], found["wide"]) == ([], [], False)
    assert (found["ink"], found["paper"]) == COLOURS[scheme]
    axe(page)
