"""`ngatu demo`: the whole system on simulated cameras."""

import signal
from typing import Annotated

import typer

from vision.commands.console import progress

LOG_WIDTH = 120


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    seconds: Annotated[float, typer.Option(help="Seconds to run; 0: until Ctrl-C.", min=0)] = 0,
    port: Annotated[int | None, typer.Option(help="Port of the page; default: 8000, or a free one.")] = None,
    model: Annotated[
        str | None, typer.Option(help="A model card's name, or an .onnx file; default: the default model.")
    ] = None,
) -> None:
    """Play real traffic on two simulated cameras, count it, and show it live in the browser."""
    from rich.console import Console

    from vision.demo.run import Demonstration
    from vision.detection.models.pull import ensure_default_model
    from vision.samples import ensure_samples

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    console = Console()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    with progress() as report:
        clips = ensure_samples(report)
        if model is None:
            ensure_default_model(report)
    crossings = Demonstration(console, clips, model=model, port=port).run(seconds)
    console.print(f"{crossings} crossings counted and stored")
