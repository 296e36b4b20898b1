"""`ngatu models evaluate` and `promote`: compares a detector with the default, and makes it the default."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from vision.commands.console import quiet_logs, readable_errors
from vision.commands.models.progress import step_progress

if TYPE_CHECKING:
    from vision.detection import Detector
    from vision.training.evaluation.report import ComparedScore, Estimate, Evaluation

PLAIN_WIDTH = 170
"""Columns of tables if stdout is not a terminal."""


def register(models: typer.Typer) -> None:
    models.command()(evaluate)
    models.command()(promote)


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

    quiet_logs()
    with readable_errors(), step_progress() as report:
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

    quiet_logs()
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
    table = Table(
        "class", "labels", "AP50", "reference", "difference", "AP50-95", "reference", "difference", title=title
    )
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
    """AP50 of each class, model / reference, on each subset."""
    kinds = list(result.slices[0].classes)
    table = Table("subset", "pictures", *kinds, "mean", title="AP50, model / reference")
    for subset in result.slices:
        scores = [*(subset.classes[kind] for kind in kinds), subset.mean]
        table.add_row(subset.name, str(subset.pictures), *(_both(score) for score in scores))
    return table


def _clip_table(result: "Evaluation") -> Table:
    table = Table("clip", "true", "model", "reference", title="counts")
    for clip in result.counting.clips if result.counting else ():
        true = f"{clip.true_low}–{clip.true_high}" if clip.true_low < clip.true_high else str(clip.true_low)
        table.add_row(clip.file, true, str(clip.ours), "–" if clip.theirs is None else str(clip.theirs))
    return table


def _print_verdict(result: "Evaluation") -> None:
    if counting := result.counting:
        theirs = f", reference {counting.theirs.value:.1%}" if counting.theirs else ""
        typer.echo(f"WAPE {counting.wape.value:.1%} ({counting.wape.low:.1%} to {counting.wape.high:.1%}){theirs}")
    speed = result.speed
    comparison = f", reference {speed.their_ms:.1f} ms: {speed.ratio:.2f} times as fast" if speed.their_ms else ""
    typer.echo(f"processor time per picture: {speed.ms:.1f} ms{comparison}")
    for finding in result.undecided:
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
