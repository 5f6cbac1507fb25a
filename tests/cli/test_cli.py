"""The `kiosk` command, run as people run it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.cli import PLACES
from tests.kiosk_process import KioskProcess
from tests.stocking import counted, visit


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with nobody at the keyboard."""
    command = [sys.executable, "-m", "kiosk", *arguments]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


def ask(kiosk: KioskProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(*arguments, "--socket", str(kiosk.socket))


COMMANDS = (
    "run",
    "check-config",
    "show-config",
    "status",
    "stock",
    "vend",
    "selftest",
    "events",
    "admin-code",
    "new-code",
    "new-code-key",
    "recall",
    "recalls",
    "lift-recall",
    "outputs-off",
    "export",
    "wiring",
)


def test_every_command_there_is_is_tried_here() -> None:
    assert set(COMMANDS) == set(PLACES)


def test_no_command_is_listed_that_is_not_there() -> None:
    listed = run("--help").stdout
    for command in COMMANDS:
        assert f"  {command} " in listed
    done = run("stok")
    assert (done.returncode, "No such command" in done.stderr) == (2, True)


def test_asking_the_kiosk_imports_no_hardware_and_no_server() -> None:
    script = "import sys, kiosk.cli.queries; print([name for name in sys.modules if name.startswith(HEAVY)])"
    heavy = ("kiosk.hardware", "kiosk.dispense", "kiosk.config", "gpiozero", "lgpio", "serial", "flask", "paho")
    command = [sys.executable, "-c", script.replace("HEAVY", repr(heavy))]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_a_sentence_and_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"Example:\n    kiosk {command}" in done.stdout, done.stdout


def test_check_config_tells_every_mistake_and_exits_2(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.toml"
    path.write_text('[kiosk]\nid = "Bad Name"\n[[slots]]\nid = "A1"\nproduct = "NALL"\ncapactiy = 3\n')
    done = run("check-config", str(path))
    assert done.returncode == 2
    for part in (
        "kiosk.id",
        "kiosk.site",
        "slots[0].capactiy",
        'Did you mean "capacity"?',
        "mistakes. Nothing was started.",
    ):
        assert part in done.stderr, done.stderr
    assert "Traceback" not in done.stderr


def test_run_refuses_a_bad_config_with_2(tmp_path: Path) -> None:
    done = run("run", "--config", str(tmp_path / "missing.toml"))
    assert (done.returncode, "missing.toml" in done.stderr) == (2, True)


def test_show_config_gives_effective_values(kiosk: KioskProcess) -> None:
    done = run("show-config", str(kiosk.config))
    assert "return_home_s = 4.0" in done.stdout
    assert "keep_rows = 500000" in done.stdout


def test_stock_and_events_for_people_and_programs(kiosk: KioskProcess) -> None:
    heading, first, *_ = ask(kiosk, "stock").stdout.splitlines()
    assert heading.split() == ["slot", "product", "inside", "holds"]
    assert (first.split()[0], "Naloxone nose spray" in first, first.split()[-1]) == ("A1", True, "9")
    assert first.index("Naloxone") == heading.index("product")
    assert {slot["slot"] for slot in json.loads(ask(kiosk, "stock", "--json").stdout)["slots"]} == {"A1", "A2", "B1"}
    told = ask(kiosk, "events").stdout
    assert "Counted: 0." in told
    assert "Put in: 9." in told
    assert json.loads(ask(kiosk, "events", "--json", "--limit", "1").stdout)["events"][0]["hour"].endswith(":00Z")


def test_status_tells_what_drives_the_pins(kiosk: KioskProcess) -> None:
    rows = dict(line.split(maxsplit=1) for line in ask(kiosk, "status").stdout.splitlines() if line)
    assert (rows["pins"], rows["door"]) == ("simulator", "closed")
    assert rows["kiosk"] == "test-kiosk, Test Street"
    assert json.loads(ask(kiosk, "status", "--json").stdout)["pins"] == "simulator"
    assert "The pins are open: pins=simulator" in kiosk.log.read_text()


@pytest.mark.parametrize("what", ["A1", "NAL"])
def test_vend_by_slot_or_product(kiosk: KioskProcess, what: str) -> None:
    refused = ask(kiosk, "vend", what)
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    done = ask(kiosk, "vend", what, "--yes")
    assert (done.returncode, done.stdout.strip().splitlines()[-1][4:]) == (0, "Done. Take it from the tray.")


def test_stock_tells_the_faults_below_the_table(fresh: KioskProcess) -> None:
    """A slot that was counted empty gave an item: what is inside is not known, and the fault says what to do."""
    fresh.vouch()
    fresh.client.restock(visit(*(counted(slot, 0) for slot in fresh.client.stock().slots)))
    fresh.vend(slot="A1")
    table, _, faults = ask(fresh, "stock").stdout.partition("\n\n")
    assert [line.split()[-3:] for line in table.splitlines()[1:2]] == [["to", "8", "9"]]
    assert faults.splitlines() == [fault.text for fault in fresh.client.state().faults]
    assert faults.startswith("A1: 8 items are unresolved.")


def test_admin_code_can_be_redeemed(kiosk: KioskProcess) -> None:
    done = ask(kiosk, "admin-code")
    kiosk.client.redeem_admin_code(done.stdout.splitlines()[0])
    assert "Good once, for 60 minutes." in done.stdout


def test_without_a_daemon_each_command_says_so(tmp_path: Path) -> None:
    done = run("stock", "--socket", str(tmp_path / "nobody.sock"))
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_recall_that_is_said(fresh: KioskProcess) -> None:
    assert ask(fresh, "recalls").stdout == "No lot was ever recalled here.\n"


def test_a_lot_is_recalled_shown_and_lifted(kiosk: KioskProcess) -> None:
    done = ask(kiosk, "recall", "l-a1", "--product", "NAL")
    recall_id = done.stdout.split()[-1]
    assert "Lot l-a1 is locked" in done.stdout
    assert "in A1: take them out." in done.stdout, done.stdout
    shown = ask(kiosk, "recalls").stdout
    heading, line = shown.splitlines()
    assert heading.split() == ["lot", "product", "since", "inside", "id"]
    assert line.split()[:2] == ["l-a1", "NAL"]
    assert line.endswith(recall_id)
    assert line.index(" in A1") > heading.index("since")
    assert f"kiosk lift-recall {recall_id}" in done.stdout
    lifted = ask(kiosk, "lift-recall", recall_id)
    assert lifted.stdout == "The recall of lot l-a1 is lifted.\n"
    assert "lifted" in ask(kiosk, "recalls").stdout.splitlines()[1]
    other = json.loads(ask(kiosk, "recall", "NOWHERE", "--json").stdout)
    assert (other["slots"], other["quantity"]) == ([], 0)
    assert len(json.loads(ask(kiosk, "recalls", "--json").stdout)["recalls"]) == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("recall", "/ /"), "letters or digits"),
        (("recall", "L1", "--product", "GONE"), "no product"),
        (("lift-recall", "recall-000"), "No recall has the id"),
        (("new-code",), "gives out no codes"),
    ],
)
def test_a_refusal_is_a_sentence(kiosk: KioskProcess, arguments: tuple[str, ...], sentence: str) -> None:
    done = ask(kiosk, *arguments)
    assert (done.returncode, sentence in done.stderr, done.stdout) == (1, True, ""), done


def test_a_key_is_made_once_and_codes_work_with_it(tmp_path: Path) -> None:
    key = tmp_path / "codes.key"
    assert "Copy it to every kiosk of the programme" in run("new-code-key", str(key)).stdout
    kept = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    assert kept.decode().strip() not in run("new-code-key", str(key)).stdout
    again = run("new-code-key", str(key))
    assert (again.returncode, "is there already" in again.stderr, key.read_bytes()) == (2, True, kept)
    process = KioskProcess(tmp_path, extra=f'[codes]\nenabled = true\nkey_file = "{key}"\n')
    process.start()
    words, until = ask(process, "new-code").stdout.splitlines()
    assert len(words.split()) == 4
    assert re.fullmatch(r"Good until \d{4}-\d\d-\d\d, at every kiosk of the programme\.", until)
    assert process.stop() == 0


def test_with_a_bad_edit_the_last_settings_that_worked_are_used(tmp_path: Path) -> None:
    process = KioskProcess(tmp_path)
    process.options = ("--last-good", str(tmp_path / "last-good.toml"))
    process.start()
    good = process.config.read_text()
    assert process.stop() == 0
    assert (tmp_path / "last-good.toml").read_text() == good
    process.config.write_text(good.replace("capacity = 9", "capactiy = 9"))
    process.start()
    (fault,) = (fault for fault in process.client.state().faults if fault.where == "kiosk.toml")
    assert "runs with the last settings that worked" in fault.text
    assert process.client.stock().slots[0].capacity == 9
    assert process.stop() == 0
    assert (tmp_path / "last-good.toml").read_text() == good
    done = run("run", "--config", str(process.config))
    assert (done.returncode, 'Did you mean "capacity"?' in done.stderr) == (2, True)


def test_wiring_prints_the_pins_and_draws_them(kiosk: KioskProcess, tmp_path: Path) -> None:
    drawing = tmp_path / "wiring.svg"
    done = run("wiring", "--config", str(kiosk.config), "--svg", str(drawing))
    assert (done.returncode, done.stderr) == (0, "")
    table, free, drawn = done.stdout.split("\n\n")
    heading, first, *_ = table.splitlines()
    assert heading.split() == ["pin", "GPIO", "part", "wire", "direction", "active", "pulled"]
    assert first.split() == ["3", "2", "A1", "motor", "output", "high"]
    assert free.startswith("Free: GPIO 0, 1, 14,")
    assert drawn == f"{drawing} is drawn.\n"
    assert "A1 motor" in drawing.read_text()


def test_wiring_that_cannot_be_drawn_is_a_sentence(kiosk: KioskProcess, tmp_path: Path) -> None:
    done = run("wiring", "--config", str(kiosk.config), "--svg", str(tmp_path / "gone" / "wiring.svg"))
    assert (done.returncode, "could not be written: No such file" in done.stderr) == (1, True)
