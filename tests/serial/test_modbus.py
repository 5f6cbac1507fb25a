"""The frames of Modbus relay boards, and what a kiosk on such a board says when cable, power or answers fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bench.rig import fill
from kiosk.config import load, parse
from kiosk.control.client import Client
from kiosk.daemon import Daemon
from kiosk.errors import HardwareError
from kiosk.hardware import registry
from kiosk.hardware.api import Turn
from kiosk.hardware.shared.coil.polled_switch import PolledSwitch
from kiosk.hardware.shared.protocol import modbus
from kiosk.model import Outcome, Vend, VendRequest, new_request_id
from kiosk.simulator.faults import Fault
from kiosk.simulator.parts.modbus_relays import _crc
from tests.conftest import Evidence
from tests.hardware.machine import until
from tests.kit.toml import a_part, a_product, a_slot, folders, kiosk_toml
from tests.serial.modbus_rig import PORT, Rig, rig, rig_toml, violations
from tests.simulated import open_board


@pytest.mark.parametrize(
    ("question", "request_frame", "answer"),
    [
        pytest.param(modbus.switch(1, 0, True), "01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A", id="relay 1 on"),
        pytest.param(modbus.switch(1, 0, False), "01 05 00 00 00 00 CD CA", "01 05 00 00 00 00 CD CA", id="off"),
        pytest.param(modbus.switch(1, 1, True), "01 05 00 01 FF 00 DD FA", "01 05 00 01 FF 00 DD FA", id="relay 2 on"),
        pytest.param(modbus.pulse(1, 0, 7), "01 05 02 00 00 07 8D B0", "01 05 02 00 00 07 8D B0", id="0.7 s on"),
        pytest.param(modbus.read(0x01, 1, 8), "01 01 00 00 00 08 3D CC", "01 01 01 00 51 88", id="relays"),
        pytest.param(modbus.read(0x02, 1, 8), "01 02 00 00 00 08 79 CC", "01 02 01 00 A1 88", id="inputs"),
        pytest.param(modbus.all_off(1, 8), "01 0F 00 00 00 08 01 00 FE 95", "01 0F 00 00 00 08 54 0D", id="all off"),
        pytest.param(modbus.read(0x02, 255, 8), "FF 02 00 00 00 08 6C 12", "FF 02 01 01 51 A0", id="a board at 255"),
    ],
)
def test_the_frames_are_those_of_the_makers_manuals(question: modbus.Question, request_frame: str, answer: str) -> None:
    """Waveshare's wiki "Modbus RTU Relay" and "Modbus RTU IO 8CH"; LC Technology's for the board at address 255."""
    assert question.request == bytes.fromhex(request_frame)
    found = question.answer(bytes.fromhex(answer))
    assert found is not None
    assert found.alone
    assert found.refusal is None


def test_a_refusal_is_an_answer() -> None:
    found = modbus.pulse(1, 2, 40).answer(bytes.fromhex("01 85 02 C3 51"))
    assert found is not None
    assert str(found.refusal) == "it has no such relay or input"


@given(noise=st.binary(max_size=12), behind=st.binary(max_size=12))
def test_an_answer_is_found_in_noise_and_told_from_a_clean_one(noise: bytes, behind: bytes) -> None:
    frame = bytes.fromhex("01 02 01 12 21 85")
    found = modbus.read(modbus.READ_INPUTS, 1, 8).answer(noise + frame + behind)
    assert found is not None
    assert found.bit(1)
    assert found.bit(4)
    assert found.alone == (not noise and not behind)


@given(place=st.integers(0, 5), bits=st.integers(1, 255))
def test_a_corrupted_answer_is_none(place: int, bits: int) -> None:
    frame = bytearray.fromhex("01 02 01 12 21 85")
    frame[place] ^= bits
    assert modbus.read(modbus.READ_INPUTS, 1, 8).answer(bytes(frame)) is None


@given(frame=st.binary(min_size=1, max_size=40))
def test_both_ends_reckon_the_crc_alike(frame: bytes) -> None:
    assert modbus.sealed(frame)[-2:] == _crc(frame)


def test_readings_are_believed_only_when_they_agree_on_a_quiet_line() -> None:
    switch = PolledSwitch(0.0)
    for number in range(3):
        switch.read(0.03 * number, True, stumbles=number)
        assert switch.stands() is None
    for number in range(3):
        assert switch.stands() is None or number == 2
        switch.read(0.1 + 0.03 * number, True, stumbles=2)
    assert switch.stands() is True
    switch.read(0.2, False, stumbles=2)
    assert switch.turned() is None
    for number in range(9):
        switch.read(0.25 + 0.03 * number, False, stumbles=2)
    assert switch.turned() is None, "not away for long enough"
    switch.read(0.51, False, stumbles=2)
    assert switch.turned() is False


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Rig]:
    with rig(tmp_path) as running:
        yield running


def test_the_board_ends_the_pulse_though_nobody_says_off(bench: Rig) -> None:
    with bench.relays.in_use():
        bench.relays.pulse(3, 10)
        assert bench.on()
        assert bench.until(lambda: not bench.on())
    assert bench.coil().ran_s == pytest.approx(1.0, abs=0.05)


def test_all_is_off_once_the_board_answers(tmp_path: Path) -> None:
    with rig(tmp_path) as running:
        running.world.set_fault(Fault.CABLE_OUT, True)
        board = running.world.part("relays")
        with board.cabinet.timeline.lock:
            board._set(2, True)
        assert running.on()
        assert running.until(lambda: "there is no such device" in (running.relays.fault() or ""))
        running.world.set_fault(Fault.CABLE_OUT, False)
        assert running.until(lambda: not running.on())
        assert running.until(lambda: running.relays.fault() is None)


def test_all_is_off_after_the_board_was_closed(bench: Rig) -> None:
    bench.relays.on(4)
    assert bench.on()
    bench.relays.close()
    assert not bench.on()
    assert bench.turn("A2") in (Turn.ABSENT, HardwareError)


def test_a_relay_that_nobody_switched_is_switched_off(bench: Rig) -> None:
    board = bench.world.part("relays")
    with board.cabinet.timeline.lock:
        board._set(3, True)
    assert bench.until(lambda: not bench.on())


def test_power_lost_in_the_middle_of_a_turn(bench: Rig) -> None:
    ended = during(bench, 0.8, Fault.BOARD_OFF)
    assert ended is HardwareError
    assert not bench.on()
    assert bench.coil().motions == 1
    fault = bench.relays.fault()
    assert "Relay board relays (address 1) does not answer at usb-relays" in fault
    bench.world.set_fault(Fault.BOARD_OFF, False)
    assert bench.until(lambda: bench.relays.fault() is None)
    assert bench.turn() is Turn.HOMED
    assert bench.coil().dropped == 1


@pytest.mark.parametrize("fault", [Fault.LINE_DROPS, Fault.LINE_CORRUPTS, Fault.LINE_STALLS, Fault.LINE_LATE])
def test_answers_that_end_in_the_middle_of_a_turn(bench: Rig, fault: Fault) -> None:
    """The board still hears, so it is off at once; but what the coil did nobody saw."""
    assert during(bench, 0.8, fault) is HardwareError
    assert not bench.on()
    assert bench.coil().motions == 1
    assert bench.coil().ran_s < 2.0
    bench.world.set_fault(fault, False)
    bench.clock.sleep(4.0)
    assert bench.turn() is Turn.HOMED


def test_a_board_that_says_everything_twice_is_not_relied_on(bench: Rig) -> None:
    """Nobody can tell which answer is to which request; what is said of the turn must be true all the same."""
    before = bench.truth()
    ended = during(bench, 0.8, Fault.LINE_TWICE)
    assert not bench.on()
    bench.clock.sleep(0.2)
    assert not list(violations(ended, before, bench.truth(), None))


def test_an_old_echo_of_off_is_not_believed(bench: Rig) -> None:
    """OFF is lost on the wire, and an echo of an earlier one arrives in its place: the relay is read back."""
    off = modbus.switch(1, 2, False).request
    lost: list[bytes] = []

    def lose_the_first(data: bytes) -> list[tuple[float, bytes]]:
        if data == off and not lost:
            lost.append(data)
            bench.line.say(off)
            return []
        return [(0.0, data)]

    bench.requests = lose_the_first
    bench.turn()
    assert lost
    assert not bench.on()


def test_a_board_without_pulses_refuses_and_nothing_moves(tmp_path: Path) -> None:
    """Somebody left `pulses` as it is for a board that does not time them."""
    with rig(tmp_path) as running:
        body = running.world.part("relays")
        body.options = replace(body.options, pulses=False)
        assert running.turn() is Turn.ABSENT
        assert running.coil().motions == 0
        assert "refuses function 05: it has no such relay" in running.motor.advice()
        assert "Check relays, inputs and pulses" in running.relays.fault()


@pytest.mark.parametrize("fault", [Fault.CABLE_OUT, Fault.BOARD_OFF, Fault.LINE_DROPS])
def test_a_board_that_was_away_is_no_lasting_fault_of_its_motors(bench: Rig, fault: Fault) -> None:
    bench.world.set_fault(fault, True)
    for _ in range(2):
        assert bench.turn() is Turn.ABSENT
    assert bench.relays.fault() is not None
    assert "It was not driven" in bench.motor.advice()
    assert bench.motor.fault() is None
    bench.world.set_fault(fault, False)
    assert bench.until(lambda: bench.relays.fault() is None)
    assert bench.motor.fault() is None
    assert bench.turn() is Turn.COMPLETED


def during(bench: Rig, after_s: float, fault: Fault) -> object:
    """Turn A1, and order a fault so long after it was energised."""
    timeline = bench.coil().cabinet.timeline

    def order() -> None:
        timeline.at(timeline.now() + after_s, lambda _: bench.world.set_fault(fault, True))

    try:
        return bench.motor.turn(order)
    except HardwareError:
        return HardwareError


BEAM = a_part("sensors", "drop beam", "drop_beam", options={"pin": 24, "emitter_pin": 25})


def kiosk_of_one(folder: Path, *others: str) -> str:
    """Return the configuration of one slot on a board, and of other parts."""
    return kiosk_toml(
        a_product("NAL", essential=True),
        a_part("controllers", "relays", "modbus_relays", options={"port": PORT}),
        a_slot("A1", "NAL", 20, driver="modbus_coil", options={"controller": "relays", "relay": 1, "input": 1}),
        *others,
        simulator={"speed": 20},
        paths=folders(folder),
    )


class Kiosk:
    """A whole kiosk with one slot on a Modbus board, filled."""

    def __init__(self, folder: Path, *others: str) -> None:
        path = folder / "kiosk.toml"
        path.write_text(kiosk_of_one(folder, *others))
        self.daemon = Daemon(load(path, registry))
        self.daemon.start()
        self.client = Client(f"{folder}/run/control.sock")
        fill(self.client)
        self.world = self.daemon.machine.board.world  # type: ignore[attr-defined]

    def vend(self) -> Vend:
        request = VendRequest(id=new_request_id(), sku="NAL")
        self.client.vend(request)
        return self.client.wait_vend(request.id, 30)

    def vend_and_pull(self, after_s: float) -> Vend:
        """Vend, and pull the cable so long after the motor came on."""

        def pull() -> None:
            assert until(lambda: self.world.part("A1").energised)
            time.sleep(after_s / 20)
            self.world.set_fault(Fault.CABLE_OUT, True)

        hand = threading.Thread(target=pull)
        hand.start()
        try:
            return self.vend()
        finally:
            hand.join()

    def honest(self) -> bool:
        slot = self.client.stock().slots[0]
        return bool(slot.on_hand <= self.world.inside("A1") <= slot.on_hand + slot.unresolved)

    def found_again(self) -> bool:
        """Put the cable back, and say whether the board is there again."""
        self.world.set_fault(Fault.CABLE_OUT, False)
        return until(lambda: not any("relays" in fault.text.lower() for fault in self.client.state().faults))


@pytest.mark.parametrize("beam", [BEAM, ""], ids=["with a beam", "blind"])
def test_the_cable_is_pulled_in_the_middle_of_a_vend(tmp_path: Path, beam: str, evidence: Evidence) -> None:
    kiosk = Kiosk(tmp_path, beam)
    try:
        for after_s in (0.0, 0.3, 1.2, 2.2):
            before = kiosk.world.inside("A1")
            vend = kiosk.vend_and_pull(after_s)
            evidence.count("cable_pulls")
            fell = before - kiosk.world.inside("A1")
            assert not kiosk.world.part("A1").energised
            assert fell <= 1
            assert vend.outcome is (Outcome.DISPENSED if fell and beam else Outcome.UNKNOWN)
            assert kiosk.honest()
            assert any("there is no such device" in fault.text for fault in kiosk.client.state().faults)
            assert kiosk.found_again()
            assert kiosk.vend().outcome in (Outcome.DISPENSED, Outcome.PRESUMED)
            assert kiosk.honest()
    finally:
        kiosk.daemon.stop()


@pytest.mark.parametrize("wrong", ["relay", "input"])
def test_a_slot_on_a_relay_or_input_that_the_board_does_not_have_is_lost_alone(tmp_path: Path, wrong: str) -> None:
    """Whoever starts what check-config refuses still gets the simulated machine, and the other slot works."""
    config = parse(rig_toml(tmp_path), registry)
    first, second = config.slots
    second = replace(second, options=replace(second.options, **{wrong: 9}))
    board = open_board(replace(config, slots=(first, second)), keep=False)
    part = config.controllers[0]
    relays = registry.open_driver("controller", part.driver, part.name, part.options, board)
    board.add(part.name, relays)
    with pytest.raises(HardwareError, match=f"has no {wrong} 9"):
        registry.open_driver("motor", second.driver, second.id, second.options, board)
    motor = registry.open_driver("motor", first.driver, first.id, first.options, board)
    assert motor.turn(lambda: None) is Turn.COMPLETED
    for opened in (motor, relays, board):
        opened.close()


def test_outputs_off_reaches_the_relays(tmp_path: Path) -> None:
    """What systemd runs after a kiosk was killed: it opens the machine as it is, and closes it."""
    with rig(tmp_path) as running:
        running.relays.close()
        with running.coil().cabinet.timeline.lock:
            running.world.part("relays")._set(3, True)
        part = running.config.controllers[0]
        registry.open_driver("controller", part.driver, part.name, part.options, running.board).close()
        assert not running.on()
