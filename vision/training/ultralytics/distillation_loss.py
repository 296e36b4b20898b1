"""What the loss asks for beside the labels: that nothing is unlearnt, and that rare classes count.

Where no label is, the target of each class is what the model said before it was trained, a part `keep` of it (learning
without forgetting; Li and Hoiem 2016, arXiv:1606.09282): what people left unlabelled is not taught to be road.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from ultralytics.utils.tal import make_anchors

POWER = 0.75
"""A class with an n-th of the commonest class's labels weighs n to this power."""
MOST = 4.0
"""No class weighs more."""


def weights_of(counts: Sequence[int]) -> list[float]:
    """What each class's labels weigh, from how many there are of it; 1 for the commonest."""
    return [min(MOST, (max(counts) / max(count, 1)) ** POWER) for count in counts]


class Keeping:
    """Ultralytics' criterion of a detector, with other class targets and weights."""

    def __init__(self, criterion: Any, teacher: nn.Module, keep: float, weights: Sequence[float], device: Any) -> None:
        """`teacher` has the same classes and stays as it is; `weights` has one number a class."""
        self._criterion = criterion
        self._teacher = teacher.to(device).eval().requires_grad_(False)
        self._keep = keep
        self._weights = torch.tensor(list(weights), device=device)
        self._said: tuple[torch.Tensor, torch.Tensor] | None = None
        for one in (getattr(criterion, branch, None) for branch in ("one2many", "one2one")):
            (one or criterion).bce = self._class_loss

    def __getattr__(self, name: str) -> Any:
        return getattr(self._criterion, name)

    def __call__(self, preds: Any, batch: dict[str, torch.Tensor]) -> Any:
        if self._keep:
            with torch.no_grad():
                self._said = self._ask(batch)
        return self._criterion(preds, batch)

    def _ask(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The teacher's scores (pictures, cells, classes), and (pictures, cells) whether a cell is in no label."""
        image = batch["img"]
        _, said = self._teacher(image)
        said = said.get("one2one", said)
        head = self._teacher.model[-1]
        cells, strides = make_anchors(said["feats"], head.stride.to(image.device), 0.5)
        sides = torch.tensor(image.shape[:1:-1], device=image.device)
        boxes = batch["bboxes"].to(image.device)
        low, high = ((boxes[:, :2] + sign * boxes[:, 2:] / 2) * sides for sign in (-1, 1))
        at = cells * strides
        inside = ((at > low[:, None]) & (at < high[:, None])).all(-1)
        pictures = torch.arange(len(image), device=image.device)[:, None] == batch["batch_idx"].to(image.device)
        covered = pictures.float() @ inside.float()
        return said["scores"].float().sigmoid().permute(0, 2, 1), covered == 0

    def _class_loss(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """(pictures, cells, classes) logits and targets to their losses."""
        weights = torch.where(target > 0, self._weights, torch.ones_like(self._weights))
        if self._said is not None:
            scores, free = self._said
            free = (free & (target.sum(-1) == 0))[..., None]
            target = torch.where(free, self._keep * scores.to(target.dtype), target)
        return binary_cross_entropy_with_logits(pred.float(), target.float(), reduction="none") * weights
