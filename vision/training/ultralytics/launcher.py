"""Runs the training script in the environment that has Ultralytics (AGPL-3.0), and reads its progress."""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vision.common.child_process import NO_REASON, PIPE, STDOUT, ChildProcess
from vision.core import ModelError
from vision.training.ultralytics.recipe import Recipe

SCRIPT = Path(__file__).with_name("train_script.py")
AUGMENTATION = Path(__file__).parents[1] / "augmentation"
"""The script imports these modules by their bare names: its interpreter need not have ngatu."""
MESSAGE_MARK = "@ngatu "
"""Precedes a JSON message on a line of the script's output."""
REASON_LINES = 30
"""Number of last output lines that may hold the reason of a failure."""
STOP_WITHIN_S = 20.0
"""The script may finish its batch before it is killed."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a training."""

    step: str
    """training, saved, exporting, done."""
    batch: int = 0
    batches: int = 0
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    losses: tuple[tuple[str, float], ...] = ()


ProgressCallback = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """The files and figures of a finished training."""

    onnx: Path
    weights: Path
    epochs: int
    seconds: float
    """Summed over interruptions."""
    versions: dict[str, str]
    """Of the libraries that trained it, by name."""
    gpu: str = ""
    """Name of the GPU; empty if none was used."""


def train(
    recipe: Recipe,
    *,
    base: Path,
    data: Path,
    folder: Path,
    python: Path | None,
    resume: bool,
    on_progress: ProgressCallback,
    anchor: Path | None = None,
) -> TrainingResult:
    """Train for the epochs or minutes of the recipe. Ctrl-C stops it; `resume` continues after the last epoch.

    `base` is a torch checkpoint, `anchor` the one that the new weights are averaged with (default: the base), `data` a
    prepared `data.yaml`, `python` the interpreter of the environment with Ultralytics (default: this one). Raises
    ModelError with the last output line if the script fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings_file = folder / "settings.json"
    settings = recipe.settings(base=base, anchor=anchor or base, data=data, folder=folder, resume=resume)
    settings_file.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    for message in _messages([str(python or sys.executable), str(SCRIPT), str(settings_file)], folder):
        on_progress(_progress(message))
        if message["step"] == "done":
            return TrainingResult(
                onnx=Path(message["onnx"]),
                weights=Path(message["weights"]),
                epochs=message["epochs"],
                seconds=message["seconds"],
                versions=message["versions"],
                gpu=message.get("gpu", ""),
            )
    raise ModelError(f"training in {folder}: it ended without a result; see {folder / 'log.txt'}")


def _progress(message: dict[str, Any]) -> Progress:
    known = {k: message[k] for k in ("step", "batch", "batches", "epoch", "epochs", "seconds") if k in message}
    return Progress(**known, losses=tuple(message.get("losses", {}).items()))


def _messages(command: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    """The messages of the script as they come; its other output goes to the log."""
    last_lines = deque[str](maxlen=REASON_LINES)
    with _running(command, folder) as process, (folder / "log.txt").open("a", encoding="utf-8") as log:
        for line in process.lines():
            before, mark, message = line.rpartition(MESSAGE_MARK)
            if mark:
                yield json.loads(message)
            text = before if mark else line
            if text.strip():
                log.write(text.rstrip() + "\n")
                last_lines.append(text.strip())
        if process.wait():
            raise ModelError(_failure(command[0], list(last_lines), folder))


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[ChildProcess]:
    # Otherwise Ultralytics installs packages, sends statistics and writes settings into the home folder.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": str(AUGMENTATION)}
    environment |= {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_CONFIG_DIR": str(folder / "ultralytics")}
    try:
        process = ChildProcess(command, environment=environment, stdout=PIPE, stderr=STDOUT)
    except OSError as error:
        raise ModelError(
            f"python {command[0]}: {error.strerror}; name an interpreter that has ultralytics by --python"
        ) from error
    with process:
        try:
            yield process
        finally:
            process.stop(STOP_WITHIN_S)


def _failure(python: str, last_lines: list[str], folder: Path) -> str:
    if any("No module named 'ultralytics'" in line or "No module named 'torch'" in line for line in last_lines):
        return (
            f"python {python} has no ultralytics; install it by `pip install 'ngatu[train]'`, or name an environment "
            "that has it by --python (docs/training.md). Ultralytics and what is trained on its weights are AGPL-3.0"
        )
    return f"training in {folder}: {last_lines[-1] if last_lines else NO_REASON}; see {folder / 'log.txt'}"
