"""Tracking: detections become vehicles that are followed."""

from vision.tracking.tracker import Sighting, Tracker

__all__ = ["Sighting", "Tracker"]
