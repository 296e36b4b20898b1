"""First labels for people to correct: what several models agree on, and what they do not."""

from vision.labels.proposals.fusion import Fused, fuse
from vision.labels.proposals.propose import Proposal, propose, propose_picture

__all__ = ["Fused", "Proposal", "fuse", "propose", "propose_picture"]
