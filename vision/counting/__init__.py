"""Counts the vehicles of a video as fast as the machine can, exports the counts and renders the video."""
