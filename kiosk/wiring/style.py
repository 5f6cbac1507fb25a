"""How a drawing looks."""

from __future__ import annotations

from pathlib import Path

STYLE = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
"""What stands in each drawing's `<style>`, as every drawing is a file of its own."""
