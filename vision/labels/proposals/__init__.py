"""Label proposals: boxes that several models agree on, and questions where they disagree."""

from vision.labels.proposals.fusion import FusedBoxes, fuse
from vision.labels.proposals.propose import Proposal, propose, propose_picture

__all__ = ["FusedBoxes", "Proposal", "fuse", "propose", "propose_picture"]
