"""Active learning: picks frames of running cameras whose labels would teach the detector most."""

from vision.labels.active_learning.harvest import Harvest, HarvestOptions
from vision.labels.active_learning.uncertainty import ScoredFrame, UncertaintyReason, UncertaintyScorer

__all__ = ["Harvest", "HarvestOptions", "ScoredFrame", "UncertaintyReason", "UncertaintyScorer"]
