"""`ngatu models train`: fine-tunes a detector on labelled pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from vision.commands.console import quiet_logs, readable_errors
from vision.commands.models.progress import step_progress, training_progress
from vision.common.errors import NgatuError

if TYPE_CHECKING:
    from vision.training.data.prepare import Prepared

Python = Annotated[Path | None, typer.Option(help="Interpreter of an environment with ultralytics. Default: this one.")]


def register(models: typer.Typer) -> None:
    models.command()(train)


def train(
    dataset: Annotated[Path, typer.Argument(help="A folder with data.yaml, in YOLO form.")],
    *,
    base: Annotated[Path, typer.Option(help="Torch checkpoint of a YOLO that training starts from.")],
    out: Annotated[Path, typer.Option(help="Folder for weights, ONNX and log.")],
    teacher: Annotated[
        list[str] | None,
        typer.Option(help="Model, by name or .onnx, that adds pseudo-labels; repeat for several, which must agree."),
    ] = None,
    teacher_size: Annotated[int, typer.Option(help="Longer side of the teachers' input, pixels.", min=64)] = 1280,
    size: Annotated[int, typer.Option(help="Side of the trained input, pixels.", min=64)] = 640,
    epochs: Annotated[int, typer.Option(help="Number of epochs.", min=1)] = 30,
    minutes: Annotated[float | None, typer.Option(help="Time budget, instead of epochs.", min=1)] = None,
    batch: Annotated[int, typer.Option(help="Pictures per step.", min=1)] = 16,
    seed: Annotated[int, typer.Option(help="Same seed, data, versions and machine give the same weights.", min=0)] = 0,
    device: Annotated[str, typer.Option(help="cpu, or the number of a GPU.")] = "cpu",
    threads: Annotated[int, typer.Option(help="CPU threads.", min=1)] = 1,
    workers: Annotated[
        int, typer.Option(help="Processes that load and augment pictures; a GPU needs several.", min=0)
    ] = 1,
    learning_rate: Annotated[
        float, typer.Option(help="Maximum learning rate; lower for a base that was fine-tuned before.", min=1e-6)
    ] = 1e-3,
    average: Annotated[
        float,
        typer.Option(help="Fraction of the new weights in the final ones; the rest is the base's.", min=0.05, max=1),
    ] = 0.6,
    name: Annotated[str | None, typer.Option(help="Name of the model. Default: name of OUT.")] = None,
    data_licence: Annotated[
        str, typer.Option(help="Licence and attribution of the pictures, for the record.")
    ] = "not stated",
    average_with: Annotated[Path | None, typer.Option(help="Checkpoint to average with. Default: the base.")] = None,
    python: Python = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue after the last complete epoch in OUT.")] = False,
) -> None:
    """Fine-tune a detector of COCO's classes on labelled pictures (needs ultralytics, AGPL-3.0)."""
    from datetime import UTC, datetime

    from vision.training.data.prepare import description
    from vision.training.release.model_card import ModelDescription, write_release
    from vision.training.ultralytics.launcher import train as run_training
    from vision.training.ultralytics.recipe import Recipe

    quiet_logs()
    chosen = {"size": size, "epochs": epochs, "minutes": minutes, "batch": batch, "seed": seed}
    chosen["learning_rate"] = learning_rate
    with readable_errors(), _readable_validation_errors():
        recipe = Recipe(**chosen, device=device, threads=threads, workers=workers, average=average)
        if not base.is_file():
            raise NgatuError(f"{base}: there is no such file; training starts from a torch checkpoint, as yolo26n.pt")
        stated = ModelDescription(name=name or out.resolve().name, data_licence=data_licence)
        prepared = _prepared(dataset, out / "data", teacher or [], teacher_size, resume=resume)
        with training_progress() as on_progress:
            trained = run_training(
                recipe,
                base=base,
                data=description(out / "data"),
                folder=out,
                python=python,
                resume=resume,
                on_progress=on_progress,
                anchor=average_with,
            )
        made = datetime.now(UTC).date()
        file, card = write_release(trained, prepared, recipe, stated, base=base, folder=out, made=made)
    typer.echo(f"{file}: {trained.epochs} epochs in {trained.seconds / 60:.0f} minutes; its card is in the same folder")
    typer.echo(f"next: `ngatu models add {file} --card {file.with_suffix('.yaml')}`, then `evaluate {card.name}`")


def _prepared(dataset: Path, folder: Path, teachers: list[str], teacher_size: int, *, resume: bool) -> "Prepared":
    """The working copy of the data set; a resumed training uses the existing one."""
    from vision.detection import load_detector
    from vision.training.data.prepare import already_prepared, prepare
    from vision.training.data.yolo_dataset import read_dataset

    if resume and (existing := already_prepared(folder)):
        return existing
    source = read_dataset(dataset)
    models = [load_detector(name, size=teacher_size) for name in teachers]
    with step_progress() as report:
        prepared = prepare(source, folder, models, report)
    added = ", ".join(f"{n} {kind}" for kind, n in sorted(prepared.added.items())) or "none"
    typer.echo(f"{prepared.pictures} pictures, {prepared.shown} in an epoch; pseudo-labels: {added}")
    return prepared


@contextmanager
def _readable_validation_errors() -> Iterator[None]:
    """Turn errors of settings into a readable error."""
    try:
        yield
    except ValidationError as error:
        raise NgatuError("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())) from error
