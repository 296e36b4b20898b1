"""Trains a YOLO on a prepared data set, in the environment where Ultralytics (AGPL-3.0) lives.

It is a script for another interpreter, started by its path, and imports nothing of ngatu but its neighbours, by their
bare names: `python train_script.py SETTINGS.json`. It tells how far it is on lines that begin with `@ngatu`, each
a JSON document, and leaves `weights/last.pt` and `model.onnx` in the run's folder.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch
import ultralytics
from dataset import SHARES, StreetDataset
from distillation_loss import Keeping, weights_of
from torch import nn
from ultralytics import YOLO
from ultralytics.engine import trainer as engine
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.nn.modules.head import Detect

Settings = dict[str, Any]

COCO_ROWS = {"person": 0, "bicycle": 1, "car": 2, "motorcycle": 3, "bus": 5, "truck": 7}
"""Where our classes stand among COCO's 80: a class that the base model knows begins as what it knows."""
HEADS = ("cv3", "one2one_cv3")
"""The class branches: one-to-many, and one-to-one where the base has it."""


def tell(**facts: Any) -> None:
    """One line for the process that started this one."""
    sys.stdout.write("@ngatu " + json.dumps(facts) + "\n")
    sys.stdout.flush()


def with_our_classes(model: Any, names: list[str]) -> Any:
    """The model with the last class layer cut down to our classes, each begun from COCO's row of the same name.

    The layers before it stay as they are: Ultralytics would build them narrower for few classes and lose them.
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
    """A 1 x 1 convolution with only the given output rows."""
    cut = nn.Conv2d(layer.in_channels, len(rows), 1, bias=layer.bias is not None)
    cut.weight.data = layer.weight.data[rows].clone()
    if layer.bias is not None:
        cut.bias.data = layer.bias.data[rows].clone()
    return cut.to(layer.weight.device, layer.weight.dtype)


class StreetTrainer(DetectionTrainer):
    """Ultralytics' trainer with our head, our weather and slower learning in the backbone."""

    ours: Settings = {}  # noqa: RUF012
    """The settings that Ultralytics does not know."""

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> nn.Module:  # noqa: ARG002
        model = with_our_classes(weights, list(self.data["names"].values())).float()
        return model.to(memory_format=torch.channels_last)

    def preprocess_batch(self, batch: Settings) -> Settings:
        batch = super().preprocess_batch(batch)
        batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
        return batch

    def build_dataset(self, img_path: Any, mode: str = "train", batch: int | None = None) -> Any:
        made = super().build_dataset(img_path, mode, batch)
        return StreetDataset.of(made, self.ours["shares"], self.args) if mode == "train" else made

    def read_results_csv(self) -> Settings:
        """Nothing: losses are told line by line, and a checkpoint needs no table of them (nor Polars to read it)."""
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
        """AdamW in four groups: backbone and the rest, with weight decay and (biases) without."""
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
                    "lr": lr * (self.ours["backbone_rate"] if slow else 1.0),
                    "weight_decay": 0.0 if flat else decay,
                    "param_group": "bn" if flat else "weight",
                }
                for (slow, flat), values in sorted(groups.items())
            ],
            betas=(momentum, 0.999),
        )


def halve_on_cpu() -> None:
    """Let convolutions run in bfloat16 on a CPU that has it, three times as fast; Ultralytics does so on GPUs only.

    Weights, their updates and the loss stay in float32: boxes in bfloat16 would be off by whole pixels.
    """
    whole = Detect.forward_head

    def forward_head(self: Any, x: Any, **branches: Any) -> Settings:
        found = whole(self, x, **branches)
        return {k: [v.float() for v in f] if isinstance(f, list) else f.float() for k, f in found.items()}

    Detect.forward_head = forward_head
    engine.autocast = lambda *_, **__: torch.autocast("cpu", torch.bfloat16)


def _watch(trainer: DetectionTrainer) -> None:
    """Tell each batch and each checkpoint."""
    started = time.monotonic()
    done = 0

    def begin(of: DetectionTrainer) -> None:
        nonlocal done
        done = of.start_epoch * len(of.train_loader)

    def batch(of: DetectionTrainer) -> None:
        nonlocal done
        done += 1
        tell(
            step="training",
            batch=done,
            batches=len(of.train_loader) * of.epochs,
            epoch=of.epoch + 1,
            epochs=of.epochs,
            losses={k: round(float(v), 4) for k, v in (of.tloss or {}).items()},
            seconds=round(time.monotonic() - started, 1),
        )

    trainer.add_callback("on_train_start", begin)
    trainer.add_callback("on_train_batch_end", batch)
    trainer.add_callback("on_model_save", lambda of: tell(step="saved", epoch=of.epoch + 1, file=str(of.last)))


def train(settings: Settings) -> Path:
    """Train from the base model, or go on after the last whole epoch; returns the file of the weights."""
    folder = Path(settings["folder"])
    last, spent = folder / "weights" / "last.pt", Spent(folder / "spent.json")
    if settings["resume"] and last.is_file() and spent.finished:
        return last
    StreetTrainer.ours = {
        "backbone_rate": settings["backbone_rate"],
        "shares": {share: settings[share] for share in SHARES},
    }
    # Ultralytics would fetch a model of its own to try float16 with.
    engine.check_amp = lambda _model: True
    if settings["bfloat16"]:
        halve_on_cpu()
    trainer = StreetTrainer(overrides=_overrides(settings, last, spent))
    _watch(trainer)
    trainer.add_callback("on_train_start", lambda of: _keep(of, settings))
    trainer.add_callback("on_model_save", lambda of: spent.save(of.epoch + 1))
    # The last weights are taken, not those that did best on `val`: it is to judge them afterwards.
    trainer.final_eval = lambda: None
    torch.set_num_threads(settings["threads"])
    trainer.train()
    spent.save(trainer.epoch + 1, finished=True)
    return last


def _keep(trainer: DetectionTrainer, settings: Settings) -> None:
    """Have the loss ask for what the anchor knew, and rare classes weigh more."""
    names = list(trainer.data["names"].values())
    teacher = with_our_classes(YOLO(settings["anchor"]).model, names).float()
    weights = weights_of(trainer.train_loader.dataset.counts()) if settings["balance"] else [1.0] * len(names)
    whole = getattr(trainer.model, "criterion", None) or trainer.model.init_criterion()
    trainer.model.criterion = Keeping(whole, teacher, settings["keep"], weights, trainer.device)


def _overrides(settings: Settings, last: Path, spent: "Spent") -> Settings:
    folder = Path(settings["folder"])
    told = {
        "model": settings["base"],
        "data": settings["data"],
        "project": str(folder.parent),
        "name": folder.name,
        "exist_ok": True,
        **settings["ultralytics"],
    }
    if settings["resume"] and last.is_file():
        told |= {"model": str(last), "resume": str(last)}
        if told["time"]:
            told["time"] = max(told["time"] - spent.hours, 0.01)
    return told


class Spent:
    """How long the run has trained in all, over its interruptions, and how many epochs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        self.before: float = told.get("hours", 0.0)
        self.epochs: int = told.get("epochs", 0)
        self.finished: bool = told.get("finished", False)
        self._began = time.monotonic()

    @property
    def hours(self) -> float:
        return self.before + (time.monotonic() - self._began) / 3600

    def save(self, epochs: int, *, finished: bool = False) -> None:
        told = {"hours": self.hours, "epochs": epochs, "finished": finished}
        self._file.write_text(json.dumps(told), encoding="utf-8")


def average(weights: Path, settings: Settings) -> Path:
    """Weights between the anchor's and the trained ones, `average` parts new; returns their file.

    A straight mean of both keeps what the anchor knew of scenes that the data do not show, and most of what was learnt
    (WiSE-FT; Wortsman et al. 2022, arXiv:2109.01903).
    """
    new = YOLO(str(weights))
    old = with_our_classes(YOLO(settings["anchor"]).model, list(new.model.names.values())).float().state_dict()
    part, state = settings["average"], new.model.float().state_dict()
    new.model.load_state_dict(
        {k: part * v + (1 - part) * old[k] if v.is_floating_point() else v for k, v in state.items()}
    )
    file = weights.with_name("averaged.pt")
    new.save(str(file))
    return file


def export(weights: Path, settings: Settings) -> Path:
    """The trained weights as ONNX with open sides, boxes yet to be suppressed."""
    size = settings["ultralytics"]["imgsz"]
    made = YOLO(str(weights)).export(format="onnx", imgsz=size, dynamic=True, simplify=False)
    return Path(made).replace(Path(settings["folder"]) / "model.onnx")


def main(file: str) -> None:
    settings = json.loads(Path(file).read_text(encoding="utf-8"))
    os.nice(max(0, settings["nice"] - os.nice(0)))
    torch.set_num_threads(settings["threads"])
    weights = train(settings)
    if settings["average"] < 1:
        weights = average(weights, settings)
    tell(step="exporting")
    onnx = export(weights, settings)
    versions = {"ultralytics": ultralytics.__version__, "torch": torch.__version__}
    spent = Spent(Path(settings["folder"]) / "spent.json")
    tell(
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
