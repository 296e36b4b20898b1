"""Active learning: selects the frames of running cameras that would improve the detector most if labelled."""

from vision.labels.active_learning.harvest import Harvest, HarvestOptions
from vision.labels.active_learning.uncertainty import ScoredFrame, UncertaintyReason, UncertaintyScorer

__all__ = ["Harvest", "HarvestOptions", "ScoredFrame", "UncertaintyReason", "UncertaintyScorer"]
