"""The settings of a training, and their translation to Ultralytics' settings."""

from pathlib import Path
from typing import Any

from pydantic import Field

from vision.config.base import Config

TIMED_EPOCHS = 60
"""With a time budget, Ultralytics plans with this number of epochs until it has measured its speed."""


class Recipe(Config):
    """The settings of one training. The defaults suit fine-tuning a COCO model on some hundred pictures."""

    size: int = Field(640, ge=64, le=2048, multiple_of=32, title="Size", description="Side of the square input.")
    epochs: int = Field(30, ge=1, le=10_000, title="Epochs", description="Number of epochs.")
    minutes: float | None = Field(None, gt=0, title="Minutes", description="Time budget, instead of epochs.")
    batch: int = Field(16, ge=1, le=512, title="Batch", description="Pictures per step.")
    seed: int = Field(0, ge=0, title="Seed", description="Same seed, data, versions and machine give the same weights.")
    device: str = Field("cpu", title="Device", description="cpu, or the number of a GPU.")
    threads: int = Field(1, ge=1, title="Threads", description="CPU threads.")
    workers: int = Field(1, ge=0, le=64, title="Workers", description="Processes that load and augment pictures.")
    nice: int = Field(
        10, ge=0, le=19, title="Niceness", description="Higher: other processes of the machine have priority."
    )
    learning_rate: float = Field(1e-3, gt=0, title="Learning rate", description="Maximum of AdamW, for neck and head.")
    backbone_rate: float = Field(
        0.3,
        ge=0,
        le=1,
        title="Backbone rate",
        description="Learning rate of the backbone, as a fraction of that of neck and head.",
    )
    frozen: int = Field(0, ge=0, title="Frozen layers", description="Number of first layers that are not trained.")
    weather: float = Field(
        0.5, ge=0, le=1, title="Weather", description="Fraction of the pictures with weather and camera corruptions."
    )
    paint: float = Field(0.3, ge=0, le=1, title="Paint", description="Fraction of the pictures with changed colours.")
    squeeze: float = Field(
        0.4, ge=0, le=1, title="Squeeze", description="Fraction of the pictures with a changed aspect ratio."
    )
    paste: float = Field(
        0.5, ge=0, le=1, title="Paste", description="Fraction of the pictures with copy-paste of rare classes."
    )
    keep: float = Field(
        0.8,
        ge=0,
        le=1,
        title="Keep",
        description="Outside labels the target of a class is this fraction of its score before training.",
    )
    balance: bool = Field(True, title="Balance", description="Whether labels of rare classes weigh more in the loss.")
    average: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Averaging",
        description="Fraction of the new weights in the final ones; the rest is the base's (WiSE-FT).",
    )

    def settings(self, *, base: Path, anchor: Path, data: Path, folder: Path, resume: bool) -> dict[str, Any]:
        """The settings file of the training script."""
        return {
            "base": str(base.resolve()),
            "anchor": str(anchor.resolve()),
            "data": str(data.resolve()),
            "folder": str(folder.resolve()),
            "resume": resume,
            "threads": self.threads,
            "nice": self.nice,
            "weather": self.weather,
            "paint": self.paint,
            "squeeze": self.squeeze,
            "paste": self.paste,
            "keep": self.keep,
            "balance": self.balance,
            "backbone_rate": self.backbone_rate,
            "bfloat16": self.device == "cpu",
            "average": self.average,
            "ultralytics": self._ultralytics(),
        }

    def _ultralytics(self) -> dict[str, Any]:
        """Settings with Ultralytics' names. No gradient accumulation (`nbs`), and no validation during training."""
        return {
            "epochs": TIMED_EPOCHS if self.minutes else self.epochs,
            "time": self.minutes / 60 if self.minutes else None,
            "imgsz": self.size,
            "batch": self.batch,
            "nbs": self.batch,
            "seed": self.seed,
            "deterministic": True,
            "device": self.device,
            "workers": self.workers,
            "cache": "ram",
            "val": False,
            "plots": False,
            "patience": 0,
            "amp": self.device != "cpu",
            "freeze": self.frozen,
            "optimizer": "AdamW",
            "lr0": self.learning_rate,
            "lrf": 0.02,
            "cos_lr": True,
            "momentum": 0.9,
            "weight_decay": 0.01,
            "warmup_epochs": 1.0,
            "warmup_bias_lr": 0.0,
            "warmup_momentum": 0.9,
            "mosaic": 0.85,
            "close_mosaic": 0,
            "mixup": 0.1,
            "scale": (0.35, 1.9),
            "translate": 0.1,
            "degrees": 3.0,
            "hsv_h": 0.015,
            "hsv_s": 0.6,
            "hsv_v": 0.4,
            "fliplr": 0.5,
        }
