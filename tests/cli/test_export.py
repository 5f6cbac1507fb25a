"""`kiosk export`, run as people run it, against a real daemon."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.export.evadts import AuditFileError, Segment, read
from kiosk.model import Purpose, VendRequest, new_request_id
from tests.kiosk_process import KioskProcess


def export(kiosk: KioskProcess, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "kiosk", "export", "evadts", "--socket", str(kiosk.socket), *arguments]
    return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)


def of_selection(segments: tuple[Segment, ...], selection: str) -> dict[str, Segment]:
    first = segments.index(next(one for one in segments if one.name == "PA1" and one.field(1) == selection))
    return {segment.name: segment for segment in segments[first : first + 5]}


def test_the_audit_file_tells_what_a_real_kiosk_gave(fresh: KioskProcess, tmp_path: Path) -> None:
    """Vends and a test turn, in a file and on the screen; a new start loses nothing."""
    fresh.fill()
    for _ in range(3):
        fresh.vend(slot="B1")
    test = VendRequest(id=new_request_id(), slot="A2", purpose=Purpose.TEST)
    fresh.client.vend(test)
    fresh.wait(test.id)
    assert fresh.stop() == 0
    fresh.start()

    target = tmp_path / "kiosk.dex"
    done = export(fresh, "--output", str(target))
    assert done.returncode == 0
    assert b"lines about test-kiosk, read back whole." in done.stdout
    told = read(target.read_bytes())
    printed = read(export(fresh).stdout)
    assert [one for one in printed if one.name != "ID5"] == [one for one in told if one.name != "ID5"]
    assert of_selection(told, "B1")["PA4"].field(1) == "3"
    assert of_selection(told, "B1")["PA1"].field(8) == "6"
    assert of_selection(told, "A2")["PA3"].field(1) == "1"
    assert [one.fields for one in told if one.name in ("VA2", "VA3")] == [("0", "1", "0", "1"), ("0", "3", "0", "3")]

    damaged = target.read_bytes().replace(b"PA4*3*", b"PA4*4*")
    with pytest.raises(AuditFileError, match="the file is damaged"):
        read(damaged)


def test_a_file_that_cannot_be_written_is_a_sentence(fresh: KioskProcess, tmp_path: Path) -> None:
    done = export(fresh, "--output", str(tmp_path / "gone" / "kiosk.dex"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"could not be written: No such file or directory. Check the path, or the stick." in done.stderr
