"""A real disk of a few MiB that a test can fill to the last byte."""

from __future__ import annotations

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.crash.ext4 import privileged


class SmallDisk:
    """A file system of its own, mounted at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._filler = root / "somebody-elses.log"

    def fill(self) -> None:
        """Leave no byte free."""
        for size in (65536, 4096, 1):
            with self._filler.open("ab", buffering=0) as file, suppress(OSError):
                while True:
                    file.write(b"x" * size)

    def make_room(self) -> None:
        """Give back what `fill` took."""
        self._filler.unlink()

    def remount(self, how: str) -> None:
        """Make it read-only (`ro`), as the kernel does with a failing card, or writable again (`rw`)."""
        subprocess.run([*privileged(), "mount", "-o", f"remount,{how}", str(self.root)], check=True)


@contextmanager
def small_disk(root: Path, size_kib: int) -> Iterator[SmallDisk]:
    """Mount a disk of so many KiB, and unmount it whatever happens."""
    root.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k,mode=777", "disk", str(root)]
    subprocess.run([*privileged(), *mount], check=True)
    try:
        yield SmallDisk(root)
    finally:
        subprocess.run([*privileged(), "umount", "--lazy", str(root)], check=True)


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Have the kernel refuse this process every write that ends beyond so many bytes of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
