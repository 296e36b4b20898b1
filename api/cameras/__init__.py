"""Cameras: what their files say, how they are, and what they have counted today."""
