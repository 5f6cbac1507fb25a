"""A visit: what is counted, put in and taken out, slot by slot, and saved as a whole."""
