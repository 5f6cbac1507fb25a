"""A fresh Debian in a folder, as somebody has it who begins: no Python, no compiler, nothing of ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.debian.told import tell
from tools.guest.packages import own_archive

PROJECT = Path(__file__).parents[2]
KEPT = PROJECT / "build" / "debian"

PACKAGES = ("ca-certificates", "dbus", "git", "make", "sudo", "systemd-sysv")
"""Besides the essential ones: a system that boots, and what it takes to follow README from `git clone` on."""

NEWCOMER = "newcomer"
"""The account of a person who may use sudo."""

CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout")

APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
"""What is started like this leaves neither a process nor a mount when it is ended, however that happens."""

UDEVADM = """#!/bin/sh
echo "$*" >>/run/udevadm-was-told
"""
"""A container shares its kernel's devices with the computer that it is on, so nobody may manage them there."""


def fresh(suite: str, folder: Path) -> Path:
    """Unpack a fresh Debian into `folder` and return its root. It knows of the computer it is on how to fetch packages.

    The first time it is put together from the archive that the computer's own apt uses; that takes half a minute.
    """
    root = folder / suite
    root.mkdir(parents=True)
    packed = _packed(suite, folder)
    tell(f"Unpacking {suite}")
    subprocess.run(["tar", "--directory", str(root), "--extract", "--file", str(packed)], check=True)
    (root / "etc/machine-id").write_text("")
    (root / "etc/hostname").write_text("debian\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost debian\n")
    _let_fetch(root)
    (root / "usr/local/sbin/udevadm").write_text(UDEVADM)
    (root / "usr/local/sbin/udevadm").chmod(0o755)
    subprocess.run(["chroot", str(root), "useradd", "--create-home", "--shell", "/bin/bash", NEWCOMER], check=True)
    (root / "etc/sudoers.d/newcomer").write_text(f"{NEWCOMER} ALL=(ALL) NOPASSWD: ALL\n")
    subprocess.run(
        ["git", "bundle", "create", "--quiet", str(root / "srv/kiosk.bundle"), "HEAD"], cwd=PROJECT, check=True
    )
    return root


def _packed(suite: str, folder: Path) -> Path:
    kept = KEPT / f"{suite}.tar"
    if not kept.exists():
        tell(f"Putting {suite} together from the archive, once; {kept.relative_to(PROJECT)} keeps it\n")
        archive, _ = own_archive()
        made = folder / kept.name
        command = [*APART, "mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
        subprocess.run([*command, suite, str(made), archive], check=True, env=os.environ | {"TMPDIR": str(folder)})
        made.rename(kept)
    return kept


def _let_fetch(root: Path) -> None:
    """Take over how this computer reaches the packages: its certificates and proxies, its apt's and its pip's ways."""
    shutil.copy(f"/{CERTIFICATES}", root / CERTIFICATES)
    for part in Path("/etc/apt/apt.conf.d").iterdir():
        if re.search(r"^\s*Acquire::", part.read_text(), re.MULTILINE):
            shutil.copy(part, root / "etc/apt/apt.conf.d" / part.name)
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    lines = [f"cert = /{CERTIFICATES}"]
    for name, value in re.findall(r"^(?:global|:env:)\.([\w-]+)='(.*)'$", told, re.MULTILINE):
        words = [word for word in value.split() if not word.startswith("file:")]  # these files are not there
        if name in PIP_SETTINGS and words:
            lines.append(f"{name} = {' '.join(words)}")
    (root / "etc/pip.conf").write_text("\n".join(["[global]", *dict.fromkeys(lines), ""]))
    proxies = [f'{name}="{os.environ[name]}"\n' for name in PROXIES if name in os.environ]
    (root / "etc/environment").write_text("".join(proxies))
