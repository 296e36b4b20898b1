"""Tracking: detections become vehicles that are followed."""

from vision.tracking.tracker import TrackedFrame, Tracker

__all__ = ["TrackedFrame", "Tracker"]
