"""The errors that ngatu raises on purpose: each names the culprit and the remedy."""


class NgatuError(Exception):
    """What went wrong, said to the person who can mend it.

    For example: `camera 'nts-01', zone 'north': a polygon needs 3 or more points, got 2`.
    """


class ModelError(NgatuError):
    """A detector's file or card is missing, broken or of a family that no decoder knows."""


class SourceError(NgatuError):
    """A camera or a video file gives no pictures."""
