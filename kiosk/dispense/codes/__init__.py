"""Anonymous codes: how they are made and checked, and what each has taken."""
