"""What the commands share on the terminal: progress, errors as one sentence, and stopping on Ctrl-C."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from vision.common.errors import NgatuError
from vision.common.progress import Report
from vision.common.redaction import redact

Advance = Callable[[float, float | None], None]
"""Moves a progress bar: how much is done, and of how much (None: as before)."""


@contextmanager
def readable_errors() -> Iterator[None]:
    """Print an error that is meant for people as one sentence on stderr, and exit with code 1."""
    try:
        yield
    except NgatuError as error:
        typer.echo(f"error: {redact(str(error))}", err=True)
        raise typer.Exit(1) from None


def quiet_logs() -> None:
    """Log warnings only: the command's own output says the rest."""
    from vision.common.logging import configure_logging

    configure_logging(level=logging.WARNING)


@contextmanager
def stop_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on Ctrl-C and SIGTERM instead of ending the process; the previous handlers come back afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda *_: stop())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress() -> Iterator[Report]:
    """Show the current step with a bar in bytes; one plain line per step where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield _line_per_step()
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


@contextmanager
def progress_bar(description: str, total: float | None = None) -> Iterator[Advance]:
    """Show one bar with the share done and the time left; it disappears at the end."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(description, total=total)

        def advance(done: float, whole: float | None) -> None:
            bar.update(task, completed=done, total=whole)

        yield advance


def _line_per_step() -> Report:
    printed: set[str] = set()

    def report(step: str, _done: int, total: int | None) -> None:
        if step not in printed:
            printed.add(step)
            typer.echo(f"{step} ({total / 1e6:.0f} MB)" if total else step, err=True)

    return report
