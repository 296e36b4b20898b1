"""Runs the SUMO traffic simulator in an environment of its own."""
