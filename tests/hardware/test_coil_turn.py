"""The logic of one turn, without pins: whatever the switch does, the motor stops in time."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.hardware.api import Turn
from kiosk.hardware.shared.coil.turn import RUN_ON_FORGET_S, RUN_ON_S, CoilTurn, RunOn, advise

LEAVE_S, RETURN_S = 1.0, 4.0
edges = st.lists(st.tuples(st.floats(0, 12), st.booleans()), max_size=12).map(sorted)


@given(edges, st.booleans())
@example([(0.5, False), (0.52, True), (0.9, False), (4.95, False)], True)
def test_it_ends_within_both_limits_whatever_the_switch_does(seen: list[tuple[float, bool]], at_home: bool) -> None:
    turn = CoilTurn(0.0, at_home=at_home, leave_s=LEAVE_S, return_s=RETURN_S)
    for at, home in seen:
        assert turn.deadline <= LEAVE_S + RETURN_S
        ended = turn.switched(at, home)
        if at > LEAVE_S + RETURN_S:
            assert ended in (Turn.NOT_STARTED, Turn.NOT_RETURNED)
        if ended is not None:
            assert (ended is Turn.HOMED) <= (not at_home)
            assert (ended is Turn.COMPLETED) <= at_home
            return
    assert turn.overdue() is (Turn.NOT_STARTED if at_home and turn.deadline == LEAVE_S else Turn.NOT_RETURNED)


@given(edges)
def test_a_turn_is_complete_only_if_the_coil_was_away_and_came_home_at_the_last_edge(
    seen: list[tuple[float, bool]],
) -> None:
    turn = CoilTurn(0.0, at_home=True, leave_s=LEAVE_S, return_s=RETURN_S)
    was_away = False
    for at, home in seen:
        if turn.switched(at, home) is Turn.COMPLETED:
            assert home
            assert was_away
            return
        was_away |= not home


def test_one_jolt_or_a_coasting_coil_is_no_motor_that_runs_on() -> None:
    run_on = RunOn()
    run_on.stopped(10.0)
    run_on.changed(10.0 + RUN_ON_S)
    assert not run_on.seen(11.0)
    for at in (20.0, 20.01, 20.02):
        run_on.changed(at)
    assert not run_on.seen(20.1)


def test_a_switch_that_opens_and_closes_is_a_motor_that_runs_on_until_it_is_still() -> None:
    run_on = RunOn()
    run_on.stopped(10.0)
    for at in (11.0, 12.0, 13.5):
        run_on.changed(at)
    assert run_on.seen(13.6)
    assert not run_on.seen(13.5 + RUN_ON_FORGET_S)
    run_on.forget()
    assert not run_on.seen(13.6)


ROW, SWITCH = "row wire R1 (GPIO 9)", "home switch (GPIO 6)"


def test_advice_names_slot_wire_and_switch_and_the_limit() -> None:
    assert advise("A3", Turn.COMPLETED, motor=ROW, home=SWITCH) is None
    assert advise("A3", Turn.NOT_STARTED, motor=ROW, home=SWITCH) == (
        "A3: did not leave home within 1.0 s: check the motor plug and row wire R1 (GPIO 9), then the home switch "
        "(GPIO 6)."
    )
    assert advise("A3", Turn.NOT_RETURNED, motor=ROW, home=SWITCH, return_s=2.5) == (
        "A3: did not come home within 2.5 s: look for a wedged item, then check the home switch (GPIO 6)."
    )
