"""Incidents: their current state, and the updates that workers published."""
