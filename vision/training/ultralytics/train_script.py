"""Trains a YOLO on a prepared data set: a script for the environment that has Ultralytics (AGPL-3.0)."""

# `launcher.py` starts it as `python train_script.py SETTINGS.json`. It imports nothing of ngatu except its neighbours
# and those in `augmentation/`, by their bare names. It writes progress to stdout, on lines with `@ngatu` and a JSON
# message, and `weights/last.pt` and `model.onnx` to the folder of the run.

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch
import ultralytics
from dataset import SHARES, StreetDataset
from distillation_loss import DistillationLoss, class_weights
from torch import nn
from ultralytics import YOLO
from ultralytics.engine import trainer as engine
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.modules.head import Detect

Settings = dict[str, Any]

COCO_ROWS = {"person": 0, "bicycle": 1, "car": 2, "motorcycle": 3, "bus": 5, "truck": 7}
"""Index of our classes among COCO's 80; a class starts with the weights of the same class of COCO."""
HEADS = ("cv3", "one2one_cv3")
"""Class branches of the head: one-to-many, and one-to-one if the base has it."""


def emit(**message: Any) -> None:
    """Send a message to the launcher."""
    sys.stdout.write("@ngatu " + json.dumps(message) + "\n")
    sys.stdout.flush()


def with_our_classes(model: Any, names: list[str]) -> Any:
    """Reduce the last class layer of a model, in place, to our classes: COCO's rows of the same names.

    The layers before it stay. Ultralytics itself would build them narrower for few classes, without their weights.
    """
    head = model.model[-1]
    if head.nc == len(names):
        return model
    rows = [COCO_ROWS[name] for name in names]
    for branch in (getattr(head, name, None) for name in HEADS):
        for level in branch or ():
            level[-1] = _rows_of(level[-1], rows)
    head.nc, head.no = len(names), len(names) + head.reg_max * 4
    model.nc, model.names = len(names), dict(enumerate(names))
    model.yaml = {**model.yaml, "nc": len(names)}
    return model


def _rows_of(layer: nn.Conv2d, rows: list[int]) -> nn.Conv2d:
    """A 1 x 1 convolution with only these output rows."""
    reduced = nn.Conv2d(layer.in_channels, len(rows), 1, bias=layer.bias is not None)
    reduced.weight.data = layer.weight.data[rows].clone()
    if layer.bias is not None:
        reduced.bias.data = layer.bias.data[rows].clone()
    return reduced.to(layer.weight.device, layer.weight.dtype)


class StreetTrainer(DetectionTrainer):
    """Ultralytics' trainer with our head and augmentation, and a lower learning rate in the backbone."""

    own_settings: Settings = {}  # noqa: RUF012
    """Settings that Ultralytics does not have."""

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> nn.Module:  # noqa: ARG002
        model = with_our_classes(weights, list(self.data["names"].values())).float()
        return model.to(memory_format=torch.channels_last)

    def preprocess_batch(self, batch: Settings) -> Settings:
        batch = super().preprocess_batch(batch)
        batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
        return batch

    def build_dataset(self, img_path: Any, mode: str = "train", batch: int | None = None) -> Any:
        dataset = super().build_dataset(img_path, mode, batch)
        return StreetDataset.of(dataset, self.own_settings["shares"], self.args) if mode == "train" else dataset

    def read_results_csv(self) -> Settings:
        """Empty: the launcher reads losses from messages, and a checkpoint needs no table of them (nor Polars)."""
        return {}

    def build_optimizer(  # noqa: PLR0917
        self,
        model: Any,
        name: str = "AdamW",  # noqa: ARG002
        lr: float = 0.001,
        momentum: float = 0.9,
        decay: float = 1e-5,
        iterations: float = 1e5,  # noqa: ARG002
    ) -> torch.optim.Optimizer:
        """AdamW in four groups: backbone and others, each with weight decay and (biases) without."""
        backbone = {f"model.{i}." for i in range(len(model.yaml["backbone"]))}
        groups: dict[tuple[bool, bool], list[Any]] = {}
        for key, value in model.named_parameters():
            if value.requires_grad:
                slow, flat = any(key.startswith(b) for b in backbone), value.ndim < 2
                groups.setdefault((slow, flat), []).append(value)
        return torch.optim.AdamW(
            [
                {
                    "params": values,
                    "lr": lr * (self.own_settings["backbone_rate"] if slow else 1.0),
                    "weight_decay": 0.0 if flat else decay,
                    "param_group": "bn" if flat else "weight",
                }
                for (slow, flat), values in sorted(groups.items())
            ],
            betas=(momentum, 0.999),
        )


def use_bfloat16_on_cpu() -> None:
    """Run convolutions in bfloat16 on a CPU, three times as fast; Ultralytics uses mixed precision on GPUs only.

    Weights, their updates and the loss stay in float32: boxes in bfloat16 would be wrong by whole pixels.
    """
    original = Detect.forward_head

    def forward_head(self: Any, x: Any, **branches: Any) -> Settings:
        output = original(self, x, **branches)
        return {k: [v.float() for v in f] if isinstance(f, list) else f.float() for k, f in output.items()}

    Detect.forward_head = forward_head
    engine.autocast = lambda *_, **__: torch.autocast("cpu", torch.bfloat16)


def _emit_progress(trainer: DetectionTrainer) -> None:
    """Emit a message after each batch and each checkpoint."""
    started = time.monotonic()
    done = 0

    def start(of: DetectionTrainer) -> None:
        nonlocal done
        done = of.start_epoch * len(of.train_loader)

    def batch(of: DetectionTrainer) -> None:
        nonlocal done
        done += 1
        emit(
            step="training",
            batch=done,
            batches=len(of.train_loader) * of.epochs,
            epoch=of.epoch + 1,
            epochs=of.epochs,
            losses={k: round(float(v), 4) for k, v in (of.tloss or {}).items()},
            seconds=round(time.monotonic() - started, 1),
        )

    trainer.add_callback("on_train_start", start)
    trainer.add_callback("on_train_batch_end", batch)
    trainer.add_callback("on_model_save", lambda of: emit(step="saved", epoch=of.epoch + 1, file=str(of.last)))


def train(settings: Settings) -> Path:
    """Train from the base model, or continue after the last complete epoch; returns the file of the weights."""
    folder = Path(settings["folder"])
    last, spent = folder / "weights" / "last.pt", TimeSpent(folder / "spent.json")
    if settings["resume"] and last.is_file() and spent.finished:
        return last
    StreetTrainer.own_settings = {
        "backbone_rate": settings["backbone_rate"],
        "shares": {share: settings[share] for share in SHARES},
    }
    # Ultralytics would download a model to test float16 with.
    engine.check_amp = lambda _model: True
    if settings["bfloat16"]:
        use_bfloat16_on_cpu()
    trainer = StreetTrainer(overrides=_overrides(settings, last, spent))
    _emit_progress(trainer)
    trainer.add_callback("on_train_start", lambda of: _set_loss(of, settings))
    trainer.add_callback("on_model_save", lambda of: spent.save(of.epoch + 1))
    # Use the last weights, not the best ones on `val`: that split evaluates them afterwards.
    trainer.final_eval = lambda: None
    torch.set_num_threads(settings["threads"])
    trainer.train()
    spent.save(trainer.epoch + 1, finished=True)
    return last


def _set_loss(trainer: DetectionTrainer, settings: Settings) -> None:
    """Replace the loss: distillation from the anchor, and higher weights of rare classes."""
    names = list(trainer.data["names"].values())
    teacher = with_our_classes(YOLO(settings["anchor"]).model, names).float()
    weights = class_weights(trainer.train_loader.dataset.counts()) if settings["balance"] else [1.0] * len(names)
    criterion = getattr(trainer.model, "criterion", None) or trainer.model.init_criterion()
    trainer.model.criterion = DistillationLoss(criterion, teacher, settings["keep"], weights, trainer.device)


def _overrides(settings: Settings, last: Path, spent: "TimeSpent") -> Settings:
    folder = Path(settings["folder"])
    overrides = {
        "model": settings["base"],
        "data": settings["data"],
        "project": str(folder.parent),
        "name": folder.name,
        "exist_ok": True,
        **settings["ultralytics"],
    }
    if settings["resume"] and last.is_file():
        overrides |= {"model": str(last), "resume": str(last)}
        if overrides["time"]:
            overrides["time"] = max(overrides["time"] - spent.hours, 0.01)
    return overrides


class TimeSpent:
    """Training time and epochs of a run, summed over interruptions and kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        saved = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        self.before: float = saved.get("hours", 0.0)
        self.epochs: int = saved.get("epochs", 0)
        self.finished: bool = saved.get("finished", False)
        self._started_s = time.monotonic()

    @property
    def hours(self) -> float:
        return self.before + (time.monotonic() - self._started_s) / 3600

    def save(self, epochs: int, *, finished: bool = False) -> None:
        content = {"hours": self.hours, "epochs": epochs, "finished": finished}
        self._file.write_text(json.dumps(content), encoding="utf-8")


def average(weights: Path, settings: Settings) -> Path:
    """Average the trained weights with the anchor's (WiSE-FT; Wortsman et al. 2022, arXiv:2109.01903).

    The setting `average` is the fraction of the trained weights. The average keeps what the anchor knows of scenes
    that the data lack, and most of what was learned. Returns the file of the weights.
    """
    new = YOLO(str(weights))
    old = with_our_classes(YOLO(settings["anchor"]).model, list(new.model.names.values())).float().state_dict()
    fraction, state = settings["average"], new.model.float().state_dict()
    new.model.load_state_dict(
        {k: fraction * v + (1 - fraction) * old[k] if v.is_floating_point() else v for k, v in state.items()}
    )
    file = weights.with_name("averaged.pt")
    new.save(str(file))
    return file


def export(weights: Path, settings: Settings) -> Path:
    """Export the weights as ONNX with a variable input size, before non-maximum suppression."""
    size = settings["ultralytics"]["imgsz"]
    exported = YOLO(str(weights)).export(format="onnx", imgsz=size, dynamic=True, simplify=False)
    return Path(exported).replace(Path(settings["folder"]) / "model.onnx")


def main(file: str) -> None:
    settings = json.loads(Path(file).read_text(encoding="utf-8"))
    os.nice(max(0, settings["nice"] - os.nice(0)))
    torch.set_num_threads(settings["threads"])
    weights = train(settings)
    if settings["average"] < 1:
        weights = average(weights, settings)
    emit(step="exporting")
    onnx = export(weights, settings)
    versions = {"ultralytics": ultralytics.__version__, "torch": torch.__version__}
    spent = TimeSpent(Path(settings["folder"]) / "spent.json")
    emit(
        step="done",
        weights=str(weights),
        onnx=str(onnx),
        versions=versions,
        gpu="" if settings["ultralytics"]["device"] == "cpu" else torch.cuda.get_device_name(),
        epochs=spent.epochs,
        seconds=round(spent.before * 3600, 1),
    )


if __name__ == "__main__":
    main(sys.argv[1])
