"""Incidents as they stand, and every word that was told of each."""
