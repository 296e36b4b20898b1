"""Errors of the camera side; each names the culprit and the remedy."""

from vision.common.errors import NgatuError

__all__ = ["ModelError", "NgatuError", "SourceError"]


class ModelError(NgatuError):
    """A detector's file or card is missing or broken, or no decoder knows its family."""


class SourceError(NgatuError):
    """A camera or a video file delivers no frames."""
