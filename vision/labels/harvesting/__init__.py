"""Frames of running cameras that are worth a person's look."""

from vision.labels.harvesting.doubts import Doubt, Doubter, Judged
from vision.labels.harvesting.harvest import Harvest, Wishes

__all__ = ["Doubt", "Doubter", "Harvest", "Judged", "Wishes"]
