"""Runs the training as a process of its own, in the environment where Ultralytics (AGPL-3.0) lives, and listens."""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.core import ModelError
from vision.training.ultralytics.recipe import Recipe

SCRIPT = Path(__file__).with_name("train_script.py")
AUGMENTATION = Path(__file__).parents[1] / "augmentation"
"""The script imports these modules by their bare names: its interpreter need not have ngatu."""
TOLD = "@ngatu "
LAST_WORDS = 30
STOP_WITHIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a training is."""

    step: str
    """training, saved, exporting, done."""
    batch: int = 0
    batches: int = 0
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    losses: tuple[tuple[str, float], ...] = ()


Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left behind."""

    onnx: Path
    weights: Path
    epochs: int
    seconds: float
    """Over all interruptions."""
    versions: dict[str, str]
    """Of what trained it, by name."""
    gpu: str = ""
    """Its name; empty where none was used."""


def train(
    recipe: Recipe,
    *,
    base: Path,
    data: Path,
    folder: Path,
    python: Path | None,
    resume: bool,
    watch: Watch,
    anchor: Path | None = None,
) -> Trained:
    """Train until the recipe's epochs or minutes are over; Ctrl-C stops it, `resume` goes on after the last epoch.

    `base` is a torch checkpoint, `anchor` the one that the new weights are averaged with (the base when not given),
    `data` a prepared `data.yaml`, `python` the interpreter whose environment has ultralytics, this one when not given.
    Raises ModelError with the script's last words where it fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "settings.json"
    told = recipe.settings(base=base, anchor=anchor or base, data=data, folder=folder, resume=resume)
    settings.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    for facts in _facts([str(python or sys.executable), str(SCRIPT), str(settings)], folder):
        watch(_progress(facts))
        if facts["step"] == "done":
            return Trained(
                onnx=Path(facts["onnx"]),
                weights=Path(facts["weights"]),
                epochs=facts["epochs"],
                seconds=facts["seconds"],
                versions=facts["versions"],
                gpu=facts.get("gpu", ""),
            )
    raise ModelError(f"training in {folder}: it ended without saying so; see {folder / 'log.txt'}")


def _progress(facts: dict[str, Any]) -> Progress:
    known = {k: facts[k] for k in ("step", "batch", "batches", "epoch", "epochs", "seconds") if k in facts}
    return Progress(**known, losses=tuple(facts.get("losses", {}).items()))


def _facts(command: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    """What the script tells, line by line; everything else it says goes to the log."""
    last = deque[str](maxlen=LAST_WORDS)
    with _started(command, folder) as process, (folder / "log.txt").open("a", encoding="utf-8") as log:
        assert process.stdout is not None  # noqa: S101
        for line in process.stdout:
            before, mark, fact = line.rpartition(TOLD)
            if mark:
                yield json.loads(fact)
            words = before if mark else line
            if words.strip():
                log.write(words.rstrip() + "\n")
                last.append(words.strip())
        if process.wait():
            raise ModelError(_why(command[0], list(last), folder))


@contextmanager
def _started(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    # Ultralytics would otherwise install packages, send statistics and leave settings lying about.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(AUGMENTATION)}
    environment |= {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(folder / "ultralytics")}
    try:
        process = subprocess.Popen(  # noqa: S603
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise ModelError(
            f"python {command[0]}: {error.strerror}; name an interpreter that has ultralytics by --python"
        ) from error
    try:
        yield process
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout:
        process.stdout.close()


def _why(python: str, last: list[str], folder: Path) -> str:
    if any("No module named 'ultralytics'" in line or "No module named 'torch'" in line for line in last):
        return (
            f"python {python} has no ultralytics; install it by `pip install 'ngatu[train]'`, or name an environment "
            "that has it by --python (docs/training.md). Ultralytics and what is trained on its weights are AGPL-3.0"
        )
    return f"training in {folder}: {last[-1] if last else 'it gave no reason'}; see {folder / 'log.txt'}"
