#!/usr/bin/env bash
# Set up what a make target needs: `setup.sh run`, `setup.sh test` or `setup.sh os`. Quick when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/python.sh

purpose=${1:?say what for: run, test or os}
fresh_machines=false
case $purpose in
run | test) ;;
os) purpose=test fresh_machines=true ;;
*) echo "tools/setup.sh: there is no set-up for '$purpose'; say run, test or os." >&2 && exit 2 ;;
esac

need() { # PROGRAM PACKAGE: remember the Debian package if the program is not there
    command -v "$1" >/dev/null || PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null || missing+=("$2")
}

root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

tell() { # LOG WHAT: say that WHAT failed, with the end of the log that tells why; blame the network only if that does
    tail -n 15 "$1" >&2
    local network=""
    if grep -qiE 'name resolution|could not resolve|failed to establish a new connection|could not connect|timed out|network is unreachable' "$1"; then
        network=" The network seems to be the cause: check it, then try again."
    fi
    echo "$2: see above why.$network" >&2
}

install_packages() { # PACKAGE...
    if ! command -v apt-get >/dev/null; then
        echo "Please install these, then try again: $*. (This machine has no apt-get to do it with.)" >&2
        exit 1
    fi
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "Please run as root: apt-get install $*. (This account cannot: there is no sudo.)" >&2
        exit 1
    fi
    echo "Installing Debian packages: $*"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@")
    mkdir -p build
    # A package list from an earlier update is good enough if it knows the packages.
    if ! root "${install[@]}" >/dev/null 2>&1 && ! { root apt-get update -qq && root "${install[@]}"; } >build/apt.log 2>&1; then
        tell build/apt.log "Could not install the Debian packages $*"
        exit 1
    fi
    # Debian starts a broker that it installs; it would hold the port that the demonstration's broker wants.
    if [[ " $* " == *" mosquitto "* && -d /run/systemd/system ]]; then
        root systemctl disable --now --quiet mosquitto || true
    fi
}

python=
missing=()
if [ "$purpose" = test ]; then
    need mosquitto mosquitto
    need mosquitto_sub mosquitto-clients
    need chromium chromium
    need systemd-analyze systemd
    # Power cuts: a recorder of writes, in C, and a file system of their own.
    need gcc gcc
    [ -e /usr/include/stdio.h ] || missing+=(libc6-dev)
    need mkfs.ext4 e2fsprogs
    need mount mount
    # Real pins: an emulated computer whose kernel has simulated ones.
    need qemu-system-x86_64 qemu-system-x86
    need cpio cpio
    # Only a busybox that needs no other file can be the first program there.
    { [ -x /bin/busybox ] && ! ldd /bin/busybox; } >/dev/null 2>&1 || missing+=(busybox-static)
fi
if $fresh_machines; then
    need git git
    need mmdebstrap mmdebstrap
    need systemd-nspawn systemd-container
fi
if ! .venv/bin/python -c '' 2>/dev/null; then
    if ! python=$(find_python 2>/dev/null); then
        missing+=(python3 python3-venv)
    else
        "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
    fi
fi
if [ ${#missing[@]} -gt 0 ]; then
    install_packages "${missing[@]}"
fi

# The stamp holds what the environment was made from, so that a change of either file makes it anew.
stamp=.venv/setup-$purpose
wanted() { cat pyproject.toml "requirements-$1.lock" | sha256sum; }
if .venv/bin/python -c '' 2>/dev/null; then
    # What suffices for the tests suffices to run.
    for enough in "$purpose" test; do
        [ "$(cat ".venv/setup-$enough" 2>/dev/null)" != "$(wanted "$enough")" ] || exit 0
    done
fi

echo "Setting up the Python environment in .venv (a minute or two, once) ..."
if ! .venv/bin/python -c '' 2>/dev/null; then
    python=$(find_python)
    "$python" -m venv --clear .venv
fi
mkdir -p build
install() { # OPTION...: nothing is compiled, and every file is the one that was tested
    .venv/bin/pip install --quiet --disable-pip-version-check "$@" >build/setup.log 2>&1
}
if ! install --require-hashes --only-binary :all: --requirement "requirements-$purpose.lock" || ! install --no-deps --no-build-isolation --editable .; then
    tell build/setup.log "Could not install the Python packages (the whole log is build/setup.log)"
    exit 1
fi
wanted "$purpose" >"$stamp"
