"""Progress of training and evaluation: bars on a terminal, lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from vision.common.progress import Report

if TYPE_CHECKING:
    from vision.training.ultralytics.launcher import Progress as TrainingProgress
    from vision.training.ultralytics.launcher import ProgressCallback

PROGRESS_LINE_INTERVAL_S = 30.0
"""Interval of progress lines if stderr is not a terminal."""


@contextmanager
def step_progress() -> Iterator[Report]:
    """A bar that counts pictures; one line per step if stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield _line_per_step()
        return
    with _counting_bar() as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


def training_progress() -> AbstractContextManager["ProgressCallback"]:
    """A bar of batches on a terminal; otherwise lines at intervals."""
    return _batch_bar() if sys.stderr.isatty() else nullcontext(_lines_at_intervals())


def _counting_bar() -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _line_per_step() -> Report:
    printed: set[str] = set()

    def report(step: str, _done: int, _total: int | None) -> None:
        if step not in printed:
            printed.add(step)
            typer.echo(step, err=True)

    return report


@contextmanager
def _batch_bar() -> Iterator["ProgressCallback"]:
    with _counting_bar() as bar:
        task = bar.add_task("starting", total=None)

        def on_progress(now: "TrainingProgress") -> None:
            bar.update(task, description=_progress_text(now), completed=now.batch, total=now.batches or None)

        yield on_progress


def _lines_at_intervals() -> "ProgressCallback":
    last_s = -PROGRESS_LINE_INTERVAL_S

    def on_progress(now: "TrainingProgress") -> None:
        nonlocal last_s
        if now.step != "training" or now.seconds - last_s >= PROGRESS_LINE_INTERVAL_S:
            last_s = now.seconds
            typer.echo(_progress_text(now), err=True)

    return on_progress


def _progress_text(now: "TrainingProgress") -> str:
    if now.step != "training":
        return now.step
    losses = ", ".join(f"{name} {value:.3f}" for name, value in now.losses)
    return (
        f"epoch {now.epoch} of {now.epochs}, batch {now.batch} of {now.batches}, {now.seconds / 60:.1f} min: {losses}"
    )
