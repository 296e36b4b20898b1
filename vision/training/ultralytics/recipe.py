"""How a detector is trained: what a person may choose, and what Ultralytics is then told."""

from pathlib import Path
from typing import Any

from pydantic import Field

from vision.config.base import Config

HUGE_EPOCHS = 60
"""Where a time is given it decides; this many is what Ultralytics plans with until it knows its own pace."""


class Recipe(Config):
    """The settings of one training. The defaults are for tuning a COCO model on some hundred pictures."""

    size: int = Field(640, ge=64, le=2048, multiple_of=32, title="Size", description="Side of the square input.")
    epochs: int = Field(30, ge=1, le=10_000, title="Epochs", description="How often every picture is shown.")
    minutes: float | None = Field(None, gt=0, title="Minutes", description="A time budget; epochs then follow from it.")
    batch: int = Field(16, ge=1, le=512, title="Batch", description="Pictures of one step.")
    seed: int = Field(0, ge=0, title="Seed", description="Same seed, data, versions and machine: same weights.")
    device: str = Field("cpu", title="Device", description="cpu, or a GPU's number.")
    threads: int = Field(1, ge=1, title="Threads", description="CPU threads.")
    workers: int = Field(1, ge=0, le=64, title="Workers", description="Processes that draw pictures for the training.")
    nice: int = Field(10, ge=0, le=19, title="Niceness", description="How far others on the machine go first.")
    learning_rate: float = Field(1e-3, gt=0, title="Learning rate", description="AdamW's highest, in neck and head.")
    backbone_rate: float = Field(
        0.3, ge=0, le=1, title="Backbone's part", description="Of the learning rate: general features change less."
    )
    frozen: int = Field(0, ge=0, title="Frozen layers", description="The first ones, which see edges and textures.")
    weather: float = Field(
        0.5, ge=0, le=1, title="Weather", description="Part of the pictures shown at night, in rain, blurred and so on."
    )
    paint: float = Field(0.3, ge=0, le=1, title="Paint", description="Part of the pictures shown in other colours.")
    squeeze: float = Field(
        0.4, ge=0, le=1, title="Squeeze", description="Part of the pictures shown narrower or flatter than they are."
    )
    paste: float = Field(
        0.5, ge=0, le=1, title="Paste", description="Part of the pictures into which rare classes are pasted."
    )
    keep: float = Field(
        0.8,
        ge=0,
        le=1,
        title="Keep",
        description="Away from labels a class's target is this part of what the model said before its training.",
    )
    balance: bool = Field(True, title="Balance", description="Whether the labels of rare classes weigh more.")
    average: float = Field(
        1.0,
        gt=0,
        le=1,
        title="Part of the new",
        description="Weights that leave the training are this part new and the rest the base's (WiSE-FT).",
    )

    def settings(self, *, base: Path, anchor: Path, data: Path, folder: Path, resume: bool) -> dict[str, Any]:
        """What the script in Ultralytics' environment reads."""
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
        """Its own names. Steps are not gathered (`nbs`), none is judged on `val` while it trains."""
        return {
            "epochs": HUGE_EPOCHS if self.minutes else self.epochs,
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
