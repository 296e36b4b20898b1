"""Cameras: what their files say, their health, and today's counts."""
