"""What was too warm or too cold, and what is done about it."""
