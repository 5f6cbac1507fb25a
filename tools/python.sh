# Find a Python that the kiosk runs on. Sourced by the scripts beside it.

find_python() {
    local candidate
    for candidate in "${KIOSK_PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.maxsize < 2**32 or not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    echo "The kiosk needs Python 3.11, 3.12 or 3.13 on a 64-bit system. Install one (on Debian: apt install python3), or name one: KIOSK_PYTHON=/path/to/python3 make ..." >&2
    return 1
}
