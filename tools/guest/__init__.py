"""A small Linux in an emulated computer, whose kernel has simulated GPIO pins."""
