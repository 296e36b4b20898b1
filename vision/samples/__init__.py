"""Sample clips: their cards and a cache."""

from vision.samples.cards import ClipCard, SampleError, clip_file, load_cards
from vision.samples.pulling import ensure_samples, pull

__all__ = ["ClipCard", "SampleError", "clip_file", "ensure_samples", "load_cards", "pull"]
