"""What commands share on the terminal: a bar for long steps, and errors as sentences."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

from vision.common.errors import NgatuError
from vision.common.progress import Report


@contextmanager
def errors_told() -> Iterator[None]:
    """An error meant for people is one sentence on stderr, and exit code 1."""
    try:
        yield
    except NgatuError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


@contextmanager
def signals_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop what runs, which then ends by itself; afterwards they do what they did before."""
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
    """A bar for the step that runs; plain lines where nobody looks at a terminal."""
    if not sys.stderr.isatty():
        yield _line_by_line(set())
        return
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


def _line_by_line(said: set[str]) -> Report:
    def tell(step: str, _done: int, total: int | None) -> None:
        if step not in said:
            said.add(step)
            typer.echo(f"{step} ({total / 1e6:.0f} MB)" if total else step, err=True)

    return tell
