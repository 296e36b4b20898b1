"""The clip of white squares and their detector."""

from tests.kit.squares import squares

__all__ = ["squares"]
