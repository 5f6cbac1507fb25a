"""Live through many kiosks, drawn from a seed, in a process of their own if need be."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.bugs import SOUND, Bug
from tests.model.living import TALLY
from tests.model.machine import Model

STEPS = 15
"""Things that happen to one kiosk."""

FIND = (Phase.generate,)
FIND_AND_SHRINK = (Phase.generate, Phase.shrink)


def explore(number: int, cases: int, bug: Bug = SOUND, phases: tuple[Phase, ...] = FIND_AND_SHRINK) -> dict[str, int]:
    """Live through so many kiosks, drawn from the seed `number`; return what was tried.

    Raises what the first broken promise raised, with the shortest way to it.
    """
    rules = {rule.function.__name__ for rule in Model.setup_state().rules}
    without = dict.fromkeys(rules - set(bug.shows_by or rules))
    kiosk = type("Kiosk", (Model,), {"bug": bug, **without})
    TALLY.clear()
    run_state_machine_as_test(
        seed(number)(kiosk),
        settings=settings(
            max_examples=cases,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            derandomize=False,
            phases=phases,
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return dict(TALLY)
