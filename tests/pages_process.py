"""The staff pages as a process of their own, for tests that use them from outside or attack them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.children import child

COMMAND = [sys.executable, "-m", "admin_web"]


class Pages(NamedTuple):
    """Staff pages that run."""

    scheme: str
    port: int
    process: subprocess.Popen[str]


@contextmanager
def pages(
    folder: Path, *more: str, control: Path | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Pages]:
    """Run them until the block ends; they must end well then, if they still run."""
    socket = control or folder / "none.sock"
    command = [*COMMAND, "--socket", str(socket), "--state", str(folder / "state"), "--port", "0", *more]
    with child(command, stdout=subprocess.PIPE, env={**os.environ, **(environment or {})}) as process:
        assert process.stdout is not None
        told = re.search(r"(https?)://[^:]+:(\d+)/", process.stdout.readline())
        assert told, "The staff pages did not start."
        yield Pages(told[1], int(told[2]), process)
        process.terminate()
        assert process.wait(timeout=60) == 0


def certificate(folder: Path) -> tuple[str, str]:
    """Make a certificate of our own for localhost; return its file and its key's."""
    cert, key = str(folder / "cert.pem"), str(folder / "key.pem")
    curve: Sequence[str] = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    names: Sequence[str] = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    command = ["openssl", "req", "-x509", *curve, "-nodes", "-days", "2", *names, "-keyout", key, "-out", cert]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key
