"""What people asked for in vain."""
