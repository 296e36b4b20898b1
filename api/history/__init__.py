"""Stored crossings, movements and health changes: as lists, and counted by interval."""
