"""Ultralytics' data set with copy-paste, aspect changes and corruptions."""

from pathlib import Path
from typing import Any

import numpy as np
from copy_paste import CopyPaste
from corruptions import RandomCorruptions, change_aspect
from ultralytics.data.dataset import YOLODataset
from ultralytics.utils.instance import Instances

Settings = dict[str, Any]

CUTOUTS_FOLDER = "cutouts"
"""The folder of the prepared data set that has the cut-outs (`training/data/cutouts.py`)."""
SHARES = ("weather", "paint", "squeeze", "paste")
"""Settings: the fraction of the pictures that each augmentation applies to."""


class StreetDataset(YOLODataset):
    """Adds copy-paste and aspect changes before Ultralytics makes mosaics, and corruptions after."""

    shares: dict[str, float] = {}  # noqa: RUF012
    paste_cutouts: CopyPaste | None = None

    @classmethod
    def of(cls, dataset: Any, shares: dict[str, float], hyp: Any) -> "StreetDataset":
        """Turn a data set of Ultralytics into one of this class, in place."""
        dataset.__class__ = cls
        dataset.shares = shares
        names = list(dataset.data["names"].values())
        dataset.paste_cutouts = CopyPaste(Path(dataset.data["path"]) / CUTOUTS_FOLDER, names, shares["paste"])
        dataset.transforms = dataset.build_transforms(hyp=hyp)
        return dataset  # type: ignore[no-any-return]

    def counts(self) -> list[int]:
        """Number of labels of each class in an epoch."""
        shown = np.concatenate([label["cls"].reshape(-1) for label in self.labels]).astype(int)
        return np.bincount(shown, minlength=len(self.data["names"])).tolist()  # type: ignore[no-any-return]

    def get_image_and_label(self, index: int) -> Settings:
        """A picture and its boxes as fractions, after copy-paste and aspect change."""
        labels: Settings = super().get_image_and_label(index)
        if not self.augment:
            return labels
        # Ultralytics seeds NumPy's and Python's global generators in every loader process.
        random = np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002
        self._paste(labels, random)
        if random.random() < self.shares["squeeze"]:
            labels["img"] = change_aspect(labels["img"], random)
            labels["resized_shape"] = labels["img"].shape[:2]
        return labels

    def build_transforms(self, hyp: Any = None) -> Any:
        transforms = super().build_transforms(hyp)
        if self.augment and self.shares:
            transforms.insert(-1, _Corruptions(self.shares["weather"], self.shares["paint"]))
        return transforms

    def _paste(self, labels: Settings, random: np.random.Generator) -> None:
        image, boxes = labels["img"], labels["instances"]
        height, width = image.shape[:2]
        boxes.convert_bbox("xyxy")
        boxes.denormalize(width, height)
        classes = labels["cls"].reshape(-1).astype(int)
        assert self.paste_cutouts is not None  # noqa: S101  (`of` sets it)
        labels["img"], xyxy, classes = self.paste_cutouts(image, boxes.bboxes, classes, random)
        labels["cls"] = classes.reshape(-1, 1).astype(np.float32)
        instances = Instances(xyxy, np.zeros((0, 1000, 2), np.float32), bbox_format="xyxy", normalized=False)
        instances.normalize(width, height)
        instances.convert_bbox("xywh")
        labels["instances"] = instances


class _Corruptions:
    def __init__(self, share: float, paint: float) -> None:
        self._corrupt = RandomCorruptions(share, paint)

    def __call__(self, labels: Settings) -> Settings:
        # Ultralytics seeds NumPy's and Python's global generators in every loader process.
        random = np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002
        labels["img"] = self._corrupt(labels["img"], random)
        return labels
