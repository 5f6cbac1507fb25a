"""The vend thread and what it works with: requests, admission, the motors, what everybody may see."""
