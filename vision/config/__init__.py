"""Cameras, lines and settings as people write them."""
