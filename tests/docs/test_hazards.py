"""docs/hazards.md names a test for each hazard, and each of them exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent.parent
TABLES = (TESTS.parent / "docs" / "hazards.md").read_text().splitlines()
HAZARDS = [line for line in TABLES if line.startswith("| ") and not line.startswith("| failure |")]
NAMED = re.compile(r"\[([\w/]+\.py)::(\w+)\]\((\S+)\)")


def test_every_hazard_has_an_effect_a_prevention_and_a_test() -> None:
    assert len(HAZARDS) >= 25
    for hazard in HAZARDS:
        cells = [cell.strip() for cell in hazard.strip("|").split("|")]
        assert len(cells) == 4, hazard
        assert all(cells), hazard
        assert NAMED.search(cells[3]), hazard


def test_every_test_that_is_named_exists_where_the_link_leads() -> None:
    for file, name, link in NAMED.findall("\n".join(HAZARDS)):
        assert link == f"../tests/{file}"
        parsed = ast.walk(ast.parse((TESTS / file).read_text()))
        functions = {node.name for node in parsed if isinstance(node, ast.FunctionDef)}
        assert name in functions, f"{file} has no {name}: correct docs/hazards.md."
