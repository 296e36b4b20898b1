"""Frames of running cameras that are worth a person's look."""

from vision.labels.active_learning.harvest import Harvest, Wishes
from vision.labels.active_learning.uncertainty import Doubt, Doubter, Judged

__all__ = ["Doubt", "Doubter", "Harvest", "Judged", "Wishes"]
