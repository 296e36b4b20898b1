"""Ultralytics' data set as a street's: other scenes' vehicles in it, odd pixels, weather and night."""

from pathlib import Path
from typing import Any

import numpy as np
from copy_paste import Pasting
from corruptions import Weather, squeezed
from ultralytics.data.dataset import YOLODataset
from ultralytics.utils.instance import Instances

Settings = dict[str, Any]

CUT_OUTS = "cutouts"
"""The folder of the prepared data set where `cutting` left them."""
SHARES = ("weather", "paint", "squeeze", "paste")
"""What the settings say of it: part of the pictures that each befalls."""


class StreetDataset(YOLODataset):
    """What happens to a picture before Ultralytics makes mosaics, and after."""

    shares: dict[str, float] = {}  # noqa: RUF012
    pasting: Pasting | None = None

    @classmethod
    def of(cls, made: Any, shares: dict[str, float], hyp: Any) -> "StreetDataset":
        """Ultralytics' own data set, turned into this one."""
        made.__class__ = cls
        made.shares = shares
        names = list(made.data["names"].values())
        made.pasting = Pasting(Path(made.data["path"]) / CUT_OUTS, names, shares["paste"])
        made.transforms = made.build_transforms(hyp=hyp)
        return made  # type: ignore[no-any-return]

    def counts(self) -> list[int]:
        """How many labels of each class an epoch shows."""
        shown = np.concatenate([label["cls"].reshape(-1) for label in self.labels]).astype(int)
        return np.bincount(shown, minlength=len(self.data["names"])).tolist()  # type: ignore[no-any-return]

    def get_image_and_label(self, index: int) -> Settings:
        """A picture and its boxes, as fractions; things are pasted into some, some are made narrower or flatter."""
        labels: Settings = super().get_image_and_label(index)
        if not self.augment:
            return labels
        # Ultralytics seeds NumPy's and Python's global generators in every loader process.
        random = np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002
        self._paste(labels, random)
        if random.random() < self.shares["squeeze"]:
            labels["img"] = squeezed(labels["img"], random)
            labels["resized_shape"] = labels["img"].shape[:2]
        return labels

    def build_transforms(self, hyp: Any = None) -> Any:
        transforms = super().build_transforms(hyp)
        if self.augment and self.shares:
            transforms.insert(-1, _InWeather(self.shares["weather"], self.shares["paint"]))
        return transforms

    def _paste(self, labels: Settings, random: np.random.Generator) -> None:
        image, boxes = labels["img"], labels["instances"]
        height, width = image.shape[:2]
        boxes.convert_bbox("xyxy")
        boxes.denormalize(width, height)
        classes = labels["cls"].reshape(-1).astype(int)
        assert self.pasting is not None  # noqa: S101  (`of` gives every one of these its own)
        labels["img"], xyxy, classes = self.pasting(image, boxes.bboxes, classes, random)
        labels["cls"] = classes.reshape(-1, 1).astype(np.float32)
        made = Instances(xyxy, np.zeros((0, 1000, 2), np.float32), bbox_format="xyxy", normalized=False)
        made.normalize(width, height)
        made.convert_bbox("xywh")
        labels["instances"] = made


class _InWeather:
    def __init__(self, share: float, paint: float) -> None:
        self._weather = Weather(share, paint)

    def __call__(self, labels: Settings) -> Settings:
        # Ultralytics seeds NumPy's and Python's global generators in every loader process.
        random = np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002
        labels["img"] = self._weather(labels["img"], random)
        return labels
