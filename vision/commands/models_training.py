"""`ngatu models train`, `evaluate` and `promote`: making a detector of one's own, judging it, and letting it run."""

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
    from vision.training.evaluation.report import Compared, Evaluation, Figure
    from vision.training.ultralytics.launcher import Progress as TrainingProgress
    from vision.training.ultralytics.launcher import Watch

PLAIN_LINE_EACH_S = 30.0
"""Where nobody looks at a terminal, so often a line says how far the training is."""

PLAIN_WIDTH = 170

Python = Annotated[
    Path | None, typer.Option(help="Interpreter of an environment that has ultralytics. Default: this one.")
]


def register(models: typer.Typer) -> None:
    models.command()(train)
    models.command()(evaluate)
    models.command()(promote)


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
    workers: Annotated[int, typer.Option(help="Processes that draw pictures; a GPU needs several.", min=0)] = 1,
    learning_rate: Annotated[
        float, typer.Option(help="The highest; less where the base was tuned before.", min=1e-6)
    ] = 1e-3,
    average: Annotated[
        float, typer.Option(help="So much of the weights that leave is new, the rest the base's.", min=0.05, max=1)
    ] = 0.6,
    name: Annotated[str | None, typer.Option(help="What to call the model. Default: OUT's name.")] = None,
    data_licence: Annotated[
        str, typer.Option(help="Licence of the pictures and whom to name, for the card.")
    ] = "not stated",
    average_with: Annotated[
        Path | None, typer.Option(help="The checkpoint whose weights are averaged in. Default: the base.")
    ] = None,
    python: Python = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last whole epoch in OUT.")] = False,
) -> None:
    """Train a detector on labelled pictures, beginning from one that knows COCO (needs ultralytics, AGPL-3.0)."""
    from datetime import UTC, datetime

    from vision.training.data.prepare import description
    from vision.training.release.model_card import Described, finish
    from vision.training.ultralytics.launcher import train as run_training
    from vision.training.ultralytics.recipe import Recipe

    _hush()
    chosen = {"size": size, "epochs": epochs, "minutes": minutes, "batch": batch, "seed": seed}
    chosen["learning_rate"] = learning_rate
    with readable_errors(), mistakes_told():
        recipe = Recipe(**chosen, device=device, threads=threads, workers=workers, average=average)
        if not base.is_file():
            raise NgatuError(f"{base}: there is no such file; training begins from a torch checkpoint, as yolo26n.pt")
        described = Described(name=name or out.resolve().name, data_licence=data_licence)
        prepared = _prepared(dataset, out / "data", teacher or [], teacher_size, resume=resume)
        with _bar() as watch:
            trained = run_training(
                recipe,
                base=base,
                data=description(out / "data"),
                folder=out,
                python=python,
                resume=resume,
                watch=watch,
                anchor=average_with,
            )
        made = datetime.now(UTC).date()
        file, card = finish(trained, prepared, recipe, described, base=base, folder=out, made=made)
    typer.echo(f"{file}: {trained.epochs} epochs in {trained.seconds / 60:.0f} minutes; its card lies beside it")
    typer.echo(f"next: `ngatu models add {file} --card {file.with_suffix('.yaml')}`, then `evaluate {card.name}`")


def evaluate(
    model: Annotated[str, typer.Argument(help="A card's name, or an .onnx file.", metavar="NAME_OR_FILE")],
    *,
    data: Annotated[list[Path], typer.Option(help="A folder with data.yaml, in YOLO form; may be repeated.")],
    against: Annotated[
        str | None, typer.Option(help="What it is held against. Default: the present default; `none`: nothing.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which pictures of the data sets.")] = "val",
    counting: Annotated[Path | None, typer.Option(help="Manifest of clips that people counted.")] = None,
    clips: Annotated[Path | None, typer.Option(help="The clips' folder. Default: the manifest's.")] = None,
    size: Annotated[int | None, typer.Option(help="Input of both, long side in pixels. Default: the cards'.")] = None,
    least: Annotated[
        float | None,
        typer.Option(
            help="Least confidence asked for. Default: the workers', 0.1; AP is mostly told at 0.01.", min=0.001, max=1
        ),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the whole result as JSON; `promote` reads it.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the tables as Markdown, for a model's card.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure a model beside the default one: precision, counting, speed, each with its range. Exit 1: it is worse."""
    from vision.bench.counting.dataset import read_manifest
    from vision.detection.cards import default_model
    from vision.training.data.yolo_dataset import read_dataset
    from vision.training.evaluation.evaluate import evaluate as run_evaluation
    from vision.training.evaluation.markdown import page as tables
    from vision.training.evaluation.report import write_evaluation

    _hush()
    with readable_errors(), _steps() as report:
        ours = _detector(model, size, least)
        theirs = None if against == "none" else _detector(against or default_model(), size, least)
        sets = [read_dataset(folder) for folder in data]
        counted = read_manifest(counting, clips) if counting else []
        result = run_evaluation(ours, theirs, sets, counted, split=split, report=report)
        if save:
            write_evaluation(result, save)
        if page:
            page.write_text(tables(result), encoding="utf-8")
    if as_json:
        sys.stdout.write(result.model_dump_json(indent=2, exclude_none=True) + "\n")
    else:
        _print_evaluation(result)
    raise typer.Exit(1 if result.worse else 0)


def promote(
    name: Annotated[str, typer.Argument(help="A card's name; `ngatu models add` gives a file one.")],
    *,
    evaluation: Annotated[
        Path | None, typer.Option(help="What `evaluate --save` wrote: of this model, against the present default.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Promote it though the gate refuses; needs --reason.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, in words; kept with the model.")] = None,
) -> None:
    """Make a model the default of this machine. Workers that run pick it up within seconds, without a stop."""
    from datetime import UTC, datetime

    from vision.training.evaluation.report import read_evaluation
    from vision.training.release.promotion import promote as make_default

    _hush()
    with readable_errors():
        told = read_evaluation(evaluation) if evaluation else None
        record = make_default(name, told, at=datetime.now(UTC), force=force, reason=reason)
    typer.echo(f"'{record.model}' is the default from now on; it was '{record.before}'")
    for fault in record.worse:
        typer.echo(f"promoted though {fault}", err=True)


def _detector(model: str, size: int | None, least: float | None) -> "Detector":
    """One thread, so that its time is its own and clips are counted side by side."""
    from vision.common.object_class import CLASSES
    from vision.detection import load_detector

    return load_detector(model, threads=1, size=size, thresholds=dict.fromkeys(CLASSES, least) if least else None)


def _print_evaluation(result: "Evaluation") -> None:
    console = Console()
    if not console.is_terminal:
        console.width = PLAIN_WIDTH
    console.print(_whole_table(result))
    console.print(_slices_table(result))
    if result.counting:
        console.print(_clips_table(result))
    _print_verdict(result)


def _whole_table(result: "Evaluation") -> Table:
    beside = result.against.name if result.against else "nothing"
    whole = result.slices[0]
    title = f"{result.model.name} beside {beside}: {whole.pictures} pictures"
    table = Table("class", "labels", "AP50", "theirs", "difference", "AP50-95", "theirs", "difference", title=title)
    for name, score in [*whole.classes.items(), ("mean", whole.mean)]:
        theirs = score.theirs
        at_50 = (_told(score.ours.ap50), _told(theirs.ap50 if theirs else None), _told(score.ap50))
        at_all = (_told(score.ours.ap50_95), _told(theirs.ap50_95 if theirs else None), _told(score.ap50_95))
        table.add_row(name, str(score.ours.labels), *at_50, *at_all)
    return table


def _slices_table(result: "Evaluation") -> Table:
    """AP50 of each class, ours / theirs, over each part."""
    kinds = list(result.slices[0].classes)
    table = Table("part", "pictures", *kinds, "mean", title="AP50, ours / theirs")
    for part in result.slices:
        scores = [*(part.classes[kind] for kind in kinds), part.mean]
        table.add_row(part.name, str(part.pictures), *(_beside(score) for score in scores))
    return table


def _clips_table(result: "Evaluation") -> Table:
    table = Table("clip", "true", "ours", "theirs", title="counted")
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
    for words in result.untold:
        typer.echo(f"cannot be told: {words}")
    for words in result.worse:
        typer.echo(f"worse: {words}")
    if result.against:
        typer.echo("the gate: refused" if result.worse else "the gate: passed")


def _told(figure: "Figure | None") -> str:
    return "–" if figure is None else f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _beside(score: "Compared") -> str:
    ours = "–" if score.ours.ap50 is None else f"{score.ours.ap50.value:.2f}"
    theirs = score.theirs.ap50 if score.theirs else None
    return ours if theirs is None else f"{ours} / {theirs.value:.2f}"


def _prepared(dataset: Path, folder: Path, teachers: list[str], teacher_size: int, *, resume: bool) -> "Prepared":
    """The working copy; a resumed training takes the one that is there."""
    from vision.detection import load_detector
    from vision.training.data.prepare import already_prepared, prepare
    from vision.training.data.yolo_dataset import read_dataset

    if resume and (there := already_prepared(folder)):
        return there
    found = read_dataset(dataset)
    models = [load_detector(name, size=teacher_size) for name in teachers]
    with _steps() as report:
        done = prepare(found, folder, models, report)
    added = ", ".join(f"{n} {kind}" for kind, n in sorted(done.added.items())) or "none"
    typer.echo(f"{done.pictures} pictures, {done.shown} shown an epoch; labels added by teachers: {added}")
    return done


@contextmanager
def mistakes_told() -> Iterator[None]:
    """A setting out of its bounds is one sentence, too."""
    try:
        yield
    except ValidationError as error:
        raise NgatuError("; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())) from error


@contextmanager
def _steps() -> Iterator[Report]:
    """A bar that counts pictures; on plain output each step is one line."""
    if not sys.stderr.isatty():
        yield _each_once()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


def _counting_bar() -> Progress:
    words = TextColumn("{task.description}")
    columns = SpinnerColumn(), words, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _each_once() -> Report:
    said: set[str] = set()

    def tell(step: str, _done: int, _total: int | None) -> None:
        if step not in said:
            said.add(step)
            typer.echo(step, err=True)

    return tell


def _bar() -> AbstractContextManager["Watch"]:
    """A bar of batches on a terminal; a line now and then where nobody looks at one."""
    return _drawn() if sys.stderr.isatty() else nullcontext(_line_now_and_then())


@contextmanager
def _drawn() -> Iterator["Watch"]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
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
    return (
        f"epoch {now.epoch} of {now.epochs}, batch {now.batch} of {now.batches}, {now.seconds / 60:.1f} min: {losses}"
    )


def _hush() -> None:
    """The tables say what the log would."""
    from vision.common.logging import configure_logging

    configure_logging(level=logging.WARNING)
