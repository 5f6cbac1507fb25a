"""The whole service against a small physical world: thousands of lives, and every promise after every step."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.conftest import Evidence
from tests.model.machine import TALLY, Model

STEPS = 15


def explore(cases: int, number: int) -> None:
    run_state_machine_as_test(
        seed(number)(lambda: Model()),
        settings=settings(
            max_examples=cases,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            phases=[Phase.generate],
            derandomize=False,
            report_multiple_bugs=False,
        ),
    )


@pytest.mark.parametrize("number", range(4))
def test_it(number: int, evidence: Evidence) -> None:
    TALLY.clear()
    explore(100, number)
    print(TALLY)
