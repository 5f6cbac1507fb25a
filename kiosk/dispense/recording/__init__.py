"""How what happens is written down, on a disk that may be slow, full or silent."""
