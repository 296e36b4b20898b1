"""First labels for people to correct: what several models agree on, and what they do not."""

from vision.labels.proposing.fusion import Fused, fuse
from vision.labels.proposing.propose import Proposal, propose, propose_picture

__all__ = ["Fused", "Proposal", "fuse", "propose", "propose_picture"]
