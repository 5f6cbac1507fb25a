"""What all drivers of coils share: one turn, its home switch, its power."""
