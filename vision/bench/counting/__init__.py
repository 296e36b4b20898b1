"""Scores counts against hand counts, and compares them with a peer on the same clips."""
