"""The kiosk itself: test turns, events, date, menu, codes."""
