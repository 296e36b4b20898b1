"""Matches reported incidents with expected ones, and scores incidents and measures."""
