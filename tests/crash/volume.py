"""An ext4 file system in a file, whose power can be cut. Everything here needs root."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

IMAGE_BYTES = 32 << 20
OPTIONS = "data=ordered"

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN (Linux, fs/ext4/ext4.h): the file system stops at once, as if the disk were gone."""

NO_LOG_FLUSH = 2
"""EXT4_GOING_FLAGS_NOLOGFLUSH: not even its journal in memory is written any more."""

UNMOUNT_S = 10.0
"""How long unmounting may take on a busy machine, in seconds."""


class Volume:
    """A fresh ext4 file system, mounted at `root`. Leaving the context unmounts it, whatever happened."""

    def __init__(self, folder: Path, size: int = IMAGE_BYTES, options: str = OPTIONS, features: str = "") -> None:
        """Prepare one of `size` bytes, mounted with `options`; `features` are ext4's besides the defaults."""
        self.image = folder / "disk.img"
        self.root = folder / "mounted"
        self._size = size
        self._options = options
        self._features = ("-O", features) if features else ()

    def __enter__(self) -> Self:
        with self.image.open("wb") as file:
            file.truncate(self._size)
        self.root.mkdir(exist_ok=True)
        _run("mkfs.ext4", "-q", "-F", *self._features, str(self.image))
        self.mount()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.unmount()
        self.image.unlink()

    def mount(self) -> None:
        """Mount it; after a cut the kernel replays its journal here."""
        _run("mount", "-o", f"loop,{self._options}", str(self.image), str(self.root))

    def unmount(self) -> None:
        """Unmount it, also when a process that is just ending still holds a file."""
        give_up = time.monotonic() + UNMOUNT_S
        while os.path.ismount(self.root):
            done = subprocess.run(["umount", str(self.root)], capture_output=True, check=False)
            if done.returncode and time.monotonic() > give_up:
                _run("umount", "--lazy", str(self.root))
            time.sleep(0.005 if done.returncode else 0)

    def cut(self) -> None:
        """Take its power away. Whatever was not on the disk is lost, and every call on its files fails from now on."""
        root = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.ioctl(root, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(root)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
