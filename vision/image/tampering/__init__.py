"""Camera tamper detection: a view that is obscured or moved."""
