"""Tracking: detections become confirmed tracks with stable ids."""

from vision.tracking.tracker import TrackedFrame, Tracker

__all__ = ["TrackedFrame", "Tracker"]
