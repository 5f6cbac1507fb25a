"""The 40 pins of a Raspberry Pi's header, the same on every model since the B+ (raspberrypi.com, "GPIO")."""

from __future__ import annotations

POWER = {1: "3.3 V", 2: "5 V", 4: "5 V", 17: "3.3 V"} | dict.fromkeys((6, 9, 14, 20, 25, 30, 34, 39), "ground")
"""What the pins that are no GPIO carry, by their number on the header."""

GPIO = {
    3: 2,
    5: 3,
    7: 4,
    11: 17,
    13: 27,
    15: 22,
    19: 10,
    21: 9,
    23: 11,
    27: 0,
    29: 5,
    31: 6,
    33: 13,
    35: 19,
    37: 26,
    8: 14,
    10: 15,
    12: 18,
    16: 23,
    18: 24,
    22: 25,
    24: 8,
    26: 7,
    28: 1,
    32: 12,
    36: 16,
    38: 20,
    40: 21,
}
"""The GPIO (BCM) number of every other pin. Odd pins are the row towards the middle of the board."""

HEADER = {gpio: number for number, gpio in GPIO.items()}
"""The header pin of each GPIO."""

ROWS = 20
"""Two pins in each row: 1 and 2 at the end with the board's corner."""
