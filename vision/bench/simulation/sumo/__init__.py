"""SUMO in a Python environment of its own, and the script that runs one simulation there."""
