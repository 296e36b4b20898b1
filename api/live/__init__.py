"""What happens just now: events and health as they come, and the cameras' pictures."""
