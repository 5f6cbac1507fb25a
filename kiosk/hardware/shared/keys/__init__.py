"""What all drivers of keypads and readers share: keys, and the texts that they make."""
