"""Counts one video as fast as the machine can, exports the counts and renders them."""
