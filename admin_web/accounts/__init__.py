"""Who may use the staff pages: claiming a kiosk, signing in, passwords and known devices."""
