"""The kernel modules that the guest loads, each after those that it needs."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from pathlib import Path

from tools.guest.errors import GuestError

WANTED = {
    "virtio_pci": "",
    "9pnet_virtio": "",
    "9p": "",
    "configfs": "",
    "gpio_sim": "",
    "i2c_dev": "",
    "i2c_stub": "chip_addr=0x48",
    "lm75": "",
    "uinput": "",
    "evdev": "",
}
"""Names with their parameters: the host's files, a GPIO chip, a thermometer chip on an I2C bus, a keyboard."""


class Modules:
    """The modules of one unpacked kernel."""

    def __init__(self, unpacked: Path) -> None:
        """Find them below `unpacked`."""
        self._files = {_name(file): file for file in unpacked.rglob("*.ko*")}
        self._built_in = {
            _name(Path(line)) for listed in unpacked.rglob("modules.builtin") for line in listed.read_text().split()
        }

    def write(self, folder: Path) -> None:
        """Write the wanted modules into `folder`, with a file `order` that says in which order and how to load them.

        Raises GuestError when this kernel lacks one.
        """
        folder.mkdir()
        loaded: dict[str, str] = {}
        for name in WANTED:
            for module, content in self._with_needs(name, set(loaded)):
                (folder / f"{module}.ko").write_bytes(content)
                loaded[module] = WANTED.get(module, "")
        order = "".join(f"{module}.ko {parameters}\n" for module, parameters in loaded.items())
        (folder / "order").write_text(order)

    def _with_needs(self, name: str, loaded: set[str]) -> Iterator[tuple[str, bytes]]:
        if name in loaded or name in self._built_in:
            return
        if name not in self._files:
            raise GuestError(f"The kernel for the tests has no module {name}. Choose another suite in tools/guest.")
        loaded.add(name)
        content = _read(self._files[name])
        needs = re.search(rb"\0depends=([^\0]*)\0", content)
        for needed in needs[1].decode().split(",") if needs else []:
            if needed:
                yield from self._with_needs(needed.replace("-", "_"), loaded)
        yield name, content


def _name(file: Path) -> str:
    return file.name.partition(".")[0].replace("-", "_")


def _read(file: Path) -> bytes:
    if file.suffix == ".ko":
        return file.read_bytes()
    if file.suffix == ".xz":
        return lzma.decompress(file.read_bytes())
    raise GuestError(
        f"The kernel's modules are packed in a way unknown here ({file.name}). Teach tools/guest to read it."
    )
