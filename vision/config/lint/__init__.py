"""What is valid in a camera file and is still a mistake, most likely: each with the culprit and the remedy."""

from vision.config.lint.finding import Finding
from vision.config.lint.rules import lint

__all__ = ["Finding", "lint"]
