"""What decides: which slot, what next, what is allowed, what is known of a count. Pure."""
