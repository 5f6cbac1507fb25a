"""How a coil turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.simulator.motion import Motion

motions = st.builds(
    Motion,
    start=st.floats(0, 1e6),
    angle=st.floats(0, 100),
    speed=st.floats(0, 0.4),
    limit=st.sampled_from([0.0, 0.4]),
    accel=st.sampled_from([4.0, 6.7]),
)


@given(motions, st.floats(0, 3))
def test_the_time_of_an_angle_is_when_it_is_reached(motion: Motion, ahead: float) -> None:
    when = motion.time_of(motion.angle + ahead)
    if when is None:
        assert motion.limit == 0
        assert motion.angle_at(motion.start + 100) < motion.angle + ahead + 1e-9
    else:
        assert abs(motion.angle_at(when) - motion.angle - ahead) < 1e-6


@given(motions, st.floats(0, 5), st.floats(0, 5))
def test_a_coil_never_turns_back(motion: Motion, one: float, two: float) -> None:
    early, late = sorted((motion.start + one, motion.start + two))
    assert motion.angle_at(early) <= motion.angle_at(late) + 1e-9
    assert 0 <= motion.speed_at(late) <= 0.4 + 1e-9


def test_a_coasting_coil_ends_at_rest() -> None:
    coasting = Motion(10.0, 0.0, speed=0.4, limit=0.0, accel=4.0)
    end = coasting.end()
    assert end == 10.1
    assert coasting.speed_at(end) == pytest.approx(0)
    assert coasting.time_of(0.5) is None
    assert Motion(10.0, 0.0, 0.0, 0.4, 4.0).end() is None
