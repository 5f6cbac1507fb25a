"""The glass without a browser: what it shows, what hands can do there, and who may not touch it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from msgspec.json import decode

from kiosk.errors import BusyError
from kiosk.hardware.api import Turn
from kiosk.simulator.faults import COIL_FAULTS, LOCKER_FAULTS, Fault
from kiosk.simulator.glass import create_app, drawing, serve
from kiosk.simulator.snapshot import WorldSnapshot
from tests.hardware.machine import Machine, until
from tests.serial.lock_rig import Wall, wall

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def plug() -> list[str]:
    return []


@pytest.fixture
def glass(rig: Machine, plug: list[str]) -> FlaskClient:
    return create_app(rig.world, rig.config, cut_power=lambda: plug.append("pulled")).test_client()


def seen(glass: FlaskClient) -> WorldSnapshot:
    return decode(glass.get("/snapshot.json").data, type=WorldSnapshot)


def test_the_page_shows_the_machine_without_a_script(glass: FlaskClient) -> None:
    page = glass.get("/").text
    assert "Nothing turns. The tray is empty." in page
    assert "8</span> of 8 inside" in page
    for fault in COIL_FAULTS | {Fault.BEAM_DEAD, Fault.BEAM_BLOCKED, Fault.DOOR_OPEN, Fault.HEAT}:
        assert fault.label in page
    assert "Make something go wrong with <b>air</b>" in page
    assert "The naloxone button is stuck" in page
    assert "style=" not in page
    assert "onclick" not in page


def test_everything_the_page_loads_is_there_and_from_here(glass: FlaskClient) -> None:
    paths = re.findall(r'(?:href|src)="([^"#]+)"', glass.get("/").text)
    styles = [path for path in paths if path.endswith(".css")]
    for path in styles:
        with glass.get(path) as style:
            paths += re.findall(r'url\("([^"]+)"', style.get_data(as_text=True))
    assert len(paths) > 5
    for path in paths:
        assert path.startswith("/")
        with glass.get(path) as answer:
            assert answer.status_code == 200


def test_a_press_reaches_the_button(rig: Machine, glass: FlaskClient) -> None:
    pressed: list[bool] = []
    rig.button().on_press(lambda: pressed.append(True))
    assert glass.post("/press", data={"button": "naloxone"}).headers["Location"] == "/"
    assert until(lambda: bool(pressed))


def test_a_slot_is_turned_by_the_kiosk_and_by_nothing_else(rig: Machine, glass: FlaskClient) -> None:
    """What the kiosk refuses is told; without a kiosk there is no such button."""
    assert "Turn this slot" not in glass.get("/").text
    assert glass.post("/slots/A1/turn", headers=SCRIPT).status_code == 404
    turned: list[str] = []

    def turn(slot: str) -> None:
        if turned:
            raise BusyError("One item is dropping now.")
        turned.append(slot)

    glass = create_app(rig.world, rig.config, turn=turn).test_client()
    assert "Turn this slot" in glass.get("/").text
    assert glass.post("/slots/A1/turn").headers["Location"] == "/#slot-A1"
    refused = glass.post("/slots/A2/turn", headers=SCRIPT)
    assert (refused.status_code, refused.text, turned) == (409, "One item is dropping now.", ["A1"])


def test_a_dropped_item_lies_in_the_tray_until_it_is_taken(rig: Machine, glass: FlaskClient) -> None:
    rig.motor("A1").turn(lambda: None)
    assert rig.until(lambda: seen(glass).tray == 1)
    assert "Take 1 item" in glass.get("/").text
    assert glass.post("/tray", headers=SCRIPT).status_code == 204
    assert seen(glass).tray == 0


def test_a_slot_is_filled_through_the_open_door_only(glass: FlaskClient) -> None:
    assert glass.post("/slots/A1/take").status_code == 409
    assert "Open the door first." in glass.post("/slots/A1/take").text
    glass.post("/door", data={"open": "1"})
    assert glass.post("/slots/A1/take").headers["Location"] == "/#slot-A1"
    glass.post("/slots/A1/take")
    assert seen(glass).coils[0].count == 6
    assert glass.post("/slots/A1/put").headers["Location"] == "/#slot-A1"
    assert seen(glass).coils[0].count == 7
    glass.post("/slots/A1/fill")
    assert glass.post("/slots/A1/put").status_code == 400
    assert seen(glass).coils[0].count == 8
    glass.post("/door", data={"open": "0"})
    assert seen(glass).door_open is False


def test_a_slot_has_exactly_the_faults_that_are_set(glass: FlaskClient) -> None:
    glass.post("/slots/A2/faults", data={"fault": sorted(COIL_FAULTS)})
    assert [set(coil.faults) for coil in seen(glass).coils] == [set(), set(COIL_FAULTS)]
    assert "unplugged" in glass.get("/").text
    glass.post("/slots/A2/faults", data={"fault": ["jam"]})
    assert seen(glass).coils[1].faults == ("jam",)


@pytest.mark.parametrize("fault", ["beam_dead", "beam_blocked", "door_open", "heat", "button_stuck:naloxone"])
def test_each_fault_of_the_machine_comes_and_goes(glass: FlaskClient, fault: str) -> None:
    glass.post("/faults", data={"fault": fault})
    assert f'value="{fault}" checked' in glass.get("/").text
    glass.post("/faults")
    assert f'value="{fault}" checked' not in glass.get("/").text


def test_a_temperature_that_is_set_ends_the_heat(glass: FlaskClient) -> None:
    glass.post("/faults", data={"fault": "heat"})
    glass.post("/temperature", data={"celsius": "4.5"})
    assert seen(glass).temperature == 4.5


def test_the_plug_is_pulled_in_the_next_turn(rig: Machine, glass: FlaskClient, plug: list[str]) -> None:
    glass.post("/power-cut")
    assert not plug
    rig.motor("A1").turn(lambda: None)
    assert plug == ["pulled"]


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/press", {}, 400),
        ("/press", {"button": "doorbell"}, 404),
        ("/slots/Z9/faults", {"fault": "jam"}, 404),
        ("/slots/A1/faults", {"fault": "gremlins"}, 400),
        ("/temperature", {"celsius": "warm"}, 400),
        ("/temperature", {"celsius": "nan"}, 400),
        ("/temperature", {"celsius": "400"}, 400),
        ("/nothing", {}, 404),
        ("/press", {"button": "x" * 20_000}, 413),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    glass: FlaskClient, path: str, data: dict[str, str], status: int
) -> None:
    before = seen(glass)
    assert glass.post(path, data=data, headers=SCRIPT).status_code == status
    assert glass.post(path, data=data).status_code == status
    assert seen(glass) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "rebound.example.org"},
    ],
)
def test_another_page_may_not_touch_the_machine(glass: FlaskClient, headers: dict[str, str]) -> None:
    assert glass.post("/door", data={"open": "1"}, headers=headers).status_code == 403
    assert seen(glass).door_open is False


def test_another_name_may_not_even_look(glass: FlaskClient) -> None:
    assert glass.get("/snapshot.json", headers={"Host": "rebound.example.org"}).status_code == 403


def test_every_answer_forbids_what_is_not_ours(glass: FlaskClient) -> None:
    for path in ("/", "/snapshot.json", "/look/tokens.css", "/nothing"):
        with glass.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_it_listens_on_this_computer_until_it_is_stopped(rig: Machine) -> None:
    server = serve(rig.world, rig.config, 0)
    assert server.address.startswith("http://127.0.0.1:")
    port = int(server.address.rpartition(":")[2])
    server.stop()
    serve(rig.world, rig.config, port).stop()


# --- Lockers and boards -------------------------------------------------------------------------------------------


@pytest.fixture
def lockers(tmp_path: Path) -> Iterator[tuple[Wall, FlaskClient]]:
    with wall(tmp_path, "lock_board_8a") as running:
        yield running, create_app(running.world, running.config).test_client()


def test_the_page_shows_a_wall_of_lockers_without_a_tray(lockers: tuple[Wall, FlaskClient]) -> None:
    running, glass = lockers
    page = glass.get("/").text
    assert "All lockers are closed." in page
    assert "tray" not in page
    for fault in Fault:
        assert (escape(fault.label) in page) == (fault in LOCKER_FAULTS | running.world.part("locks").accepts)
    running.locker("A3").set_open(True)
    running.locker("A1").set_open(True)
    assert "Open: A1 and A3." in glass.get("/").text


def test_a_locker_is_opened_and_filled_with_the_key(lockers: tuple[Wall, FlaskClient]) -> None:
    running, glass = lockers
    assert glass.post("/slots/A2/door", data={"open": "1"}).headers["Location"] == "/#slot-A2"
    assert running.locker("A2").opened
    assert "Close A2" in glass.get("/").text
    glass.post("/slots/A2/take")
    assert running.world.inside("A2") == 0
    assert glass.post("/slots/A2/take").status_code == 400
    glass.post("/slots/A2/put")
    glass.post("/slots/A2/fill")
    assert running.world.inside("A2") == 1
    glass.post("/slots/A2/door", data={"open": "0"})
    assert not running.locker("A2").opened
    assert "Open A2 with the key" in glass.get("/").text


def test_a_locker_has_exactly_the_faults_that_are_set(lockers: tuple[Wall, FlaskClient]) -> None:
    _, glass = lockers
    glass.post("/slots/A1/faults", data={"fault": sorted(LOCKER_FAULTS)})
    assert [set(locker.faults) for locker in seen(glass).lockers] == [set(LOCKER_FAULTS), set(), set(), set()]
    assert "bolt stuck" in glass.get("/").text
    glass.post("/slots/A1/faults")
    assert seen(glass).faults == ()


def test_a_board_has_exactly_the_faults_that_are_set(lockers: tuple[Wall, FlaskClient]) -> None:
    running, glass = lockers
    assert glass.post("/parts/locks/faults", data={"fault": ["board_off"]}).headers["Location"] == "/#others"
    assert seen(glass).others[0].faults == ("board_off",)
    assert running.turn("A1") is Turn.ABSENT
    assert 'value="board_off" checked' in glass.get("/").text
    glass.post("/parts/locks/faults")
    assert seen(glass).others[0].faults == ()
    assert running.turn("A1") is Turn.UNLOCKED


@pytest.mark.parametrize(
    ("path", "status"), [("/parts/nothing/faults", 404), ("/slots/A9/door", 404), ("/slots/locks/door", 404)]
)
def test_what_is_no_locker_and_no_board_is_refused(lockers: tuple[Wall, FlaskClient], path: str, status: int) -> None:
    _, glass = lockers
    assert glass.post(path, data={"open": "1"}, headers=SCRIPT).status_code == status


def test_a_coil_has_no_door_of_its_own(glass: FlaskClient) -> None:
    assert glass.post("/slots/A1/door", data={"open": "1"}).status_code == 404


# --- The drawing --------------------------------------------------------------------------------------------------


def depths(parts: list[drawing.Layer], kind: str) -> list[float]:
    return [part.scale for part in parts if part.kind == kind]


@pytest.mark.parametrize("capacity", [1, 6, 12])
@pytest.mark.parametrize("angle", [0.0, 0.012, 0.5, 0.84, 0.86, 0.999])
def test_the_wire_reaches_from_the_edge_to_the_back(angle: float, capacity: int) -> None:
    shown = 0.0
    for part in drawing.layers(angle, (), capacity):
        shown += float(part.dash.split()[0]) if part.dash else 1.0
    assert abs(shown - capacity) < 0.01


def test_each_item_stands_behind_the_wire_that_pushes_it() -> None:
    parts = drawing.layers(0.012, tuple(0.84 + depth for depth in range(3)), 3)
    kinds = [part.kind for part in parts]
    assert kinds == ["wire", "item", "wire", "item", "wire", "item", "wire"]
    assert depths(parts, "item") == sorted(depths(parts, "item"))


def test_the_ends_of_two_loops_meet() -> None:
    points = [tuple(map(float, pair.split())) for pair in drawing.loop_path(8).lstrip("M").split("L")]
    back, front = points[0], points[-1]
    for one, other in zip(back, front, strict=True):
        assert abs(one - other * drawing.shrink(8)) < 0.02
