"""Distillation loss: keeps what the model knew where there are no labels, and weighs rare classes more."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from ultralytics.utils.tal import make_anchors

RARITY_EXPONENT = 0.75
"""A class with 1/n of the labels of the most frequent class has the weight n to this power."""
MAX_WEIGHT = 4.0


def class_weights(counts: Sequence[int]) -> list[float]:
    """Loss weight of each class from its number of labels; 1 for the most frequent class."""
    return [min(MAX_WEIGHT, (max(counts) / max(count, 1)) ** RARITY_EXPONENT) for count in counts]


class DistillationLoss:
    """Ultralytics' detection criterion with other class targets and class weights.

    Outside labels the target of each class is the fraction `keep` of the score before training (learning without
    forgetting; Li and Hoiem 2016, arXiv:1606.09282), so that unlabelled objects are not learned as background.
    """

    def __init__(self, criterion: Any, teacher: nn.Module, keep: float, weights: Sequence[float], device: Any) -> None:
        """`teacher` has the same classes and is not trained; `weights` has one number per class."""
        self._criterion = criterion
        self._teacher = teacher.to(device).eval().requires_grad_(False)
        self._keep = keep
        self._weights = torch.tensor(list(weights), device=device)
        self._teacher_output: tuple[torch.Tensor, torch.Tensor] | None = None
        for one in (getattr(criterion, branch, None) for branch in ("one2many", "one2one")):
            (one or criterion).bce = self._class_loss

    def __getattr__(self, name: str) -> Any:
        return getattr(self._criterion, name)

    def __call__(self, preds: Any, batch: dict[str, torch.Tensor]) -> Any:
        if self._keep:
            with torch.no_grad():
                self._teacher_output = self._run_teacher(batch)
        return self._criterion(preds, batch)

    def _run_teacher(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """(pictures, cells, classes) teacher scores, and (pictures, cells) whether a cell is outside all labels."""
        image = batch["img"]
        _, output = self._teacher(image)
        output = output.get("one2one", output)
        head = self._teacher.model[-1]
        cells, strides = make_anchors(output["feats"], head.stride.to(image.device), 0.5)
        sides = torch.tensor(image.shape[:1:-1], device=image.device)
        boxes = batch["bboxes"].to(image.device)
        low, high = ((boxes[:, :2] + sign * boxes[:, 2:] / 2) * sides for sign in (-1, 1))
        at = cells * strides
        inside = ((at > low[:, None]) & (at < high[:, None])).all(-1)
        pictures = torch.arange(len(image), device=image.device)[:, None] == batch["batch_idx"].to(image.device)
        covered = pictures.float() @ inside.float()
        return output["scores"].float().sigmoid().permute(0, 2, 1), covered == 0

    def _class_loss(self, pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """(pictures, cells, classes) logits and targets to their losses."""
        weights = torch.where(target > 0, self._weights, torch.ones_like(self._weights))
        if self._teacher_output is not None:
            scores, outside = self._teacher_output
            outside = (outside & (target.sum(-1) == 0))[..., None]
            target = torch.where(outside, self._keep * scores.to(target.dtype), target)
        return binary_cross_entropy_with_logits(pred.float(), target.float(), reduction="none") * weights
