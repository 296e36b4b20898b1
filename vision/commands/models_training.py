"""`ngatu models train`, `evaluate` and `promote`: making a detector of one's own, judging it, and letting it run."""

import logging
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from vision.commands.console import errors_told, progress

if TYPE_CHECKING:
    from vision.detection import Detector
    from vision.training.recipe import Recipe
    from vision.training.report import Compared, Evaluation, Slice
    from vision.training.running import Progress as TrainingProgress
    from vision.training.running import Trained, Watch

PLAIN_LINE_EACH_S = 30.0
"""Where nobody looks at a terminal, so often a line says how far the training is."""

Python = Annotated[
    Path | None, typer.Option(help="Interpreter of an environment that has ultralytics. Default: this one.")
]


def register(models: typer.Typer) -> None:
    models.command()(train)


def train(
    dataset: Annotated[Path, typer.Argument(help="A folder with data.yaml, in YOLO form.")],
    *,
    base: Annotated[Path, typer.Option(help="A torch checkpoint of a YOLO: what training begins from.")],
    out: Annotated[Path, typer.Option(help="Folder of this training: weights, ONNX, log.")],
    teacher: Annotated[
        list[str] | None,
        typer.Option(help="Models, by name or .onnx, whose agreement labels what people left out; may be repeated."),
    ] = None,
    teacher_size: Annotated[int, typer.Option(help="The teachers' input, long side in pixels.", min=64)] = 1280,
    size: Annotated[int, typer.Option(help="Side of the input that is trained, in pixels.", min=64)] = 640,
    epochs: Annotated[int, typer.Option(help="How often every picture is shown.", min=1)] = 30,
    minutes: Annotated[float | None, typer.Option(help="A time budget, instead of epochs.", min=1)] = None,
    batch: Annotated[int, typer.Option(help="Pictures of one step.", min=1)] = 16,
    seed: Annotated[int, typer.Option(help="Same seed, data, versions and machine: same weights.", min=0)] = 0,
    device: Annotated[str, typer.Option(help="cpu, or a GPU's number.")] = "cpu",
    threads: Annotated[int, typer.Option(help="CPU threads.", min=1)] = 1,
    average: Annotated[
        float, typer.Option(help="So much of the weights that leave is new, the rest the base's.", min=0.05, max=1)
    ] = 0.6,
    python: Python = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last whole epoch in OUT.")] = False,
) -> None:
    """Train a detector on labelled pictures, beginning from one that knows COCO (needs ultralytics, AGPL-3.0)."""
    from vision.training.recipe import Recipe

    recipe = Recipe(
        size=size,
        epochs=epochs,
        minutes=minutes,
        batch=batch,
        seed=seed,
        device=device,
        threads=threads,
        average=average,
    )
    with errors_told():
        data = _prepared(dataset, out, teacher or [], teacher_size, resume=resume)
        trained = _trained(recipe, base, data, out, python, resume=resume)
    typer.echo(f"{trained.onnx}: trained for {trained.epochs} epochs in {trained.seconds / 60:.0f} minutes")


def _prepared(dataset: Path, out: Path, teachers: list[str], teacher_size: int, *, resume: bool) -> Path:
    """The working copy in OUT; a resumed training takes the one that is there."""
    from vision.detection import load_detector
    from vision.training.dataset import read_dataset
    from vision.training.preparing import prepare

    _hush()
    made = out / "data" / "data.yaml"
    if resume and made.is_file():
        return made
    found = read_dataset(dataset)
    models = [load_detector(name, size=teacher_size) for name in teachers]
    with progress() as report:
        done = prepare(found, out / "data", models, report)
    added = ", ".join(f"{n} {name}" for name, n in sorted(done.added.items())) or "none"
    typer.echo(f"{done.pictures} pictures, {done.shown} shown an epoch; labels added by teachers: {added}")
    return done.file


def _trained(recipe: "Recipe", base: Path, data: Path, out: Path, python: Path | None, *, resume: bool) -> "Trained":
    from vision.training.running import train as run_training

    with _bar() as watch:
        return run_training(recipe, base=base, data=data, folder=out, python=python, resume=resume, watch=watch)


def _bar() -> AbstractContextManager["Watch"]:
    """A bar of batches on a terminal; a line now and then where nobody looks at one."""
    return _drawn() if sys.stderr.isatty() else nullcontext(_line_now_and_then())


@contextmanager
def _drawn() -> Iterator["Watch"]:
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def watch(now: "TrainingProgress") -> None:
            bar.update(task, description=_words(now), completed=now.batch, total=now.batches or None)

        yield watch


def _line_now_and_then() -> "Watch":
    said_s = -PLAIN_LINE_EACH_S

    def watch(now: "TrainingProgress") -> None:
        nonlocal said_s
        if now.step != "training" or now.seconds - said_s >= PLAIN_LINE_EACH_S:
            said_s = now.seconds
            typer.echo(_words(now), err=True)

    return watch


def _words(now: "TrainingProgress") -> str:
    if now.step != "training":
        return now.step
    losses = ", ".join(f"{name} {value:.3f}" for name, value in now.losses)
    return f"epoch {now.epoch} of {now.epochs}, batch {now.batch} of {now.batches}, {now.seconds / 60:.1f} min: {losses}"


def _hush() -> None:
    """The tables say what the log would."""
    from vision.telemetry import configure_logging

    configure_logging(level=logging.WARNING)
