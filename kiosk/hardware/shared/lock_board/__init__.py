"""What all drivers of lockers on lock boards share."""
