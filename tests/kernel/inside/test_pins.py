"""A line each way on a real kernel: levels, edges, and what is said when something is wrong."""

from __future__ import annotations

from tests.kernel.rig import Rig


def test_an_output_drives_its_level(rig: Rig) -> None:
    from kiosk.hardware.lines import OutputLine
    line = OutputLine(rig.board, 5, active_low=False)
    line.on()
    assert rig.chip.level(5) == 1
    line.off()
    assert rig.chip.level(5) == 0
    assert [w.level for w in rig.chip.writes(5)] == [0, 1, 0]
    line.close()
