"""The errors of a camera's side: each names the culprit and the remedy."""

from vision.common.errors import NgatuError

__all__ = ["ModelError", "NgatuError", "SourceError"]


class ModelError(NgatuError):
    """A detector's file or card is missing, broken or of a family that no decoder knows."""


class SourceError(NgatuError):
    """A camera or a video file gives no pictures."""
