"""`ngatu labels harvest` and `propose`: what needs detectors."""

import logging
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from vision.commands.console import readable_errors, stop_on_signals
from vision.common.errors import NgatuError
from vision.config.settings import WorkerSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vision.config.camera import CameraConfig
    from vision.labels.active_learning import Harvest
    from vision.labels.review.reviews import Review


Threads = Annotated[int | None, typer.Option(help="CPU threads of one inference.", min=1)]


def register(labels: typer.Typer) -> None:
    labels.command()(harvest)
    labels.command()(propose)


def harvest(
    into: Annotated[Path, typer.Argument(help="The data set's folder; made when it is not there.", metavar="DATA_SET")],
    *,
    cameras: Annotated[Path | None, typer.Option(help="Folder of camera files; else NGATU_CAMERAS.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="Only these cameras, by id.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Stop after so long; else Ctrl-C stops.", min=0.01)] = None,
    per_hour: Annotated[int, typer.Option(help="Pictures of one camera in an hour at most.", min=1, max=3600)] = 60,
    model: Annotated[str | None, typer.Option(help="The detector to doubt; else the default.")] = None,
    blur: Annotated[bool, typer.Option("--blur", help="Blur heads and plates where road users are seen.")] = False,
    licence: Annotated[str, typer.Option(help="Under which the pictures may be used; noted in the ledger.")] = "",
    owner: Annotated[str, typer.Option(help="Whose the pictures are; noted in the ledger.")] = "",
    threads: Threads = None,
) -> None:
    """Take frames of running cameras where the detector and the tracker disagree, confidence wavers or a class is rare.

    Each camera gives at most one picture a stretch of an hour, the most doubtful one, and none that is nearly the same
    as one before. Recordings that are not paced are looked at whole.
    """
    from vision.common.logging import configure_logging
    from vision.detection import load_detector
    from vision.detection.cards import default_model
    from vision.labels.active_learning import Harvest, Wishes
    from vision.labels.active_learning.cameras import harvest_cameras

    configure_logging(level=logging.WARNING)
    with readable_errors():
        chosen = _chosen(cameras or WorkerSettings().cameras, camera)
        detector = load_detector(model or default_model(), threads=threads)
        wishes = Wishes(per_hour=per_hour, blur=blur, licence=licence, owner=owner)
        harvests = {one.id: Harvest(one, into, wishes, model=detector.model.name) for one in chosen}
        stop = threading.Event()
        columns = (TextColumn("{task.description}"), TimeElapsedColumn())
        bars = Progress(*columns, console=Console(stderr=True), transient=True)
        with stop_on_signals(stop.set), bars as bar:
            task = bar.add_task("looking")
            harvest_cameras(
                chosen,
                harvests,
                detector,
                seconds=None if minutes is None else minutes * 60,
                stop=stop,
                watch=lambda: bar.update(task, description=f"{sum(h.kept for h in harvests.values())} pictures"),
            )
    _print_harvest(into, harvests)


def propose(
    folder: Annotated[Path, typer.Argument(help="The data set's folder.", metavar="DATA_SET")],
    *,
    model: Annotated[list[str], typer.Option(help="A model to ask; several, of which most must agree.")],
    size: Annotated[int, typer.Option(help="Long side of the models' input.", min=320, max=4096)] = 1280,
    again: Annotated[bool, typer.Option("--again", help="Also where labels were proposed before.")] = False,
    threads: Threads = None,
) -> None:
    """Label pictures by several models at large size agreeing, and by tracks; mark where they do not, for people.

    What people have corrected stays as it is.
    """
    from vision.common.logging import configure_logging
    from vision.detection import load_detector
    from vision.labels.data_set.data_set import load
    from vision.labels.proposals import propose as propose_all
    from vision.labels.proposals.propose import to_propose
    from vision.labels.review.reviews import read_reviews

    configure_logging(level=logging.WARNING)
    with readable_errors():
        if len(set(model)) < 2:
            raise NgatuError("one model agrees with itself: name two or more, as --model yolo26s --model yolo11s")
        detectors = {Path(name).stem: load_detector(name, size=size, threads=threads) for name in model}
        data = load(folder)
        waiting = to_propose(data, read_reviews(folder), again=again)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("asking models", total=len(waiting))
            reviews = [_advanced(bar, task, review) for review in propose_all(data, detectors, again=again)]
    asked = [review for review in reviews if review.questions]
    kinds = Counter(str(question.kind) for review in asked for question in review.questions)
    told = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()) or "none"
    typer.echo(f"{len(reviews)} pictures labelled; {len(asked)} of them have questions ({told})")
    typer.echo(f"next: `ngatu labels export {folder} FILE --doubtful`, correct them, `ngatu labels import FILE`")


def _advanced(bar: Progress, task: TaskID, review: "Review") -> "Review":
    bar.advance(task)
    return review


def _chosen(folder: Path, ids: list[str] | None) -> "list[CameraConfig]":
    """The cameras that are switched on; a wrong file is an error only when its camera was asked for."""
    from vision.config.loading import load_cameras

    found = load_cameras(folder)
    for problem in found.problems:
        typer.echo(f"left out: {problem}", err=True)
    there = {camera_id: loaded.config for camera_id, loaded in found.cameras.items()}
    if unknown := sorted(set(ids or ()) - set(there)):
        raise NgatuError(f"{folder}: there is no camera {', '.join(unknown)}; there are {', '.join(there) or 'none'}")
    chosen = [config for camera_id, config in there.items() if (camera_id in ids if ids else config.enabled)]
    if not chosen:
        raise NgatuError(f"{folder}: no camera to harvest from; name a folder of camera files by --cameras")
    return chosen


def _print_harvest(folder: Path, harvests: "Mapping[str, Harvest]") -> None:
    from vision.labels.active_learning import Doubt
    from vision.labels.data_set.provenance import read_ledger

    reasons: dict[str, Counter[str]] = {}
    for entry in read_ledger(folder).values():
        reasons.setdefault(entry.camera_id, Counter()).update(entry.reasons.keys())
    table = Table("camera", "new pictures", "passed over as alike", "reasons of all its pictures")
    for camera_id, one in harvests.items():
        counts = reasons.get(camera_id, Counter())
        told = ", ".join(f"{doubt} {counts[doubt]}" for doubt in Doubt if counts[doubt]) or "–"
        table.add_row(camera_id, str(one.kept), str(one.alike), told)
    Console().print(table)
    typer.echo(f"pictures in {folder / 'images' / 'new'}, where each comes from in {folder / 'ledger.jsonl'}")
