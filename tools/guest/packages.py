"""Debian packages of a newer suite than the machine's own, fetched and unpacked beside it. Nothing is installed.

They come from the archive that the machine's apt already uses, and apt checks their signatures. Needs no root.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tools.guest.errors import GuestError

SUITE = "trixie-backports"
"""The first suite of Debian whose kernels have gpio-sim."""

APT_CONF = """
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{folder}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
"""

SOURCE = """\
Types: deb
URIs: {archive}
Suites: {suite}
Components: main
"""


class Archive:
    """apt with a state of its own below `folder`."""

    def __init__(self, folder: Path) -> None:
        """Read the suite's package list. Raises GuestError when there is no Debian archive, or it cannot be reached."""
        for part in ("state/lists/partial", "cache/archives/partial", "sources", "packages"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        archive, signed_by = own_archive()
        source = SOURCE.format(archive=archive, suite=SUITE) + (f"Signed-By: {signed_by}\n" if signed_by else "")
        (folder / "sources" / "guest.sources").write_text(source)
        (folder / "apt.conf").write_text(APT_CONF.format(folder=folder))
        self._folder = folder
        self._environment = os.environ | {"APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}
        self._run("apt-get", "update", "--quiet", "--error-on=any")

    def depends(self, package: str) -> list[str]:
        """Return the names of the packages that `package` depends on."""
        shown = self._run("apt-cache", "show", "--no-all-versions", package)
        found = re.search(r"^Depends: (.*)$", shown, re.MULTILINE)
        return re.findall(r"(?:^|, )([a-z0-9][a-z0-9+.-]+)", found[1]) if found else []

    def unpack(self, package: str, into: Path) -> None:
        """Fetch a package and lay its files below `into`."""
        packages = self._folder / "packages"
        self._run("apt-get", "download", "--quiet", package)
        for file in packages.glob(f"{package}_*.deb"):
            self._run("dpkg-deb", "--extract", str(file), str(into))
            file.unlink()

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=self._folder / "packages",
            env=self._environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            why = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()[-1]
            raise GuestError(
                f"The kernel for the tests could not be fetched ({' '.join(command[:2])}: {why}). Check the network, "
                f"and that the archive which apt uses has {SUITE}; then try again."
            )
        return done.stdout


def own_archive() -> tuple[str, str]:
    """Return the address of the Debian archive in the machine's own sources, and the key file it is signed with."""
    try:
        shown = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)|$(SIGNED_BY)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise GuestError(f"The tests of real pins need Debian's apt-get ({error}). Run them on Debian.") from error
    for line in shown.splitlines():
        origin, label, archive, signed_by = line.split("|")
        if origin == label == "Debian":
            return archive, signed_by if signed_by.startswith("/") else ""
    raise GuestError("apt knows no Debian archive. Put one into its sources, run `apt-get update`, then try again.")
