"""`ngatu models train`, `evaluate` and `promote`: trains a detector, evaluates it, and makes it the default."""

import logging
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from vision.commands.console import readable_errors
from vision.common.errors import NgatuError
from vision.common.progress import Report

if TYPE_CHECKING:
    from vision.detection import Detector
    from vision.training.data.prepare import Prepared
    from vision.training.evaluation.report import ComparedScore, Estimate, Evaluation
    from vision.training.ultralytics.launcher import Progress as TrainingProgress
    from vision.training.ultralytics.launcher import ProgressCallback

PROGRESS_LINE_INTERVAL_S = 30.0
"""Interval of progress lines if stderr is not a terminal."""

PLAIN_WIDTH = 170
"""Columns of tables if stdout is not a terminal."""

Python = Annotated[Path | None, typer.Option(help="Interpreter of an environment with ultralytics. Default: this one.")]


def register(models: typer.Typer) -> None:
    models.command()(train)
    models.command()(evaluate)
    models.command()(promote)


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

    _quiet_logs()
    chosen = {"size": size, "epochs": epochs, "minutes": minutes, "batch": batch, "seed": seed}
    chosen["learning_rate"] = learning_rate
    with readable_errors(), readable_validation_errors():
        recipe = Recipe(**chosen, device=device, threads=threads, workers=workers, average=average)
        if not base.is_file():
            raise NgatuError(f"{base}: there is no such file; training starts from a torch checkpoint, as yolo26n.pt")
        stated = ModelDescription(name=name or out.resolve().name, data_licence=data_licence)
        prepared = _prepared(dataset, out / "data", teacher or [], teacher_size, resume=resume)
        with _training_progress() as on_progress:
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
    typer.echo(f"{file}: {trained.epochs} epochs in {trained.seconds / 60:.0f} minutes; its card is beside it")
    typer.echo(f"next: `ngatu models add {file} --card {file.with_suffix('.yaml')}`, then `evaluate {card.name}`")


def evaluate(
    model: Annotated[str, typer.Argument(help="A card's name, or an .onnx file.", metavar="NAME_OR_FILE")],
    *,
    data: Annotated[list[Path], typer.Option(help="A folder with data.yaml, in YOLO form; may be repeated.")],
    against: Annotated[
        str | None, typer.Option(help="Reference model. Default: the present default model; `none`: no reference.")
    ] = None,
    split: Annotated[str, typer.Option(help="Split of the data sets.")] = "val",
    counting: Annotated[Path | None, typer.Option(help="Manifest of clips with true counts.")] = None,
    clips: Annotated[Path | None, typer.Option(help="Folder of the clips. Default: that of the manifest.")] = None,
    size: Annotated[
        int | None, typer.Option(help="Longer side of both inputs, pixels. Default: those of the cards.")
    ] = None,
    least: Annotated[
        float | None,
        typer.Option(
            help="Minimum confidence. Default: 0.1, as in workers; AP is usually published at 0.01.", min=0.001, max=1
        ),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Write the result as JSON, for `promote`.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the tables as Markdown, for a model card.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Compare a model with the default: average precision, counting and speed. Exit code 1: it is worse."""
    from vision.bench.counting.dataset import read_manifest
    from vision.detection.models.cards import default_model
    from vision.training.data.yolo_dataset import read_dataset
    from vision.training.evaluation.evaluate import evaluate as run_evaluation
    from vision.training.evaluation.markdown import render
    from vision.training.evaluation.report import write_evaluation
    from vision.training.release.gate import judge

    _quiet_logs()
    with readable_errors(), _steps() as report:
        ours = _detector(model, size, least)
        theirs = None if against == "none" else _detector(against or default_model(), size, least)
        sets = [read_dataset(folder) for folder in data]
        counted = read_manifest(counting, clips) if counting else []
        result = judge(run_evaluation(ours, theirs, sets, counted, split=split, report=report))
        if save:
            write_evaluation(result, save)
        if page:
            page.write_text(render(result), encoding="utf-8")
    if as_json:
        sys.stdout.write(result.model_dump_json(indent=2, exclude_none=True) + "\n")
    else:
        _print_evaluation(result)
    raise typer.Exit(1 if result.worse else 0)


def promote(
    name: Annotated[str, typer.Argument(help="Name of a card; `ngatu models add` gives a file one.")],
    *,
    evaluation: Annotated[
        Path | None, typer.Option(help="Result of `evaluate --save` for this model against the present default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Promote despite the gate; needs --reason.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; recorded with the model.")] = None,
) -> None:
    """Make a model the default of this machine. Running workers switch to it within seconds."""
    from datetime import UTC, datetime

    from vision.training.evaluation.report import read_evaluation
    from vision.training.release.promotion import promote as make_default

    _quiet_logs()
    with readable_errors():
        measured = read_evaluation(evaluation) if evaluation else None
        record = make_default(name, measured, at=datetime.now(UTC), force=force, reason=reason)
    typer.echo(f"'{record.model}' is the default now; before it was '{record.before}'")
    for finding in record.worse:
        typer.echo(f"promoted despite: {finding}", err=True)


def _detector(model: str, size: int | None, least: float | None) -> "Detector":
    """A detector with one thread, so that its processor time can be measured and clips are counted in parallel."""
    from vision.common.object_class import CLASSES
    from vision.detection import load_detector

    return load_detector(model, threads=1, size=size, thresholds=dict.fromkeys(CLASSES, least) if least else None)


def _print_evaluation(result: "Evaluation") -> None:
    console = Console()
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    console.print(_class_table(result))
    console.print(_subset_table(result))
    if result.counting:
        console.print(_clip_table(result))
    _print_verdict(result)


def _class_table(result: "Evaluation") -> Table:
    against = result.against.name if result.against else "nothing"
    first = result.slices[0]
    title = f"{result.model.name} against {against}: {first.pictures} pictures"
    table = Table("class", "labels", "AP50", "theirs", "difference", "AP50-95", "theirs", "difference", title=title)
    for name, score in [*first.classes.items(), ("mean", first.mean)]:
        theirs = score.theirs
        at_50 = (
            _with_interval(score.ours.ap50),
            _with_interval(theirs.ap50 if theirs else None),
            _with_interval(score.ap50),
        )
        at_all = (
            _with_interval(score.ours.ap50_95),
            _with_interval(theirs.ap50_95 if theirs else None),
            _with_interval(score.ap50_95),
        )
        table.add_row(name, str(score.ours.labels), *at_50, *at_all)
    return table


def _subset_table(result: "Evaluation") -> Table:
    """AP50 of each class, ours / theirs, on each subset."""
    kinds = list(result.slices[0].classes)
    table = Table("subset", "pictures", *kinds, "mean", title="AP50, ours / theirs")
    for subset in result.slices:
        scores = [*(subset.classes[kind] for kind in kinds), subset.mean]
        table.add_row(subset.name, str(subset.pictures), *(_both(score) for score in scores))
    return table


def _clip_table(result: "Evaluation") -> Table:
    table = Table("clip", "true", "ours", "theirs", title="counts")
    for clip in result.counting.clips if result.counting else ():
        true = f"{clip.true_low}–{clip.true_high}" if clip.true_low < clip.true_high else str(clip.true_low)
        table.add_row(clip.file, true, str(clip.ours), "–" if clip.theirs is None else str(clip.theirs))
    return table


def _print_verdict(result: "Evaluation") -> None:
    if counting := result.counting:
        theirs = f", theirs {counting.theirs.value:.1%}" if counting.theirs else ""
        typer.echo(f"WAPE {counting.wape.value:.1%} ({counting.wape.low:.1%} to {counting.wape.high:.1%}){theirs}")
    speed = result.speed
    beside = f", theirs {speed.their_ms:.1f} ms: {speed.ratio:.2f} times as fast" if speed.their_ms else ""
    typer.echo(f"processor time of a picture: {speed.ms:.1f} ms{beside}")
    for finding in result.untold:
        typer.echo(f"undecided: {finding}")
    for finding in result.worse:
        typer.echo(f"worse: {finding}")
    if result.against:
        typer.echo("the gate: refused" if result.worse else "the gate: passed")


def _with_interval(figure: "Estimate | None") -> str:
    return "–" if figure is None else f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _both(score: "ComparedScore") -> str:
    ours = "–" if score.ours.ap50 is None else f"{score.ours.ap50.value:.2f}"
    theirs = score.theirs.ap50 if score.theirs else None
    return ours if theirs is None else f"{ours} / {theirs.value:.2f}"


def _prepared(dataset: Path, folder: Path, teachers: list[str], teacher_size: int, *, resume: bool) -> "Prepared":
    """The working copy of the data set; a resumed training uses the existing one."""
    from vision.detection import load_detector
    from vision.training.data.prepare import already_prepared, prepare
    from vision.training.data.yolo_dataset import read_dataset

    if resume and (existing := already_prepared(folder)):
        return existing
    source = read_dataset(dataset)
    models = [load_detector(name, size=teacher_size) for name in teachers]
    with _steps() as report:
        prepared = prepare(source, folder, models, report)
    added = ", ".join(f"{n} {kind}" for kind, n in sorted(prepared.added.items())) or "none"
    typer.echo(f"{prepared.pictures} pictures, {prepared.shown} in an epoch; pseudo-labels: {added}")
    return prepared


@contextmanager
def readable_validation_errors() -> Iterator[None]:
    """Turn errors of settings into a readable error."""
    try:
        yield
    except ValidationError as error:
        raise NgatuError("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())) from error


@contextmanager
def _steps() -> Iterator[Report]:
    """A bar that counts pictures; one line per step if stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield _line_per_step()
        return
    with _counting_bar() as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


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


def _training_progress() -> AbstractContextManager["ProgressCallback"]:
    """A bar of batches on a terminal; otherwise lines at intervals."""
    return _batch_bar() if sys.stderr.isatty() else nullcontext(_lines_at_intervals())


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


def _quiet_logs() -> None:
    """Log warnings only: the tables have the rest."""
    from vision.common.logging import configure_logging

    configure_logging(level=logging.WARNING)
