"""Build the guest in which the tests of real pins run: a Debian kernel, and a first file system with its modules.

`build` keeps it below build/guest and builds it anew when a file of this folder has changed.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tools.guest.errors import GuestError
from tools.guest.modules import Modules
from tools.guest.packages import Archive

HERE = Path(__file__).parent
KEPT = HERE.parent.parent / "build" / "guest"
BUSYBOX = Path("/bin/busybox")
FOLDERS = ("bin", "proc", "sys", "dev", "host")


class Guest(NamedTuple):
    """What qemu needs to start it."""

    kernel: Path
    initrd: Path


def build(kept: Path = KEPT) -> Guest:
    """Return the guest, built if need be; that takes some ten seconds and the network. Raises GuestError."""
    guest = Guest(kept / "vmlinuz", kept / "initrd.gz")
    made_from = kept / "made-from"
    wanted = _fingerprint()
    if made_from.exists() and made_from.read_text() == wanted:
        return guest
    if os.uname().machine != "x86_64":
        raise GuestError(f"The tests of real pins run on x86-64 machines only, and this is {os.uname().machine}.")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="guest-") as folder:
        work = Path(folder)
        made = work / "made"
        made.mkdir()
        _fetch_kernel(work)
        shutil.copy(_only(work / "kernel", "vmlinuz*"), made / guest.kernel.name)
        _pack(_first_files(work), made / guest.initrd.name)
        (made / made_from.name).write_text(wanted)
        shutil.rmtree(kept, ignore_errors=True)
        made.rename(kept)
    return guest


def _fingerprint() -> str:
    parts = sorted(file for file in HERE.iterdir() if file.is_file())
    return hashlib.sha256(b"".join(part.name.encode() + part.read_bytes() for part in parts)).hexdigest()


def _fetch_kernel(work: Path) -> None:
    """Unpack the newest kernel, which newer Debian packages in several parts, below `work`/kernel."""
    (work / "apt").mkdir()
    archive = Archive(work / "apt")
    image = next((name for name in archive.depends("linux-image-amd64") if name.startswith("linux-image-")), None)
    if image is None:
        raise GuestError("The package linux-image-amd64 names no kernel. Choose another suite in tools/guest.")
    version = image.removeprefix("linux-image-")
    parts = [name for name in archive.depends(image) if name.startswith("linux-") and name.endswith(version)]
    for package in [image, *parts]:
        archive.unpack(package, work / "kernel")


def _first_files(work: Path) -> Path:
    files = work / "initrd"
    for folder in FOLDERS:
        (files / folder).mkdir(parents=True)
    if not BUSYBOX.exists():
        raise GuestError(f"The tests of real pins need {BUSYBOX}. Install the package busybox-static.")
    shutil.copy(BUSYBOX, files / "bin" / "busybox")
    shutil.copy(HERE / "init", files / "init")
    (files / "init").chmod(0o755)
    Modules(work / "kernel").write(files / "modules")
    return files


def _pack(files: Path, into: Path) -> None:
    names = "".join(f"{path.relative_to(files)}\n" for path in sorted(files.rglob("*")))
    try:
        packed = subprocess.run(
            ["cpio", "--create", "--format=newc", "--quiet"],
            cwd=files,
            input=names.encode(),
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise GuestError(f"The guest could not be packed ({error}). Install the package cpio.") from error
    into.write_bytes(gzip.compress(packed.stdout, compresslevel=1))


def _only(below: Path, pattern: str) -> Path:
    found = [path for path in below.rglob(pattern) if path.is_file()]
    if len(found) != 1:
        raise GuestError(f"The kernel package holds {len(found)} files {pattern} instead of one. Look at tools/guest.")
    return found[0]


if __name__ == "__main__":
    try:
        print(build().kernel.parent)
    except GuestError as mistake:
        sys.exit(str(mistake))
